"""Many callers that ask, ask again, ask twice at once, and note down what they were told."""

import asyncio
import hashlib
import itertools
import random  # noqa: TID251 - a run is told again by its seed
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from gateway.client import GatewayClient, GatewayRefusedError, Submission
from tests.chaos.client_log import ClientLog
from tests.chaos.model import Answered, AnswerKind, Asked
from tests.running_gateway import EXAMPLES

_AGAIN = {429, 503, 507}
_PAUSE_SECONDS = 0.05
_REPEATED, _TWICE = 0.10, 0.01
_ONE_FORBIDDEN_OF = 50


class Storm:
    """Callers of one installation.

    Ten in a hundred requests repeat an earlier key, one in a hundred is sent twice at once, and two
    keys in a hundred ask for what the policies refuse. Who gets no answer asks again.

    `answers` counts last answers, those to repeats too.
    """

    def __init__(
        self,
        client: GatewayClient,
        log: ClientLog,
        *,
        seed: int,
        until_it_serves: Callable[[], Awaitable[None]],
    ) -> None:
        self._client = client
        self._log = log
        self._until_it_serves = until_it_serves
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._documents = [
            path.read_bytes() for path in sorted((EXAMPLES / "receipts").glob("reportlab-a4-*.pdf"))
        ]
        self._numbers = itertools.count()
        self._attempts = itertools.count()
        self._final: dict[str, AnswerKind] = {}
        self.answers = 0
        self._keys: list[str] = []

    @property
    def answered(self) -> int:
        """How many keys have their last answer."""
        return len(self._final)

    async def blow(self, *, callers: int, until: Callable[[], bool]) -> None:
        """Ask until then, and go on until every key that was asked for has an answer."""
        await asyncio.gather(*(self._call(until) for _ in range(callers)))

    def count(self, kind: AnswerKind) -> int:
        """How many keys have that last answer."""
        return sum(each == kind for each in self._final.values())

    async def ask_new(self, count: int, *, at_once: int) -> None:
        """So many new keys, until each has its answer."""
        keys = [self._new_key() for _ in range(count)]
        await self._ask_each(keys, at_once)

    async def ask_all_again(self, *, at_once: int = 32) -> None:
        """Every key once more: what was given is still given."""
        await self._ask_each(self._keys, at_once)

    async def _ask_each(self, keys: Sequence[str], at_once: int) -> None:
        room = asyncio.Semaphore(at_once)

        async def one(key: str) -> None:
            async with room:
                await self._insist(key)

        await asyncio.gather(*(one(key) for key in keys))

    async def _call(self, until: Callable[[], bool]) -> None:
        while not until():
            chance = self._dice.random()
            if chance < _REPEATED and self._keys:
                await self._insist(self._dice.choice(self._keys))
                continue
            key = self._new_key()
            if chance < _REPEATED + _TWICE:
                await asyncio.gather(self._insist(key), self._insist(key))
            else:
                await self._insist(key)

    def _new_key(self) -> str:
        number = next(self._numbers)
        is_forbidden = number % _ONE_FORBIDDEN_OF == 1
        key = f"storm-{number}-{'forbidden' if is_forbidden else 'allowed'}"
        self._keys.append(key)
        return key

    async def _insist(self, key: str) -> None:
        while (kind := await self._ask(key)) in {"busy", "gone"}:
            await asyncio.sleep(_PAUSE_SECONDS)
            # Callers that knock at a closed door all the time keep it from being opened.
            await self._until_it_serves()
        self._final[key] = kind
        self.answers += 1

    async def _ask(self, key: str) -> AnswerKind:
        attempt = str(next(self._attempts))
        is_allowed = key.endswith("-allowed")
        self._log.note(Asked(attempt=attempt, key=key, is_allowed=is_allowed, at=_now()))
        told: dict[str, Any] = {}
        try:
            sealed = await self._client.seal(self._submission(key, is_allowed=is_allowed))
            kind: AnswerKind = "sealed"
            told["document"] = sealed.document_id
            told["digest"] = hashlib.sha256(sealed.content).hexdigest()
        except GatewayRefusedError as refused:
            kind = "busy" if refused.problem.get("status") in _AGAIN else "refused"
            told["problem"] = str(refused.problem.get("type"))
        except (aiohttp.ClientError, OSError, TimeoutError, KeyError) as gone:
            kind, told["problem"] = "gone", type(gone).__name__
        self._log.note(Answered(attempt=attempt, key=key, kind=kind, at=_now(), **told))
        return kind

    def _submission(self, key: str, *, is_allowed: bool) -> Submission:
        number = int(key.split("-")[1])
        return Submission(
            document=self._documents[number % len(self._documents)],
            seal="receipt-south" if number % 4 == 0 else "receipt-east",
            document_type="logistics-receipt",
            business_number=f"WB-{number}",
            attributes={"amount_cents": 128000 if is_allowed else 9_000_000},
            idempotency_key=key,
        )


def _now() -> float:
    return time.time()  # noqa: TID251 - the shim's log has the machine's clock
