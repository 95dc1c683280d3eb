"""The audit log: leaves in one transaction with what they speak of, heads signed each second."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

import structlog
from sqlalchemy import bindparam, insert, select

from gateway.audit.checkpoint import (
    LogKey,
    TreeHead,
    checkpoint_text,
    open_checkpoint,
    signed_checkpoint,
)
from gateway.audit.errors import AuditLogDamagedError, CheckpointInvalidError
from gateway.audit.merkle import Frontier, leaf_hash
from gateway.audit.record import Record, leaf_bytes, read_leaf
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.statements import RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import audit_checkpoint, audit_leaf

_insert_leaf = RowStatement(insert(audit_leaf), "index", "leaf", "leaf_hash")
_insert_checkpoint = RowStatement(
    # Another node may have signed the same head; Ed25519 makes it the same signature, too.
    upsert(audit_checkpoint).on_conflict_do_nothing(),
    "size",
    "note",
    "frontier",
    "newest",
)
_from = (
    select(audit_leaf.c.index, audit_leaf.c.leaf)
    .where(audit_leaf.c.index >= bindparam("first"))
    .order_by(audit_leaf.c.index)
)

_log = structlog.get_logger("audit")


class CheckpointSigner(Protocol):
    """Whoever holds the log's key."""

    async def sign_checkpoint(self, text: bytes) -> bytes:
        """Sign the text of a checkpoint with Ed25519."""
        ...


@dataclass(frozen=True, slots=True)
class _End:
    """Where the next leaf goes."""

    size: int
    last_hash: bytes


