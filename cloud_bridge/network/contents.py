"""What organisations bring each other: bodies as files, heads as rows. Durable before it is told.

A content belongs to who brought it, so nobody can put something else in another's place; of several
with one digest, a reader gets one that was made for it. Before an envelope is sent, its contents
are held for whoever sends it.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from cloud_bridge.interfaces import Time
from cloud_bridge.model import ContentMode, Terms
from cloud_bridge.network import content_ends, content_files, content_quota
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.membership import is_member
from cloud_bridge.network.problems import (
    ContentForgottenProblem,
    ContentMissingProblem,
    ContentQuotaProblem,
    EnvelopeUnknownProblem,
    MalformedProblem,
    ModeProblem,
    TooLargeProblem,
)
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.wire import Content, ContentHead

NETWORK: Final = "network"
_ENVELOPE: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_Row = Row[*tuple[Any, ...]]
_HELD: Final = timedelta(days=7)
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Brought:
    """A content that somebody has brought: its head, the file of its body, that file's bytes."""

    head: ContentHead
    file: str
    size: int


class Contents:
    """All contents. Bodies lie at `ENVELOPE/DIGEST-OWN` below a directory.

    Args:
        lane: the rows.
        time: says what is long over.
        directory: of the bodies.
        most_bytes: that an organisation may have here.
        days: for which contents are kept after their envelope has ended; None: for good.
    """

    def __init__(
        self, lane: Lane, time: Time, directory: Path, *, most_bytes: int, days: int | None
    ) -> None:
        self._lane = lane
        self._time = time
        self._directory = directory
        self._most_bytes = most_bytes
        self._days = days

    async def put(self, content: Content, *, uploader: str) -> None:
        """Keep a content of an organisation, or of the network itself.

        Raises:
            EnvelopeUnknownProblem: the envelope is there, and the uploader has no part in it.
            ModeProblem: its terms do not let the network hold such content.
            ContentForgottenProblem: the envelope is long over.
            ContentQuotaProblem: the uploader has no room for it.
            MalformedProblem, TooLargeProblem: see there.
        """
        _judge(content)
        # Whoever hangs up meanwhile leaves a file and its row, or neither.
        await asyncio.shield(self._put(content, uploader))

    async def _put(self, content: Content, uploader: str) -> None:
        head = content.head
        allowed = self._allowed(head, uploader, len(content.body))
        await self._lane.read(allowed)
        # Of each uploader a file of its own, though the bytes be the same.
        own = hashlib.sha256(uploader.encode() + b"\n" + content.body).hexdigest()[:32]
        file = f"{head.envelope}/{head.digest}-{own}"
        is_new = await asyncio.to_thread(content_files.keep, self._directory / file, content.body)

        def work(connection: Connection) -> str | None:
            allowed(connection)
            return _keep(
                connection,
                uploader,
                head,
                file,
                {"size": len(content.body), "at": microseconds(self._time.now())},
            )

        try:
            before = await self._lane.write(work)
        except (
            EnvelopeUnknownProblem,
            ModeProblem,
            TooLargeProblem,
            ContentForgottenProblem,
            ContentQuotaProblem,
        ):
            if is_new:  # the envelope was sent meanwhile, and is not for this; or there is no room
                await self._forget([file])
            raise
        if before is not None and before != file:
            await self._forget([before])

    async def get(self, envelope: str, digest: str, *, reader: str) -> Content:
        """A content for an organisation of the envelope, or for the network itself.

        Raises:
            ContentMissingProblem: nobody of the envelope has brought it.
            ContentForgottenProblem: the envelope is long over.
        """

        def ask(connection: Connection) -> _Row | None:
            return _best(_rows(connection, envelope, digest), reader)

        row = await self._lane.read(ask)
        if row is None:
            await self._lane.read(lambda connection: self._refuse_forgotten(connection, envelope))
            raise ContentMissingProblem(f"nobody has put {digest} into envelope {envelope}")
        try:
            body = await asyncio.to_thread((self._directory / row.file).read_bytes)
        except FileNotFoundError:  # replaced by its uploader meanwhile
            row = await self._lane.read(ask)
            if row is None:
                raise ContentMissingProblem(f"{digest} of {envelope} is gone") from None
            body = await asyncio.to_thread((self._directory / row.file).read_bytes)
        return Content(head=_head(row), body=body)

    async def bodies(self, files: Sequence[str]) -> list[bytes | None]:
        """The bodies in these files; None: it cannot be read, and whoever asks for it hears why."""
        return await asyncio.to_thread(lambda: [self._body(file) for file in files])

    def _body(self, file: str) -> bytes | None:
        with contextlib.suppress(OSError):
            return (self._directory / file).read_bytes()
        return None

    async def sweep(self) -> int:
        """Forget what was never sent, and what belongs to envelopes long over; gives how many."""
        now = self._time.now()
        await self._lane.write(lambda connection: content_ends.note_ends(connection, now=now))
        never_sent = partial(content_ends.forget_never_sent, brought_before=now - _HELD)
        forgotten = await self._forgotten(never_sent)
        if self._days is not None:
            until = now - timedelta(days=self._days)
            forgotten += await self._forgotten(
                partial(content_ends.forget_ended, ended_before=until)
            )
        return forgotten

    async def _forgotten(self, forget: Callable[[Connection], Sequence[str]]) -> int:
        """Some after some, rows before files: what is told to be here is."""
        count = 0
        while files := await self._lane.write(forget):
            await self._forget(files)
            count += len(files)
        return count

    def _refuse_forgotten(self, connection: Connection, envelope: str) -> None:
        now, days = self._time.now(), self._days
        if content_ends.is_forgotten(connection, envelope, now=now, days=days):
            raise ContentForgottenProblem(
                f"envelope {envelope} ended more than {days} days ago, and its contents are with "
                "its parties"
            )

    def _allowed(self, head: ContentHead, uploader: str, size: int) -> Callable[[Connection], None]:
        def allowed(connection: Connection) -> None:
            if uploader != NETWORK:
                most = self._most_bytes
                more = size - _size(connection, head, uploader)
                content_quota.refuse_more(connection, uploader, more=more, most=most)
            row = connection.execute(
                select(schema.envelope.c.mode).where(schema.envelope.c.id == head.envelope)
            ).one_or_none()
            if row is None:
                return
            self._refuse_forgotten(connection, head.envelope)
            if uploader != NETWORK and not is_member(connection, uploader, head.envelope):
                raise EnvelopeUnknownProblem(f"there is no envelope {head.envelope!r}")
            refuse_other_mode(head, row.mode)
            table = schema.content
            count = len(
                connection.scalars(
                    select(table.c.digest)
                    .where(table.c.envelope == head.envelope, table.c.uploader == uploader)
                    .limit(_MOST)
                ).all()
            )
            if count >= _MOST:
                raise TooLargeProblem(f"the envelope has {_MOST} contents of {uploader} already")

        return allowed

    async def _forget(self, files: Sequence[str]) -> None:
        await asyncio.to_thread(content_files.forget, self._directory, files)


