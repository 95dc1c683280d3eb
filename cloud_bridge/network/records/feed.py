"""What each organisation is told, in order, and waiting for more of it.

Positions of an organisation count up without gaps: whoever adds to a feed holds the row of its
newest position until the commit. Whoever waits costs an `asyncio.Event` and nothing else, and is
not called for what it has said itself: that it has as the answer. Nor for the end that this was,
which came with that answer, where it reads so much of it. Such entries come in their place with
what calls it next, or when its wait ends.
"""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, text

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.interfaces import Time
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import MalformedProblem
from cloud_bridge.network.records.answering import is_due_to
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.wire import Feed, FeedItem

_PAGE: Final = 100
_PAGE_BYTES: Final = 4 << 20
_LOOK_SECONDS: Final = 0.25
# Nodes' clocks may differ by so much, and a transaction may be under way for so long.
_LOOK_BACK: Final = timedelta(seconds=10)

_entry, _feed, _head = schema.entry, schema.feed, schema.feed_head
_NEWEST = select(_head.c.position).where(_head.c.organisation == bindparam("who"))
_AFTER = (
    select(_feed.c.position, _feed.c.envelope, _feed.c.sequence, _entry.c.entry)
    .join(_entry, (_entry.c.envelope == _feed.c.envelope) & (_entry.c.sequence == _feed.c.sequence))
    .where(_feed.c.organisation == bindparam("who"), _feed.c.position > bindparam("after"))
    .order_by(_feed.c.position)
    .limit(bindparam("most"))
)
_ADVANCE = text(
    "INSERT INTO feed_head (organisation, position, changed_at) VALUES (:who, :more, :now) "
    "ON CONFLICT (organisation) DO UPDATE SET position = feed_head.position + excluded.position, "
    "changed_at = excluded.changed_at RETURNING position"
)


