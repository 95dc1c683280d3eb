"""A signing house whose policies name officers, and what they freeze in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.freezes.book import FreezeBook
from gateway.freezes.guard import FreezeGuard
from gateway.freezes.service import FreezeService
from gateway.signing.guard import Guards, Surroundings
from gateway.signing.limits import LimitGuard
from gateway.store.engines.database import open_reader
from gateway.store.interfaces import Database
from gateway.store.rows.charges import SlotBook
from gateway.store.schema import audit_leaf
from tests.nothing_around import NoHistory, NothingKnown, NoWaitingRoom
from tests.officers import with_officers
from tests.signing_house import FakeClock, House, SoftSigner, signing_house


@dataclass
class GuardedHouse:
    """A house, and what freezes it."""

    house: House
    freezes: FreezeService

    def records(self) -> list[dict[str, Any]]:
        """All that the log says."""
        engine = open_reader(self.house.directory / "test.sqlite")
        with engine.connect() as connection:
            leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
            found = [read_leaf(leaf) for leaf in leaves.scalars()]
        engine.dispose()
        return found

    def kinds(self) -> list[str]:
        """The log in a word a record."""
        return [str(each.get("result", each["kind"])) for each in self.records()]


@asynccontextmanager
async def guarded_house(
    directory: Path,
    *,
    clock: FakeClock | None = None,
    signer: SoftSigner | None = None,
    database: Database | None = None,
    node: str = "",
) -> AsyncIterator[GuardedHouse]:
    """Put one up; see `signing_house`."""
    book, slots = FreezeBook(), SlotBook()
    surroundings = Surroundings(
        guards=Guards((FreezeGuard(book), LimitGuard(slots))),
        knowing=NothingKnown(),
        waiting_room=NoWaitingRoom(),
        history=NoHistory(),
    )
    async with signing_house(
        directory,
        clock=clock,
        signer=signer,
        surroundings=surroundings,
        database=database,
        node=node,
    ) as house:
        house.in_force = with_officers(house.in_force)
        freezes = FreezeService(
            book=book,
            lane=house.lane,
            audit=house.audit,
            in_force=lambda: house.in_force,
            clock=house.clock,
        )
        await house.lane.write(lambda unit: book.load(unit.connection))
        for follower in (book, slots):
            house.lane.add_follower(follower)
        yield GuardedHouse(house, freezes)