def refuse_other_mode(head: ContentHead, mode: ContentMode) -> None:
    """ModeProblem: the terms do not let the network hold such content."""
    if head.mode != mode or mode == "digest":
        raise ModeProblem(f"the terms say {mode!r}, and {head.digest} was brought as {head.mode!r}")


def refuse_what_is_missing(connection: Connection, terms: Terms) -> None:
    """Before an envelope is sent: its initiator must have brought all documents, as it says.

    What it brought besides is forgotten when it does not agree with the mode.

    Raises:
        ContentMissingProblem, ModeProblem: see there.
    """
    table = schema.content
    rows = connection.execute(
        select(table.c.digest, table.c.head).where(
            table.c.envelope == terms.envelope, table.c.uploader == terms.initiator
        )
    ).all()
    heads = {row.digest: _head(row) for row in rows}
    for head in heads.values():
        refuse_other_mode(head, terms.mode)
    for document in terms.documents:
        if terms.mode != "digest" and document.digest not in heads:
            raise ContentMissingProblem(
                f"the content of {document.name!r} ({document.digest}) must be put first"
            )


def has(connection: Connection, envelope: str, digest: str) -> bool:
    """Whether somebody of the envelope has brought a content."""
    return bool(_rows(connection, envelope, digest))


def made_for(connection: Connection, envelope: str, digest: str, reader: str) -> Brought | None:
    """A content that an organisation of the envelope can open; None: there is none."""
    row = _best(_rows(connection, envelope, digest), reader)
    if row is None or not _is_for(head := _head(row), reader):
        return None
    return Brought(head, row.file, row.size)