@dataclass(slots=True)
class _Waiters:
    event: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look found: how far the feed has come, a page, and whether it calls who waits."""

    newest: int
    feed: Feed
    calls: bool


class Feeds:
    """The feeds of all organisations. Belongs to one event loop."""

    def __init__(self, lane: Lane, time: Time, *, is_shared: bool) -> None:
        self._lane = lane
        self._time = time
        self._is_shared = is_shared
        self._waiters: dict[str, _Waiters] = {}
        self._newest: dict[str, int] = {}
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """How many organisations wait."""
        return len(self._waiters)

    def add(self, connection: Connection, new: Sequence[tuple[str, str, int]]) -> dict[str, int]:
        """Append organisation, envelope, sequence; in the lane's thread, last before the commit.

        Gives the newest position of each organisation, for `told`.
        """
        by_organisation: dict[str, list[tuple[str, int]]] = {}
        for organisation, envelope, sequence in new:
            by_organisation.setdefault(organisation, []).append((envelope, sequence))
        rows = []
        newest: dict[str, int] = {}
        now = microseconds(self._time.now())
        # In order, so that no two nodes wait for each other.
        for who in sorted(by_organisation):
            items = by_organisation[who]
            given = {"who": who, "more": len(items), "now": now}
            newest[who] = last = int(connection.execute(_ADVANCE, given).scalar_one())
            first = last - len(items) + 1
            rows += [
                {
                    "organisation": who,
                    "position": position,
                    "envelope": envelope,
                    "sequence": sequence,
                }
                for position, (envelope, sequence) in enumerate(items, start=first)
            ]
        if rows:
            connection.execute(insert(schema.feed), rows)
        return newest

    def told(self, newest: dict[str, int], *, called: Collection[str] | None = None) -> None:
        """This is committed: wake who waits for it.

        Args:
            newest: position of each organisation.
            called: those among them who are told what others have said; None: perhaps all.
        """
        for who, position in newest.items():
            if position <= self._newest.get(who, 0):
                continue
            calls = called is None or who in called
            # Where others write, too, what lies before its own word may call it: `follow` looks.
            if calls or not self._is_shared:
                self._newest[who] = position
            if calls:
                self._wake(who)

    async def page(
        self, organisation: str, after: str, *, wait_seconds: float, reads_ends: bool
    ) -> Feed:
        """What came after a cursor; waits so long for others to say something.

        Args:
            organisation: whose feed.
            after: the cursor of the page before; empty: from the first.
            wait_seconds: for so long.
            reads_ends: whether it takes from an answer, too, what the network said because of its
                word (`Taken.after`); gateways of before read its own entry alone.
        """
        position = _position(after)
        waiters = self._waiters.setdefault(organisation, _Waiters())
        waiters.count += 1
        deadline = self._time.monotonic() + wait_seconds
        try:
            while True:
                waiters.event.clear()
                look = await self._now(organisation, position, reads_ends=reads_ends)
                position = min(position, look.newest)
                left = deadline - self._time.monotonic()
                if look.calls or left <= 0 or self._is_closing:
                    return look.feed
                if self._newest.get(organisation, 0) > look.newest:
                    continue  # it came while we looked
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await waiters.event.wait()
        finally:
            waiters.count -= 1
            if not waiters.count:
                self._waiters.pop(organisation, None)

    async def _now(self, organisation: str, after: int, *, reads_ends: bool) -> _Look:
        # Where nobody else writes, what was told last is the newest.
        if not self._is_shared and after == self._newest.get(organisation):
            return _Look(after, Feed(items=(), cursor=str(after)), calls=False)
        look = await self._lane.read(
            lambda connection: _page(connection, organisation, after, reads_ends=reads_ends)
        )
        self._newest[organisation] = max(look.newest, self._newest.get(organisation, 0))
        return look

    async def follow(self) -> None:
        """Wake who waits for what other nodes have written; until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._waiters:
                continue
            self.told(await self._lane.read(self._changed))

    def _changed(self, connection: Connection) -> dict[str, int]:
        """The newest positions that may have changed, of those who wait."""
        table = schema.feed_head
        since = microseconds(self._time.now() - _LOOK_BACK)
        rows = connection.execute(
            select(table.c.organisation, table.c.position).where(table.c.changed_at > since)
        )
        waiting = set(self._waiters)
        return {who: position for who, position in rows if who in waiting}

    def close(self) -> None:
        """Let everybody who waits go."""
        self._is_closing = True
        for who in list(self._waiters):
            self._wake(who)

    def _wake(self, who: str) -> None:
        waiters = self._waiters.get(who)
        if waiters is not None:
            waiters.event.set()


def _page(connection: Connection, organisation: str, after: int, *, reads_ends: bool) -> _Look:
    # The newest first: what is committed between the two questions is only seen later.
    newest = connection.scalar(_NEWEST, {"who": organisation}) or 0
    rows = connection.execute(_AFTER, {"who": organisation, "after": after, "most": _PAGE})
    # A cursor from before a backup was put back leads on from where the feed is now.
    last, size, calls = min(after, newest), 0, False
    items: list[FeedItem] = []
    for position, envelope, sequence, written in rows:
        told = msgspec.json.decode(written, type=Entry)
        item = FeedItem(envelope=envelope, sequence=sequence, entry=told)
        if not calls and parse(told.signed).author != organisation:
            calls = not (reads_ends and items and _is_end_of(items[-1], item, by=organisation))
        items.append(item)
        last, size = position, size + len(written)
        if size > _PAGE_BYTES:
            break
    # What others have said may lie behind a page that is full of its own.
    calls = calls or bool(items and last < newest)
    return _Look(newest, Feed(items=tuple(items), cursor=str(last)), calls)


def _is_end_of(before: FeedItem, item: FeedItem, *, by: str) -> bool:
    """Whether it is what came with the answer to the item before, which an organisation said."""
    follows = (before.envelope, before.sequence + 1) == (item.envelope, item.sequence)
    is_own = follows and parse(before.entry.signed).author == by
    return is_own and is_due_to(item.entry, before.entry)


def _position(cursor: str) -> int:
    if cursor == "":
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):  # noqa: PLR2004 - a BIGINT
        raise MalformedProblem("`after` must be the cursor of an earlier answer, or empty")
    return int(cursor)
