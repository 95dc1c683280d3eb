"""The load generator: `python -m bench.load`, a closed loop over keep-alive connections.

Every request is made and signed before the clock runs: its own nonce, idempotency key and business
number, `created` seconds ago. What remains is one writev and the reading of the answer, so that the
generator, which shares the cores with what it measures, costs little; how much, it says itself.
"""

import asyncio
import secrets
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

from bench.errors import BenchError
from bench.figures import percentile
from bench.measuring import answer
from gateway.cli.options import CLIENT_KEY_ID
from gateway.client import RequestSigner, Submission, multipart_body
from gateway.clock import SystemClock

_HEADER_END = b"\r\n\r\n"
_CONTENT_LENGTH = b"\r\ncontent-length:"
_OK = b"HTTP/1.1 200 "
_BUFFER_BYTES = 256 * 1024
_QUIET_SECONDS = 120.0


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to send where.

    Attributes:
        port: of the gateway, at 127.0.0.1.
        key_id: of the calling system's key.
        key_file: PEM with its Ed25519 key, or the secret of its HMAC key.
        document: the file that is sent each time.
        seal: the seal that is asked for.
        document_type: by which rules it is judged.
        amount_cents: in each request.
        consignee: in each request.
        placement: as the API takes it; None leaves it to the seal.
        requests: how many are prepared.
        warm_up: seconds that do not count.
        seconds: that count.
        open_loop_per_s: requests a second, sent at even distances on whatever connection is free;
            times are then counted from the moment at which a request was due. None: closed loop.
        samples: how many sealed documents, evenly over `seconds`, go to `samples_directory`.
    """

    port: int
    key_id: str
    key_file: str
    document: str
    seal: str
    document_type: str
    amount_cents: int
    consignee: str
    placement: dict[str, Any] | None
    connections: int
    requests: int
    warm_up: float
    seconds: float
    open_loop_per_s: float | None
    samples: int
    samples_directory: str


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        completed: documents that came back sealed within the seconds that count.
        total: documents that came back sealed at all, each with its input as its first bytes.
        p50_ms: of those that count, from the first byte sent to the last received.
        cores: processor time of this process during the run, as a share of one core.
        used_up: the prepared requests did not last: the figures are too low.
    """

    completed: int
    total: int
    p50_ms: float
    p99_ms: float
    cores: float
    used_up: bool


class _Run:
    """What the connections share."""

    def __init__(self, task: Task, document: bytes, requests: list[tuple[bytes, bytes]]) -> None:
        self.document = document
        self.total = self.completed = 0
        self.used_up = self.is_over = False
        self.milliseconds = array("d")
        self.failure: str | None = None
        self._requests = iter(requests)
        self._samples = Path(task.samples_directory)
        self._sample_from = 0.0
        self._task = task
        self._from = self._until = 0.0

    def begin(self, begin: float) -> None:
        self._from = begin + self._task.warm_up
        self._until = self._from + self._task.seconds
        self._sample_from = self._from

    def next(self) -> tuple[bytes, bytes] | None:
        if self.failure is not None or time.monotonic() >= self._until:
            return None
        request = next(self._requests, None)
        self.used_up |= request is None
        return request

    def done(self, sent_at: float, content: memoryview) -> None:
        now = time.monotonic()
        self.total += 1
        if self._from <= now < self._until:
            self.completed += 1
            self.milliseconds.append((now - sent_at) * 1000)
            if now >= self._sample_from:
                self._sample_from += self._task.seconds / self._task.samples
                (self._samples / f"{secrets.token_hex(8)}.pdf").write_bytes(content)


class _Connection(asyncio.BufferedProtocol):
    """Sends a request when the answer to the one before is complete."""

    def __init__(
        self, run: _Run, closed: asyncio.Future[None], free: "deque[_Connection] | None"
    ) -> None:
        self._run = run
        self._free = free
        self._closed = closed
        self._buffer = bytearray(_BUFFER_BYTES)
        self._filled = self._content_at = self._whole = 0
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can write without being asyncio.WriteTransport.
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None or self._sent_at:
            self._run.failure = self._run.failure or f"the gateway closed a connection: {exc}"
        if not self._closed.done():
            self._closed.set_result(None)

    def send_next(self) -> None:
        if self._free is None:
            self.send(time.monotonic())
        elif self._run.is_over:
            self.end()
        else:
            self._free.append(self)
            self._sent_at = 0.0

    def end(self) -> None:
        self._sent_at = 0.0
        if self._transport is not None:
            self._transport.close()

    def send(self, due_at: float) -> None:
        """Send a request that was due at this moment."""
        if self._transport is None:
            raise TypeError("not connected")
        request = self._run.next()
        if request is None:
            self._sent_at = 0.0
            self._transport.close()
            return
        self._filled = self._whole = 0
        self._sent_at = due_at
        self._transport.writelines([request[0], self._run.document, request[1]])

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the protocol's signature
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        if not self._whole:
            end = self._buffer.find(_HEADER_END, 0, self._filled)
            if end < 0:
                return
            self._content_at = end + len(_HEADER_END)
            self._whole = self._content_at + content_length(bytes(self._buffer[:end]))
            if self._whole > len(self._buffer):
                self._buffer = self._buffer[: self._filled].ljust(self._whole + 1, b"\0")
        if self._filled >= self._whole:
            self._finish()

    def _finish(self) -> None:
        sealed = self._buffer.startswith(_OK) and self._buffer.startswith(
            self._run.document, self._content_at
        )
        if sealed:
            content = memoryview(self._buffer)[self._content_at : self._whole]
            self._run.done(self._sent_at, content)
        else:
            self._run.failure = bytes(self._buffer[: min(self._whole, 1000)]).decode(
                errors="replace"
            )
        self.send_next()


