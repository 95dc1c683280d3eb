"""What organisations bring each other: bodies as files, heads as rows. Durable before it is told.

A content belongs to who brought it, so nobody can put something else in another's place; of several
with one digest, a reader gets one that was made for it. Before an envelope is sent, its contents
are held for whoever sends it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, func, insert, select, update

from cloud_bridge.envelopes.statements import NETWORK
from cloud_bridge.interfaces import Time
from cloud_bridge.network.accounts.membership import is_member
from cloud_bridge.network.contents import ends, quota
from cloud_bridge.network.contents import files as content_files
from cloud_bridge.network.contents.rows import (
    ContentRow,
    best_for,
    bytes_more,
    head_of,
    mode_of,
    place_of,
    rows_of,
    what_is_there,
)
from cloud_bridge.network.contents.rules import judge, refuse_other_mode
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import (
    ContentForgottenProblem,
    ContentMissingProblem,
    EnvelopeUnknownProblem,
    StoreProblem,
    TooLargeProblem,
)
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.wire import Content, ContentHead

T = TypeVar("T")

PARCEL_BYTES: Final = 4 * 1024 * 1024
"""Of contents that are taken together with what is said of them."""
_ASKED_FIRST_BYTES: Final = 1024 * 1024
"""What is no larger is written and, where it is refused, removed, before one has asked twice."""
_HELD: Final = timedelta(days=7)
_MOST: Final = 500
_ADD: Final = insert(schema.content)
_COUNT: Final = (
    select(func.count())
    .select_from(schema.content)
    .where(
        schema.content.c.envelope == bindparam("of"), schema.content.c.uploader == bindparam("who")
    )
)

_log = structlog.get_logger("network")


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
            MalformedProblem, TooLargeProblem, StoreProblem: see there.
        """
        await self.bring((content,), lambda _connection, keep: keep(), uploader=uploader)

    async def bring(
        self,
        contents: Sequence[Content],
        then: Callable[[Connection, Callable[[], None]], T],
        *,
        uploader: str,
    ) -> T:
        """Keep contents, and write what stands on them, in one transaction: all of it or nothing.

        Args:
            contents: of one envelope; their bodies are on the disk before the transaction begins.
            then: the transaction; where the contents are to be kept, it calls what it is given.
            uploader: an organisation, or the network itself.

        Raises:
            NetworkProblem: as `put`, of any of them, or from `then`; nothing was kept.
        """
        if not contents:
            return await self._lane.write(lambda connection: then(connection, _keep_nothing))
        for content in contents:
            judge(content)
        # Whoever hangs up meanwhile leaves files and their rows, or neither.
        return await asyncio.shield(self._bring(contents, then, uploader))

    async def _bring(
        self,
        contents: Sequence[Content],
        then: Callable[[Connection, Callable[[], None]], T],
        uploader: str,
    ) -> T:
        # Names of their own: nobody else's row, nor an earlier one, ever means these files.
        files = {f"{_folder(each.head)}-{secrets.token_hex(16)}": each for each in contents}
        if sum(len(each.body) for each in contents) > _ASKED_FIRST_BYTES:
            await self._lane.read(partial(self._refuse_all, contents, uploader))
        await self._write({file: each.body for file, each in files.items()})

        def work(connection: Connection) -> tuple[T, set[str]]:
            idle = set(files)

            def keep() -> None:
                for file, content in files.items():
                    before = self._keep(connection, content, uploader, file)
                    idle.discard(file)
                    idle.update(() if before is None else (before,))

            return then(connection, keep), idle

        try:
            told, idle = await self._lane.write(work)
        except Exception as error:
            # Such as that the envelope was sent meanwhile, and is not for this; or a full disk.
            if not (isinstance(error, StoreProblem) and error.may_be_kept):
                await self._forget(files)
            raise
        await self._forget(idle)
        return told

    async def get(self, envelope: str, digest: str, *, reader: str) -> Content:
        """A content for an organisation of the envelope, or for the network itself.

        Raises:
            ContentMissingProblem: nobody of the envelope has brought it.
            ContentForgottenProblem: the envelope is long over.
        """

        def ask(connection: Connection) -> ContentRow | None:
            return best_for(rows_of(connection, envelope, digest), reader)

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
        return Content(head=head_of(row), body=body)

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
        await self._lane.write(lambda connection: ends.note_ends(connection, now=now))
        never_sent = partial(ends.forget_never_sent, brought_before=now - _HELD)
        forgotten = await self._forgotten(never_sent)
        if self._days is not None:
            until = now - timedelta(days=self._days)
            forgotten += await self._forgotten(partial(ends.forget_ended, ended_before=until))
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
        if ends.is_forgotten(connection, envelope, now=now, days=days):
            raise ContentForgottenProblem(
                f"envelope {envelope} ended more than {days} days ago, and its contents are with "
                "its parties"
            )

    def _refuse_all(
        self, contents: Sequence[Content], uploader: str, connection: Connection
    ) -> None:
        for content in contents:
            there = what_is_there(connection, content.head, uploader)
            self._refuse(connection, content, uploader, there)

    def _refuse(
        self, connection: Connection, content: Content, uploader: str, there: ContentRow | None
    ) -> None:
        head = content.head
        if uploader != NETWORK:
            more = bytes_more(content, there)
            quota.refuse_more(connection, uploader, more=more, most=self._most_bytes)
        count = connection.scalar(_COUNT, {"of": head.envelope, "who": uploader}) or 0
        if count >= _MOST:
            raise TooLargeProblem(f"the envelope has {_MOST} contents of {uploader} already")
        mode = mode_of(connection, head.envelope)
        if mode is None:
            return
        self._refuse_forgotten(connection, head.envelope)
        if uploader != NETWORK and not is_member(connection, uploader, head.envelope):
            raise EnvelopeUnknownProblem(f"there is no envelope {head.envelope!r}")
        refuse_other_mode(head, mode)

    def _keep(
        self, connection: Connection, content: Content, uploader: str, file: str
    ) -> str | None:
        """Write the row, if that is allowed; gives the file that it named before."""
        head, table = content.head, schema.content
        there = what_is_there(connection, head, uploader)
        self._refuse(connection, content, uploader, there)
        quota.count(connection, uploader, bytes_more(content, there))
        row = {
            "head": msgspec.json.encode(head),
            "file": file,
            "size": len(content.body),
            "at": microseconds(self._time.now()),
        }
        if there is not None:
            connection.execute(update(table).where(place_of(head, uploader)).values(**row))
            return str(there.file)
        named = {"envelope": head.envelope, "digest": head.digest, "uploader": uploader}
        connection.execute(_ADD, {**named, **row})
        return None

    async def _write(self, bodies: Mapping[str, bytes]) -> None:
        """StoreProblem: there is no room on the disk, or it fails; none of them is there."""
        try:
            await asyncio.to_thread(content_files.keep, self._directory, bodies)
        except OSError as error:
            _log.error("store_failed", error=str(error))
            raise StoreProblem(
                "the contents' disk could not do it; the network's log says why (store_failed)",
                may_be_kept=False,
            ) from error

    async def _forget(self, files: Iterable[str]) -> None:
        """No row names them any more; what cannot be removed now is found later (`Leftovers`)."""
        try:
            await asyncio.to_thread(content_files.forget, self._directory, files)
        except OSError as error:
            _log.warning("content_not_removed", error=str(error))


def _keep_nothing() -> None:
    """Where no contents have come."""


def _folder(head: ContentHead) -> str:
    return f"{head.envelope}/{head.digest}"
