"""Callers that hand in batches, again and again until they are taken, and fetch the results."""

import asyncio
import itertools
import json
import subprocess
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.batch_client import Answer, BatchClient, Part
from tests.chaos.client_log import ClientLog
from tests.chaos.installation import Installation
from tests.chaos.model import Accepted, BatchLine, BatchResults, Submitted
from tests.running_gateway import RECEIPT

_ACCEPTED = 202
_OK = 200
_PAGE = 7
_PAUSE_SECONDS = 0.05
_BETWEEN_SECONDS = 0.3
_PATIENCE_SECONDS = 180.0


class BatchStorm:
    """Each batch has good documents, one that no batch before had is broken, and one that the batch
    before had as well: the same receipt in two batches is one receipt.
    """

    def __init__(
        self,
        installation: Installation,
        log: ClientLog,
        *,
        documents: int,
        until_it_serves: Callable[[], Awaitable[None]],
    ) -> None:
        self._client = BatchClient(installation)
        self._ca_file = installation.trial.ca_file
        self._log = log
        self._documents = documents
        self._until_it_serves = until_it_serves
        self._numbers = itertools.count()
        self._attempts = itertools.count()
        self.taken: dict[str, str] = {}

    async def blow(self, *, until: Callable[[], bool]) -> None:
        """Hand in batches until then: every third one is handed in twice."""
        while not until():
            number = next(self._numbers)
            await self._insist(number)
            if number % 3 == 0:
                await self._insist(number)
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def results(self) -> list[BatchResults]:
        """Wait until all that were taken have finished; gives what came of each."""
        return [await self._ended(batch) for batch in self.taken.values()]

    async def _insist(self, number: int) -> None:
        key = f"batch-{number}"
        parts = list(self._parts(number))
        while not await self._submit(key, parts):
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._until_it_serves()

    def _parts(self, number: int) -> "itertools.chain[Part]":
        good = (f"{number}-{document}" for document in range(self._documents))
        of_the_one_before = f"{max(number - 1, 0)}-0"
        names = dict.fromkeys([*good, of_the_one_before])
        return itertools.chain(
            (("document", f"batch-{name}.pdf", RECEIPT) for name in names),
            [("document", f"batch-{number}-broken.pdf", b"%PDF-1.7 and no more")],
        )

    async def _submit(self, key: str, parts: list[Part]) -> bool:
        attempt = f"batch-{next(self._attempts)}"
        names = tuple(name for _, name, _ in parts)
        self._log.note(Submitted(attempt=attempt, key=key, names=names, at=_now()))
        try:
            answer = await self._client.submit(*parts, key=key, attributes={"amount_cents": 128000})
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        if answer.status not in {_ACCEPTED, _OK}:
            _raise_unless_busy(answer)
            return False
        batch = answer.json["id"]
        self.taken[key] = batch
        self._log.note(Accepted(attempt=attempt, key=key, batch=batch, at=_now()))
        return True

    async def _ended(self, batch: str) -> BatchResults:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (state := (await self._got(f"/v1/batches/{batch}"))["state"]) == "open":
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        lines = await self._lines(batch)
        return BatchResults(
            id=batch,
            state=state,
            lines=tuple(lines),
            receipt=await self._receipt(batch) if state == "finished" else None,
        )

    async def _receipt(self, batch: str) -> tuple[BatchLine, ...]:
        """What the signed receipt says; nothing, if its signature does not verify."""
        answer = await self._answer(f"/v1/batches/{batch}/receipt")
        verified = await asyncio.to_thread(self._opened, answer.body)
        if verified is None:
            return ()
        items = json.loads(verified)["items"]
        return tuple(
            BatchLine(
                number=each["number"],
                name=each["name"],
                state=each["state"],
                document=each["document"],
                digest=each["output"],
            )
            for each in items
        )

    def _opened(self, receipt: bytes) -> bytes | None:
        words = ("openssl", "cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any")
        opened = subprocess.run(
            [*words, "-CAfile", self._ca_file], input=receipt, capture_output=True, check=False
        )
        return opened.stdout if opened.returncode == 0 else None

    async def _lines(self, batch: str) -> list[BatchLine]:
        lines: list[BatchLine] = []
        after: int | None = 0
        while after is not None:
            page = await self._got(f"/v1/batches/{batch}/items?after={after}&limit={_PAGE}")
            lines += [_line(each) for each in page["items"]]
            after = page["next"]
        return lines

    async def _got(self, path: str) -> dict[str, Any]:
        return (await self._answer(path)).json

    async def _answer(self, path: str) -> Answer:
        while True:
            answer = await self._client.get(path)
            if answer.status == _OK:
                return answer
            _raise_unless_busy(answer)
            await asyncio.sleep(_PAUSE_SECONDS)


def _line(told: dict[str, Any]) -> BatchLine:
    return BatchLine(
        number=told["number"],
        name=told["name"],
        state=told["state"],
        document=told["document"],
        digest=told["outputDigest"],
    )


def _raise_unless_busy(answer: Answer) -> None:
    is_busy = answer.status in {429, 503, 507} or "Retry-After" in answer.headers
    assert is_busy, json.loads(answer.body)


def _now() -> float:
    return time.time()  # noqa: TID251 - the shim's log has the machine's clock