class AuditLog:
    """Appends records and signs tree heads. Use as an async context manager.

    Promise: an index that `append` gave in a unit of work is durable when the lane's `write` has
    returned, together with everything else in that unit; and no other record ever has it.
    """

    def __init__(
        self,
        *,
        lane: WriterLane,
        key: LogKey,
        signer: CheckpointSigner,
        checkpoint_file: Path,
        interval_seconds: float = 1.0,
    ) -> None:
        self._lane = lane
        self._key = key
        self._signer = signer
        self._file = checkpoint_file
        self._interval = interval_seconds
        self._frontier = Frontier()
        self._end = _End(0, bytes(32))
        self._signed_size = 0
        self._newest = 0.0
        self._signed_at = 0.0
        self._ticking: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        """The log's name, which is the gateway's as well: no other has it."""
        return self._key.origin

    @property
    def size(self) -> int:
        """How many records are durable."""
        return self._frontier.size

    @property
    def newest(self) -> datetime | None:
        """The latest moment that any record names; not always the last record's."""
        return datetime.fromtimestamp(self._newest, UTC) if self._newest else None

    @property
    def signed_size(self) -> int:
        """How many of them the last signed tree head covers."""
        return self._signed_size

    @property
    def head_age_seconds(self) -> float:
        """Since a tree head was last signed, or nothing was there that none covered."""
        return max(0.0, asyncio.get_running_loop().time() - self._signed_at)

    async def __aenter__(self) -> Self:
        """Load the tree's edge, check it against what was signed last, and start signing.

        Raises:
            AuditLogDamagedError: the database has fewer or other records than were signed.
        """
        await self._lane.write(self._load)
        self._signed_at = asyncio.get_running_loop().time()
        self._ticking = asyncio.create_task(self._tick(), name="audit-checkpoints")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Sign the last tree head."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._try_checkpoint()

    def append(self, transaction: Transaction, record: Record) -> int:
        """Add a record within a unit of work; gives its index. On the lane's thread only."""
        end: _End = transaction.state.get(self) or self._end
        leaf = leaf_bytes(record, index=end.size, previous=end.last_hash)
        hashed = leaf_hash(leaf)
        transaction.later(_insert_leaf, (end.size, leaf, hashed))
        transaction.state[self] = _End(end.size + 1, hashed)
        transaction.after_commit(self._grow, (hashed, record.at))
        return end.size

    def follow(self, transaction: Transaction) -> None:
        """See `gateway.store.engines.lane.Follower`: other nodes may have appended.

        Raises:
            AuditLogDamagedError: what follows does not fit what was there.
        """
        frontier, last, newest = self._frontier, self._end.last_hash, self._newest
        rows = transaction.connection.execute(_from, {"first": frontier.size}).all()
        if not rows:
            return
        frontier = frontier.copy()
        for index, leaf in rows:
            content = read_leaf(leaf)
            if index != frontier.size or content.get("previous") != last.hex():
                raise AuditLogDamagedError(
                    f"record {index} does not follow the one before it: run `audit verify`"
                )
            last = leaf_hash(leaf)
            frontier.append(last)
            newest = max(newest, datetime.fromisoformat(content["at"]).timestamp())
        self._frontier, self._end, self._newest = frontier, _End(frontier.size, last), newest

    async def record(self, record: Record) -> int:
        """Append a record that stands for itself, and wait until it is durable."""
        return await self._lane.write(lambda transaction: self.append(transaction, record))

    async def checkpoint(self) -> None:
        """Sign the present tree head, if there is a new one, and publish it."""
        frontier = self._frontier.copy()
        if frontier.size == self._signed_size:
            return
        head = TreeHead(frontier.size, frontier.root())
        signature = await self._signer.sign_checkpoint(checkpoint_text(self._key.origin, head))
        note = signed_checkpoint(self._key, head, signature)
        open_checkpoint(note, self._key)
        row = (head.size, note, frontier.to_bytes(), self._newest)
        # Published first: whoever finds the row and no file takes the file for removed.
        await asyncio.to_thread(_publish, self._file, note)
        await self._lane.write(lambda transaction: transaction.later(_insert_checkpoint, row))
        self._signed_size = head.size

    async def prove_signer(self) -> None:
        """Have the present tree head signed and check it: the token logs in, finds and signs.

        Opening a session would prove nothing (pkcs11.md rule 6). The signature is thrown away; a
        log may sign the same head as often as it likes.
        """
        head = TreeHead(self._frontier.size, self._frontier.root())
        signature = await self._signer.sign_checkpoint(checkpoint_text(self._key.origin, head))
        open_checkpoint(signed_checkpoint(self._key, head, signature), self._key)

    def _grow(self, leaves: list[tuple[bytes, datetime]]) -> None:
        # On the lane's thread. A new frontier takes the old one's place in one assignment, so the
        # event loop never sees half of it.
        frontier = self._frontier.copy()
        for hashed, _ in leaves:
            frontier.append(hashed)
        self._frontier, self._end = frontier, _End(frontier.size, leaves[-1][0])
        newest = max(moment for _, moment in leaves)
        self._newest = max(self._newest, newest.timestamp())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self._try_checkpoint()

    async def _try_checkpoint(self) -> None:
        try:
            await self.checkpoint()
            self._signed_at = asyncio.get_running_loop().time()
        except Exception as error:  # noqa: BLE001 - tried again a second later, or at the next start
            _log.error("checkpoint_failed", error=str(error), size=self.size)

    def _load(self, transaction: Transaction) -> None:
        connection = transaction.connection
        frontier = Frontier()
        signed = connection.execute(
            select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1)
        ).one_or_none()
        if signed is not None:
            frontier = self._trusted(signed.note, signed.size, signed.frontier)
            self._signed_size, self._newest = signed.size, signed.newest
        rows = connection.execute(
            select(audit_leaf.c.index, audit_leaf.c.leaf)
            .where(audit_leaf.c.index >= max(frontier.size - 1, 0))
            .order_by(audit_leaf.c.index)
        )
        last = bytes(32)
        for index, leaf in rows:
            last = leaf_hash(leaf)
            if index == frontier.size:
                frontier.append(last)
                moment = datetime.fromisoformat(read_leaf(leaf)["at"])
                self._newest = max(self._newest, moment.timestamp())
            elif index != frontier.size - 1:
                raise AuditLogDamagedError(f"record {frontier.size} is missing; run `audit verify`")
        self._check_published(frontier.size)
        if frontier.size and last == bytes(32):
            raise AuditLogDamagedError("the last records are missing; run `sealgate audit verify`")
        self._frontier, self._end = frontier, _End(frontier.size, last)

    def _trusted(self, note: str, size: int, edge: bytes) -> Frontier:
        try:
            head = open_checkpoint(note, self._key)
            frontier = Frontier.from_bytes(size, edge)
        except (CheckpointInvalidError, ValueError) as error:
            raise AuditLogDamagedError(f"the last checkpoint is not ours: {error}") from error
        if head != TreeHead(size, frontier.root()):
            raise AuditLogDamagedError("the last checkpoint does not fit the tree it stands by")
        return frontier

    def _check_published(self, size: int) -> None:
        # A database put back from a backup would let the log sign a second history.
        if not self._file.exists():
            return
        try:
            head = open_checkpoint(self._file.read_text(encoding="utf-8"), self._key)
        except CheckpointInvalidError as error:
            raise AuditLogDamagedError(f"{self._file} is not ours: {error}") from error
        if head.size > size:
            raise AuditLogDamagedError(
                f"{head.size} records were signed, the database has {size}: it was cut or is an "
                "older copy. Put the newest one back; `sealgate audit verify` names what is missing"
            )


def _publish(file: Path, note: str) -> None:
    temporary = file.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as out:
        out.write(note)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(file)
