"""Many callers that ask, ask again, ask twice at once, and note down what they were told."""

import asyncio
import hashlib
import itertools
import os
import random  # noqa: TID251 - a run is told again by its seed
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from gateway.client import GatewayClient, GatewayRefusedError, Submission
from tests.chaos.model import Answered, AnswerKind, Asked
from tests.chaos.supervisor import Supervisor
from tests.running_gateway import EXAMPLES

_AGAIN = {429, 503, 507}
_PAUSE_SECONDS = 0.05
_REPEATED, _TWICE = 0.10, 0.01
_ONE_FORBIDDEN_OF = 50
_WHILE_SERVING = 0.75


class ClientLog:
    """What a caller knows, on the disk before it acts on it. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self.events: list[Asked | Answered] = []

    def __enter__(self) -> Self:
        """Open the file; what is in it stays."""
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        os.close(self._descriptor)

    def note(self, event: Asked | Answered) -> None:
        """Write it down, durably."""
        kind = {"event": type(event).__name__.lower()}
        os.write(self._descriptor, msgspec.json.encode(kind | msgspec.to_builtins(event)) + b"\n")
        os.fdatasync(self._descriptor)
        self.events.append(event)


def read_client_log(path: Path) -> tuple[Asked | Answered, ...]:
    """All that was noted."""
    types: dict[str, Any] = {"asked": Asked, "answered": Answered}
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return tuple(msgspec.convert(line, types[line.pop("event")]) for line in lines)


class Storm:
    """Callers of one installation.

    Ten in a hundred requests repeat an earlier key, one in a hundred is sent twice at once, and two
    keys in a hundred ask for what the policies refuse. Who gets no answer asks again.
    """

    def __init__(self, client: GatewayClient, log: ClientLog, *, seed: int) -> None:
        self._client = client
        self._log = log
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._documents = [
            path.read_bytes() for path in sorted((EXAMPLES / "receipts").glob("reportlab-a4-*.pdf"))
        ]
        self._numbers = itertools.count()
        self._attempts = itertools.count()
        self._final: dict[str, AnswerKind] = {}
        self._keys: list[str] = []

    @property
    def answered(self) -> int:
        """How many keys have their last answer."""
        return len(self._final)

    async def blow(self, *, callers: int, until: Callable[[], bool]) -> None:
        """Ask until then, and go on until every key that was asked for has an answer."""
        await asyncio.gather(*(self._call(until) for _ in range(callers)))

    async def ask_all_again(self, *, at_once: int = 32) -> None:
        """Every key once more: what was given is still given."""
        room = asyncio.Semaphore(at_once)

        async def one(key: str) -> None:
            async with room:
                await self._insist(key)

        await asyncio.gather(*(one(key) for key in self._keys))

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
        self._final[key] = kind

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


class Killer:
    """Kills processes at random moments, told again by the same seed.

    `kills` counts how many times each target was hit.
    """

    def __init__(self, supervisor: Supervisor, *, seed: int, targets: tuple[str, ...]) -> None:
        self._supervisor = supervisor
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._targets = targets
        self.kills = dict.fromkeys(targets, 0)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.kills.values())

    async def strike(self, *, times: int, longest_pause_seconds: float) -> None:
        """Kill so many times: three times of four while it serves, else also during a start."""
        while self.total < times:
            if self._dice.random() < _WHILE_SERVING:
                await self._supervisor.ready()
            await asyncio.sleep(self._dice.uniform(0, longest_pause_seconds))
            target = self._targets[self.total % len(self._targets)]
            only = self._dice.randrange(64) if target == "worker" else None
            if self._supervisor.kill(target, only=only):
                self.kills[target] += 1


def _now() -> float:
    return time.time()  # noqa: TID251 - the shim's log has the machine's clock
