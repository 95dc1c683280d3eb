"""What counts as a use: each seal of a released document, once, however often it was asked for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.errors import Problem
from gateway.store.engines.database import open_reader
from gateway.usage.counting import UsageBook, UsageCount, department_of
from gateway.usage.model import Dimension, Period, Scope, UsageRow, in_order
from gateway.usage.reading import as_csv, usage
from policies.model import Caller
from tests.running_gateway import RECEIPT
from tests.signing_house import House, act_request, request, signing_house

_ALWAYS = Period()
_EVERYBODY = Scope()


@dataclass
class Counted:
    """A signing room whose releases are counted, and what was told of them."""

    house: House
    told: list[UsageCount]

    async def seal(self, key: str, **changes: Any) -> None:  # noqa: ANN401 - request fields
        await self.house.service.seal(request(key, **changes), RECEIPT)

    def by(
        self, *by: Dimension, period: Period = _ALWAYS, scope: Scope = _EVERYBODY
    ) -> list[UsageRow]:
        reader = open_reader(self.house.directory / "test.sqlite")
        with reader.connect() as connection:
            return usage(connection, by, period=period, scope=scope)


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncIterator[Counted]:
    told: list[UsageCount] = []
    async with signing_house(tmp_path, releasing=UsageBook(tell=told.extend)) as house:
        yield Counted(house, told)


async def test_a_repeat_is_no_use(counted: Counted) -> None:
    for key in ("a", "a", "b"):
        await counted.seal(key)
    expected: UsageRow = {"company": "east", "system": "tms", "seals": 2, "documents": 2}
    assert counted.by("company", "system") == [expected]
    assert len(counted.told) == 2


async def test_a_document_with_two_seals_is_one_document(counted: Counted) -> None:
    await counted.house.service.seal(act_request(), RECEIPT)
    assert counted.by("seal") == [
        {"seal": "company-east", "seals": 1, "documents": 0},
        {"seal": "legal-rep-li", "seals": 1, "documents": 1},
    ]
    assert counted.by() == [{"seals": 2, "documents": 1}]


async def test_what_is_refused_is_not_counted(counted: Counted) -> None:
    with pytest.raises(Problem):
        await counted.seal("a", document_type="unknown")
    assert counted.by() == [{"seals": 0, "documents": 0}]
    assert counted.told == []


async def test_a_person_who_asked_makes_it_manual(counted: Counted) -> None:
    await counted.seal("a")
    await counted.seal("b", requested_by="sun-li")
    assert [(row["way"], row["documents"]) for row in counted.by("way")] == [
        ("automatic", 1),
        ("manual", 1),
    ]


async def test_a_department_is_the_line_or_what_the_request_says(counted: Counted) -> None:
    line = Caller(system="tms", company="east", line="retail")
    asked = request().seal_request
    assert department_of(asked) == ""
    assert department_of(msgspec.structs.replace(asked, caller=line)) == "retail"
    said = msgspec.structs.replace(asked, attributes={"department": "销售部"})
    assert department_of(said) == "销售部"
    assert department_of(msgspec.structs.replace(said, attributes={"department": 7})) == ""
    assert counted.told == []


async def test_days_are_those_of_the_office(counted: Counted) -> None:
    await counted.seal("a")  # 10:00 in Shanghai
    counted.house.clock.move(timedelta(hours=15))
    await counted.seal("b")  # 01:00 of the next day
    assert [row["day"] for row in counted.by("day")] == ["2026-11-22", "2026-11-23"]
    assert counted.by("month") == [{"month": "2026-11", "seals": 2, "documents": 2}]
    first = Period(last=date(2026, 11, 22))
    assert counted.by(period=first) == [{"seals": 1, "documents": 1}]


async def test_nobody_sees_what_is_not_theirs(counted: Counted) -> None:
    await counted.seal("a")
    nothing: list[UsageRow] = [{"seals": 0, "documents": 0}]
    assert counted.by(scope=Scope(systems=frozenset({"wms"}))) == nothing
    assert counted.by(scope=Scope(companies=frozenset())) == nothing
    assert counted.by(scope=Scope(companies=frozenset({"east"}))) != nothing


async def test_views_sum_it_up_for_other_programs(counted: Counted) -> None:
    await counted.seal("a")
    with open_reader(counted.house.directory / "test.sqlite").connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM usage_by_month").mappings().all()
        assert [dict(row) for row in rows] == [
            {
                "month": "2026-11",
                "company": "east",
                "system": "tms",
                "document_type": "receipt",
                "way": "automatic",
                "seals": 1,
                "documents": 1,
            }
        ]
        for view in ("usage_by_department", "usage_by_seal"):
            assert connection.exec_driver_sql(f"SELECT seals FROM {view}").scalar_one() == 1  # noqa: S608 - ours


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    row: UsageRow = {"department": "=cmd()", "seals": 1, "documents": 1}
    assert as_csv(("department",), [row]).splitlines() == [
        "department,seals,documents",
        "'=cmd(),1,1",
    ]


def test_dimensions_come_in_one_order_and_unknown_ones_are_named() -> None:
    assert in_order(["seal", "month", "seal"]) == ("month", "seal")
    with pytest.raises(ValueError, match="weather: usage is told by day, month"):
        in_order(["weather"])
