"""Counts uses until it is killed: `python -m tests.unit.signing.counting_program DIRECTORY`.

Each use is an intent in the log and a charge in a slot, in one unit of work; every fifth unit
raises after both. What is acknowledged is told on standard output, a line each.
"""

import asyncio
import contextlib
import itertools
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate
from gateway.store.rows.charges import SlotBook
from tests.signing_house import START, FakeClock

CALLERS = 64
COUNTER = "rule:receipts/automatic"
HOUR = (int(START.timestamp()), int(START.timestamp()) + 3600)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class _Signer:
    async def sign_checkpoint(self, text: bytes) -> bytes:
        return KEY.sign(text)


async def main(directory: Path) -> None:
    engine = open_writer(directory / "test.sqlite")
    migrate(engine)
    lane = WriterLane(engine, ContentStore(directory / "documents", clock=FakeClock()))
    audit = AuditLog(
        lane=lane,
        key=LogKey("test.example/audit", KEY.public_key().public_bytes_raw()),
        signer=_Signer(),
        checkpoint_file=directory / "checkpoint",
    )
    book = SlotBook()

    tries = itertools.count(1)

    def use(transaction: Transaction) -> int:
        start, end = HOUR
        audit.append(transaction, Record(kind="intent", at=START, content={}))
        book.add(transaction, COUNTER, start)
        if next(tries) % 5 == 0:
            raise LookupError
        return book.used(transaction, COUNTER, starts_at=start, ends_at=end)

    async def caller() -> None:
        while True:
            with contextlib.suppress(LookupError):
                sys.stdout.write(f"{await lane.write(use)}\n")
                sys.stdout.flush()

    async with lane, audit:
        await asyncio.gather(*(caller() for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
