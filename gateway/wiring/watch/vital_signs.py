"""What is looked at for those who watch the gateway: readiness, machine, backups, event loop."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509

from gateway.backup.shelf import Shelf
from gateway.clock import Clock
from gateway.config import Config
from gateway.http.operation.readiness import Readiness
from gateway.keys.reconciled import last
from gateway.seals.in_force import InForce
from gateway.wiring.house import House
from policies.bundle import Bundle
from policies.calendar import office_day

_READY_SECONDS: Final = 5.0
_MACHINE_SECONDS: Final = 15.0
_TICK_SECONDS: Final = 0.5
_HALF_SECONDS: Final = 30.0

Sleep = Callable[[float], Awaitable[None]]
End = tuple[str, str, datetime]
"""Kind and name of a certificate, and when the first of its chain expires."""

_log = structlog.get_logger("gateway")


class LoopLag:
    """The worst of lately: of the present half minute and the one before, so that it forgets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._before = self._now = 0.0

    def came(self, late_seconds: float) -> None:
        """Something that was due was begun so late."""
        if self._clock.monotonic() - self._began >= _HALF_SECONDS:
            self._began, self._before, self._now = self._clock.monotonic(), self._now, 0.0
        self._now = max(self._now, late_seconds)

    @property
    def worst(self) -> float:
        """In seconds."""
        return max(self._before, self._now)


async def watch_loop(house: House, *, sleep: Sleep = asyncio.sleep) -> None:
    """See how late the event loop wakes whoever asked to be woken."""
    lag = LoopLag(house.clock)
    while True:
        before = house.clock.monotonic()
        await sleep(_TICK_SECONDS)
        lag.came(max(0.0, house.clock.monotonic() - before - _TICK_SECONDS))
        house.metrics.vital.loop_lag.set(lag.worst)


async def watch_readiness(
    house: House, readiness: Readiness, *, sleep: Sleep = asyncio.sleep
) -> None:
    """Ask what /readyz asks, also where no load balancer does."""
    while True:
        failures = await readiness.failures()
        house.metrics.vital.set_ready(readiness.parts, failures)
        await sleep(_READY_SECONDS)


async def watch_machine(house: House) -> None:
    """Look at disks, backups and certificates. Those that ports use are read once, as they do."""
    vital, config = house.metrics.vital, house.config
    of_files = await asyncio.to_thread(lambda: tuple(_ends_in_files(config)))
    directories = {"state": config.state_directory, "documents": config.documents_directory}
    while True:
        try:
            with house.machine_looks.look():
                in_force, now = house.policies.current, house.clock.now()
                vital.set_certificates([*of_files, *ends_of_seals(in_force)], now=now)
                vital.set_grants(days_of_grants(in_force.bundle, today=office_day(now)))
                vital.set_disks(await asyncio.to_thread(disks_used, directories))
                vital.backup.set(await asyncio.to_thread(newest_backup, config.backups.directory))
                found = await asyncio.to_thread(last, config.reconciliation)
                vital.set_reconciliation(found)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.error("machine_not_looked_at", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_MACHINE_SECONDS)


def ends_of_seals(in_force: InForce) -> Iterator[End]:
    """Of the seals that are in use, or could be again."""
    for name, material in in_force.seals.items():
        if in_force.bundle.seals[name].state in {"active", "frozen"}:
            yield "seal", name, _first_end(material.certificates)


def days_of_grants(bundle: Bundle, *, today: date) -> dict[str, int]:
    """How many days each grant is still good for, but for revoked ones; on its last day 0."""
    return {
        name: (grant.valid_until - today).days
        for name, grant in bundle.grants.items()
        if grant.revoked_at is None
    }


def disks_used(directories: dict[str, Path]) -> dict[str, float]:
    """How full each one's file system is; one that cannot be looked at is left out."""
    found = {}
    for what, directory in directories.items():
        try:
            disk = os.statvfs(directory)
        except OSError as error:
            _log.error("disk_not_looked_at", what=what, error=str(error))
            continue
        used = disk.f_blocks - disk.f_bfree
        found[what] = used / max(1, used + disk.f_bavail)
    return found


def newest_backup(directory: Path) -> float:
    """The moment that the newest finished backup shows, Unix time; 0: none can be seen."""
    try:
        moment = Shelf(directory).newest()
    except (OSError, ValueError) as error:
        _log.error("backups_not_looked_at", directory=str(directory), error=str(error))
        return 0.0
    return 0.0 if moment is None else moment.timestamp()


def _ends_in_files(config: Config) -> Iterator[End]:
    if config.http.tls is not None:
        yield from _end_in("http", "server", config.http.tls.certificate)
    for company in () if config.bridge is None else config.bridge.companies:
        if company.client_certificate is not None:
            yield from _end_in("bridge", company.organisation, company.client_certificate)


def _end_in(kind: str, name: str, file: Path) -> Iterator[End]:
    try:
        chain = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        # Whoever listens or connects with it says so with more weight.
        _log.error("certificate_not_read", file=str(file), error=str(error))
        return
    yield kind, name, min(each.not_valid_after_utc for each in chain)


@lru_cache(maxsize=4096)
def _first_end(chain: tuple[bytes, ...]) -> datetime:
    return min(x509.load_der_x509_certificate(each).not_valid_after_utc for each in chain)
