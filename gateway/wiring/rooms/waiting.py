"""Work that waits: on what terms it is done, and what is watched for it."""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from datetime import time
from zoneinfo import ZoneInfo

import structlog

from gateway.config import DAYS, MaintenanceConfig
from gateway.jobs.crew import Crew, Terms
from gateway.jobs.model import JobKind
from gateway.jobs.windows import Maintenance, Window
from gateway.store.engines.moments import moment
from gateway.store.files.reserve import Reserve
from gateway.wiring.house import House

_SEAL_ATTEMPTS = 20
"""Of crashes with the document in hand, mostly: what fails otherwise has a result by then."""
_LOOK_SECONDS = 1.0
_COUNT_SECONDS = 2.0
_SHARE_OF_TIME = 0.05

_log = structlog.get_logger("jobs")


def seal_terms(house: House, *, callers: Callable[[], int]) -> Terms:
    """How documents of batches are sealed; `callers` wait for an answer right now and go first."""
    paused = pauses(house)
    return Terms(
        places=house.config.batches.at_once,
        attempts=_SEAL_ATTEMPTS,
        busy=callers,
        paused=lambda: paused("seal"),
        probe=lambda: _prove(house),
    )


def pauses(house: House) -> Callable[[JobKind], str | None]:
    """Says of a kind why nothing is begun on purpose, if so."""
    written = house.config.jobs.maintenance or ()
    windows = Maintenance([_window(each) for each in written], clock=house.clock)
    return lambda kind: _paused(kind, windows, house.reserve)


def why_still(house: House, kind: JobKind) -> str:
    """The same for people: why nothing of a kind is begun now, and what ends that; empty: it is."""
    if not house.reserve.is_kept and (shortage := house.reserve.shortage()) is not None:
        return (
            f"This gateway's disk is short ({shortage}), so nothing is begun: IT makes room, and "
            "it goes on by itself."
        )
    window = pauses(house)(kind)
    if window is None:
        return ""
    return f"Nothing is begun in the maintenance window {window!r}: it goes on by itself after it."


async def watch_room(house: House) -> None:
    """Look every second how much room the disk has."""
    while True:
        try:
            house.reserve.look()
        except OSError as error:
            _log.error("disk_not_looked_at", error=str(error))
        await asyncio.sleep(_LOOK_SECONDS)


async def watch_backlog(house: House) -> None:
    """Count what is open, again and again, for a twentieth of a thread's time at the most."""
    while True:
        began = house.clock.monotonic()
        try:
            await house.admission.look()
            await house.job_figures.look()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.error("backlog_not_counted", error=str(error))
        took = house.clock.monotonic() - began
        await asyncio.sleep(max(_COUNT_SECONDS, took / _SHARE_OF_TIME))


def measure_jobs(house: House, crews: Mapping[JobKind, Crew]) -> None:
    """Put how jobs stand into the metrics."""
    metrics, figures, now = house.metrics.waiting, house.job_figures.last, house.clock.now()
    metrics.set_jobs(figures.counts)
    for kind, at in figures.oldest.items():
        age = 0.0 if at is None else max(0.0, (now - moment(at)).total_seconds())
        metrics.job_age.labels(kind).set(age)
    for kind, crew in crews.items():
        for outcome, count in dataclasses.asdict(crew.tally).items():
            metrics.job_outcomes.labels(kind, outcome).set(count)
        metrics.jobs_stopped.labels(kind, "away").set(crew.away is not None)
        metrics.jobs_stopped.labels(kind, "paused").set(crew.paused is not None)
    metrics.open_items.set(house.admission.open.items)
    metrics.open_bytes.set(house.admission.open.size)
    metrics.open_used.set(house.admission.used)
    metrics.free_bytes.set(house.reserve.free)


def _paused(kind: JobKind, windows: Maintenance, reserve: Reserve) -> str | None:
    """Why nothing is begun on purpose: what is left of the disk is for what is under way."""
    return windows.of(kind) or (None if reserve.is_kept else reserve.shortage())


def _window(written: MaintenanceConfig) -> Window:
    return Window(
        name=written.name,
        kinds=frozenset(written.kinds),
        days=frozenset(map(DAYS.index, written.days or DAYS)),
        starts=time.fromisoformat(written.starts),
        ends=time.fromisoformat(written.ends),
        zone=ZoneInfo(written.zone),
    )


async def _prove(house: House) -> None:
    """What every document needs: the signer, a worker, and a store that commits."""
    await house.audit.prove_signer()
    await house.pool.prove_ready()
    await house.prove_store()