def content_length(head: bytes) -> int:
    """The length of the body that an answer's head (without its empty line) announces.

    Raises:
        BenchError: it announces none, so the end of the answer cannot be told.
    """
    lowered = head.lower()
    at = lowered.find(_CONTENT_LENGTH)
    if at < 0:
        raise BenchError(f"an answer without Content-Length: {head[:200]!r}")
    return int(lowered[at + len(_CONTENT_LENGTH) :].partition(b"\r\n")[0])


def prepared_requests(task: Task, document: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Signed requests, each as what goes before the document and what goes after it."""
    signer = _signer(task)
    host, path = f"127.0.0.1:{task.port}", f"/v1/seals/{task.seal}/documents"
    for number in range(task.requests):
        key = secrets.token_hex(16)
        submission = Submission(
            document=document,
            seal=task.seal,
            document_type=task.document_type,
            business_number=f"BENCH-{number:08}",
            attributes={"amount_cents": task.amount_cents, "consignee": task.consignee},
            idempotency_key=key,
            placement=task.placement,
        )
        body, content_type = multipart_body(submission)
        headers = {
            "Content-Type": content_type,
            "Idempotency-Key": key,
            "Accept": "application/pdf",
            "Host": host,
            "Content-Length": str(len(body)),
        }
        signed = signer.sign("POST", f"http://{host}{path}", headers, body)
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items())]
        before, found, after = body.partition(document)
        if not found:
            raise BenchError("the body does not hold the document")
        yield "\r\n".join([*lines, "", ""]).encode() + before, after


def _signer(task: Task) -> RequestSigner:
    file, clock = Path(task.key_file), SystemClock()
    if task.key_id == CLIENT_KEY_ID:
        return RequestSigner.from_file(file, key_id=task.key_id, clock=clock)
    return RequestSigner(key_id=task.key_id, key=file.read_bytes(), clock=clock)


def _prepare(task: Task) -> Callable[[float], Load]:
    document = Path(task.document).read_bytes()
    run = _Run(task, document, list(prepared_requests(task, document)))
    return lambda begin: uvloop.run(_drive(task, run, begin))


async def _drive(task: Task, run: _Run, begin: float) -> Load:
    loop = asyncio.get_running_loop()
    connections: list[_Connection] = []
    closed: list[asyncio.Future[None]] = []
    free: deque[_Connection] | None = None if task.open_loop_per_s is None else deque()
    for _ in range(task.connections):
        end: asyncio.Future[None] = loop.create_future()
        _, connection = await loop.create_connection(
            partial(_Connection, run, end, free), "127.0.0.1", task.port
        )
        connections.append(connection)
        closed.append(end)
    run.begin(begin)
    await asyncio.sleep(begin - time.monotonic())
    began, used = time.monotonic(), time.process_time()
    for connection in connections:
        connection.send_next()
    if free is not None and task.open_loop_per_s is not None:
        await _pace(task, run, free, 1 / task.open_loop_per_s)
    async with asyncio.timeout(task.warm_up + task.seconds + _QUIET_SECONDS):
        await asyncio.gather(*closed)
    if run.failure is not None:
        raise BenchError(f"the gateway did not seal: {run.failure}")
    return Load(
        completed=run.completed,
        total=run.total,
        p50_ms=percentile(run.milliseconds, 50) if run.completed else 0.0,
        p99_ms=percentile(run.milliseconds, 99) if run.completed else 0.0,
        cores=(time.process_time() - used) / (time.monotonic() - began),
        used_up=run.used_up,
    )


async def _pace(task: Task, run: _Run, free: deque[_Connection], distance: float) -> None:
    """Send a request at every `distance` seconds; then let the connections close."""
    due = time.monotonic()
    end = due + task.warm_up + task.seconds
    while due < end and run.failure is None:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if free:
            free.popleft().send(due)
            due += distance
        else:
            await asyncio.sleep(distance / 4)  # late already; the cores are for the gateway
    run.is_over = True
    for connection in free:
        connection.end()


if __name__ == "__main__":
    answer(Task, _prepare)