def _rows(connection: Connection, envelope: str, digest: str) -> list[_Row]:
    table = schema.content
    # Also of those that have left: they brought what whoever they forwarded it to must read.
    members = select(schema.member.c.organisation).where(schema.member.c.envelope == envelope)
    mode = select(schema.envelope.c.mode).where(schema.envelope.c.id == envelope)
    terms_mode = connection.scalar(mode)
    rows: Sequence[_Row] = connection.execute(
        select(table.c.head, table.c.file, table.c.size)
        .where(table.c.envelope == envelope, table.c.digest == digest)
        .where((table.c.uploader == NETWORK) | table.c.uploader.in_(members))
        .order_by(table.c.at)
    ).all()
    return [row for row in rows if _head(row).mode == terms_mode]


def _head(row: _Row) -> ContentHead:
    return msgspec.json.decode(row.head, type=ContentHead)


def _best(rows: list[_Row], reader: str) -> _Row | None:
    """The first that was made for the reader, else the first."""
    for row in rows:
        if _is_for(_head(row), reader):
            return row
    return rows[0] if rows else None


def _is_for(head: ContentHead, reader: str) -> bool:
    return head.mode == "open" or any(key.organisation == reader for key in head.keys)


def _judge(content: Content) -> None:
    head = content.head
    if not _ENVELOPE.fullmatch(head.envelope):
        raise MalformedProblem("an envelope's id is a UUID in lower case")
    if not _DIGEST.fullmatch(head.digest):
        raise MalformedProblem("a digest is SHA-256 in lower-case hex")
    if head.mode == "digest":
        raise ModeProblem("a content is `encrypted` or `open`")
    if head.mode == "open":
        if head.keys or head.size != len(content.body):
            raise MalformedProblem("an open content has no keys, and is as long as it says")
        if hashlib.sha256(content.body).hexdigest() != head.digest:
            raise MalformedProblem("the content has another digest than its head says")
    elif not head.keys:
        raise MalformedProblem("an encrypted content has keys for those who may read it")


def _keep(
    connection: Connection, uploader: str, head: ContentHead, file: str, values: dict[str, int]
) -> str | None:
    """Write the row; gives the file that it named before."""
    table, place = schema.content, _place(head, uploader)
    content_quota.count(connection, uploader, values["size"] - _size(connection, head, uploader))
    row = {"head": msgspec.json.encode(head), "file": file, **values}
    before: str | None = connection.scalar(select(table.c.file).where(place))
    if before is not None:
        connection.execute(update(table).where(place).values(**row))
        return before
    connection.execute(
        insert(table).values(envelope=head.envelope, digest=head.digest, uploader=uploader, **row)
    )
    return None


def _place(head: ContentHead, uploader: str) -> ColumnElement[bool]:
    table = schema.content
    return (
        (table.c.envelope == head.envelope)
        & (table.c.digest == head.digest)
        & (table.c.uploader == uploader)
    )


def _size(connection: Connection, head: ContentHead, uploader: str) -> int:
    """Of what the uploader has brought in this place before; 0: nothing."""
    asked = select(schema.content.c.size).where(_place(head, uploader))
    return connection.scalar(asked) or 0
