"""Statements that are compiled once say the same as SQLAlchemy's, on both engines."""

import pytest
from sqlalchemy import bindparam, func, insert, select, update

from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.statements import PlainStatement
from gateway.store.errors import StoreProblem
from gateway.store.schema import charge_slot

_put = PlainStatement(insert(charge_slot))
_of = select(charge_slot.c.slot, charge_slot.c.used).where(
    charge_slot.c.counter == bindparam("which"), charge_slot.c.used > 0
)
_all = PlainStatement(_of.order_by(charge_slot.c.slot))
_page = PlainStatement(_of.order_by(charge_slot.c.slot).limit(bindparam("most")))
_most = PlainStatement(select(func.max(charge_slot.c.used)))
_add = PlainStatement(
    update(charge_slot)
    .where(charge_slot.c.counter == bindparam("which"))
    .values(used=charge_slot.c.used + 10)
)


def put(transaction: Transaction, slot: int, used: int) -> None:
    _put.run(transaction.connection, {"counter": "c", "slot": slot, "used": used})


async def test_what_is_written_by_them_is_read_by_them(lane: WriterLane) -> None:
    def write(unit: Transaction) -> int:
        for slot, used in ((2, 5), (1, 7), (3, 0)):
            put(unit, slot, used)
        return _add.run(unit.connection, {"which": "c"})

    assert await lane.write(write) == 3
    found = await lane.write(
        lambda unit: (
            _all.rows(unit.connection, {"which": "c"}),
            _page.rows(unit.connection, {"which": "c", "most": 2}),
            _all.first(unit.connection, {"which": "other"}),
            _add.run(unit.connection, {"which": "other"}),
            unit.connection.execute(_of, {"which": "c"}).all(),
        )
    )
    rows, page, none, unchanged, by_sqlalchemy = found
    assert [tuple(row) for row in rows] == [(1, 17), (2, 15), (3, 10)]
    assert [tuple(row) for row in page] == [(1, 17), (2, 15)]
    assert (none, unchanged) == (None, 0)
    assert sorted(map(tuple, by_sqlalchemy)) == [(1, 17), (2, 15), (3, 10)]


async def test_nothing_of_a_unit_stays_that_raises(lane: WriterLane) -> None:
    def refused(unit: Transaction) -> None:
        put(unit, 1, 1)
        put(unit, 1, 2)

    with pytest.raises(StoreProblem):
        await lane.write(refused)
    assert await lane.write(lambda unit: _most.first(unit.connection, {})) == (None,)
    await lane.write(lambda unit: put(unit, 1, 3))
    assert await lane.write(lambda unit: _most.first(unit.connection, {})) == (3,)


async def test_a_name_without_a_place_and_a_list_are_refused(lane: WriterLane) -> None:
    listed = PlainStatement(
        select(charge_slot.c.used).where(charge_slot.c.slot.in_(bindparam("some", expanding=True)))
    )

    def unit(transaction: Transaction) -> None:
        with pytest.raises(ValueError, match="another with each run"):
            listed.rows(transaction.connection, {"some": [1, 2]})
        with pytest.raises(ValueError, match="no place for"):
            PlainStatement(_of).rows(transaction.connection, {"which": "c", "other": 1})

    await lane.write(unit)
