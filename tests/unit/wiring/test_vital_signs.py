"""What whoever is called at night reads first: lag, disks, backups, certificates, readiness."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from gateway.backup.shelf import Shelf
from gateway.http.operation.metrics import Metrics
from gateway.http.operation.readiness import Readiness
from gateway.wiring.house import House
from gateway.wiring.watch.vital_signs import (
    LoopLag,
    days_of_grants,
    disks_used,
    ends_of_seals,
    newest_backup,
    watch_loop,
    watch_readiness,
)
from policies.objects.seals import SealGrant
from tests.signing_house import FakeClock, signing_house


class EnoughError(Exception):
    """The test has seen what it wanted to see."""


def value(metrics: Metrics, metric: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(metric, labels)


def waking(clock: FakeClock, *late_seconds: float) -> Callable[[float], Awaitable[None]]:
    """A sleep from which the loop wakes late."""
    coming = iter(late_seconds)

    async def sleep(seconds: float) -> None:
        late = next(coming, None)
        if late is None:
            raise EnoughError
        clock.move(timedelta(seconds=seconds + late))

    return sleep


async def test_the_worst_lag_of_lately_is_told() -> None:
    clock, metrics = FakeClock(), Metrics()
    house = cast(House, SimpleNamespace(clock=clock, metrics=metrics))
    with pytest.raises(EnoughError):
        await watch_loop(house, sleep=waking(clock, 0.0, 1.5, 0.1))
    assert value(metrics, "sealgate_event_loop_lag_seconds") == pytest.approx(1.5)


def test_a_lag_is_forgotten_after_a_minute() -> None:
    clock = FakeClock()
    lag = LoopLag(clock)
    lag.came(1.5)
    clock.move(timedelta(seconds=30))
    lag.came(0.2)
    assert lag.worst == 1.5
    clock.move(timedelta(seconds=30))
    lag.came(0.1)
    assert lag.worst == 0.2


def test_the_newest_finished_backup_counts(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new, half = (datetime(2026, 11, day, 3, tzinfo=UTC) for day in (25, 26, 27))
    for node, at in (("seal-1", old), ("seal-2", new)):
        shelf.path_for(node, at).write_bytes(b"")
    shelf.partial(shelf.path_for("seal-1", half)).write_bytes(b"")
    (tmp_path / "sealgate-notes.tar").write_bytes(b"")
    assert newest_backup(tmp_path) == new.timestamp()


def test_a_backup_of_no_moment_is_none(tmp_path: Path) -> None:
    (tmp_path / "sealgate-seal-1-20261399T030000Z.tar").write_bytes(b"")
    assert newest_backup(tmp_path) == 0.0


def test_without_a_backup_none_is_seen(tmp_path: Path) -> None:
    assert newest_backup(tmp_path) == newest_backup(tmp_path / "nowhere") == 0.0


def test_a_disk_that_cannot_be_looked_at_is_left_out(tmp_path: Path) -> None:
    used = disks_used({"state": tmp_path, "documents": tmp_path / "nowhere"})
    assert list(used) == ["state"]
    assert 0.0 <= used["state"] <= 1.0


async def test_a_seal_counts_until_the_first_certificate_of_its_chain_ends(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        in_force = house.in_force
        ends = {name: end for _, name, end in ends_of_seals(in_force)}
        used = {name for name, seal in in_force.bundle.seals.items() if seal.state == "active"}
        assert used <= set(ends)
        for name in used:
            assert ends[name] <= in_force.seals[name].not_after
        one = min(used)
        retired = msgspec.structs.replace(in_force.bundle.seals[one], state="retired")
        seals = {**in_force.bundle.seals, one: retired}
        after = replace(in_force, bundle=replace(in_force.bundle, seals=seals))
        assert {name for _, name, _ in ends_of_seals(after)} == set(ends) - {one}


async def test_a_grant_counts_until_its_last_day_unless_it_was_revoked(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        bundle = house.in_force.bundle
    until, last = date(2026, 12, 31), date(2026, 11, 27)
    grant = SealGrant(
        name="to-south",
        grantor="east",
        grantee_kind="company",
        grantee="south",
        seals=("receipt-east",),
        document_types=("logistics-receipt",),
        valid_from=date(2026, 1, 1),
        valid_until=until,
    )
    grants = {
        "to-south": grant,
        "ends-today": msgspec.structs.replace(grant, valid_until=last),
        "revoked": msgspec.structs.replace(grant, revoked_at=FakeClock().now()),
    }
    days = days_of_grants(replace(bundle, grants=grants), today=last)
    assert days == {"to-south": 34, "ends-today": 0}


def test_certificates_of_seals_that_went_away_are_told_no_more() -> None:
    metrics, now = Metrics(), FakeClock().now()
    end = now + timedelta(days=3, hours=12)
    metrics.vital.set_certificates([("seal", "a", end), ("seal", "b", end)], now=now)
    metrics.vital.set_certificates([("seal", "b", now - timedelta(days=1))], now=now)
    days = "sealgate_certificate_days_left"
    assert value(metrics, days, kind="seal", name="a") is None
    assert value(metrics, days, kind="seal", name="b") == -1.0


async def test_each_part_of_readiness_has_a_gauge() -> None:
    async def works() -> None:
        return

    async def fails() -> None:
        raise OSError("no such disk")

    async def enough(_seconds: float) -> None:
        raise EnoughError

    clock, metrics = FakeClock(), Metrics()
    house = cast(House, SimpleNamespace(clock=clock, metrics=metrics))
    readiness = Readiness({"signer": works, "disk": fails}, clock=clock)
    with pytest.raises(EnoughError):
        await watch_readiness(house, readiness, sleep=enough)
    assert value(metrics, "sealgate_ready", part="signer") == 1.0
    assert value(metrics, "sealgate_ready", part="disk") == 0.0
