"""The ledger of what left the house: kept for a time, and part of every export."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from gateway.envelopes.carriage.egress import Ledger, forget_egress
from gateway.export.writing import write_export
from tests.bridge_house import Company
from tests.envelope_parties import sha256
from tests.signing_house import FakeClock

_DAYS = 1200


async def left_daily(at: Company, clock: FakeClock) -> None:
    ledger = Ledger(at.id, "https://network.example", lane=at.house.lane, clock=clock)
    for day in range(_DAYS):
        body = str(day).encode()
        digest = bytes.fromhex(sha256(body))
        await ledger.leaving(kind="Content", envelope=f"e-{day}", digest=digest, size=len(body))
        clock.move(timedelta(days=1))


async def test_what_left_long_ago_is_forgotten_and_the_rest_is_kept(
    buyer: Company, clock: FakeClock
) -> None:
    begin = clock.now()
    await left_daily(buyer, clock)

    assert await forget_egress(buyer.house.lane, before=begin + timedelta(days=1100)) == 1100
    assert await forget_egress(buyer.house.lane, before=begin + timedelta(days=1100)) == 0

    left = [row for _, row in await buyer.ground.networks.left(after=0, most=_DAYS)]
    assert [row.envelope for row in left] == [f"e-{day}" for day in range(1100, _DAYS)]


async def test_an_export_has_what_left_in_its_days(
    buyer: Company, clock: FakeClock, tmp_path: Path
) -> None:
    begin = clock.now()
    await left_daily(buyer, clock)
    file, told = tmp_path / "export.sqlite", dict[str, int]()
    write_export(
        buyer.house.engine,
        file,
        since=begin + timedelta(days=3),
        until=begin + timedelta(days=5),
        origin="test.example/audit",
        at=clock.now(),
        tell=told.__setitem__,
    )
    assert told["egress"] == 2
    with closing(sqlite3.connect(file)) as export:
        rows = export.execute("SELECT envelope, kind, sha256, bytes, at FROM egress").fetchall()
    at = (begin + timedelta(days=3)).isoformat().replace("+00:00", "Z")
    assert rows[0] == ("e-3", "Content", sha256(b"3"), 1, at)
