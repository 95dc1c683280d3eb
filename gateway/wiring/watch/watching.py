"""What a gateway does by itself: it looks for policies and freezes, and forgets what is over."""

import asyncio
import contextlib
import signal
from datetime import timedelta
from hashlib import sha256

import structlog

from gateway.approvals.pruning import prune
from gateway.batches.sweeping import sweep_inputs
from gateway.errors import Problem
from gateway.history.keeping import forget
from gateway.jobs.pruning import forget_cancelled
from gateway.keys.recording import KeyActFolder, KeyOfSeal
from gateway.returns.pruning import forget_events
from gateway.wiring.house import House

_DAY_SECONDS = 24 * 3600.0
_HOUR_SECONDS = 3600.0
_FREEZES_SECONDS = 1.0
_OTHERS_SECONDS = 1.0
_KEY_ACTS_SECONDS = 1.0

_log = structlog.get_logger("gateway")


async def watch_policies(house: House) -> None:
    """Look for new policies every `refresh_seconds`, and at once on HUP."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told.set)
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(house.config.policies.refresh_seconds):
                await told.wait()
        told.clear()
        try:
            with house.policy_looks.look():
                await _refresh(house)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            house.policies.not_refreshed(error)


async def _refresh(house: House) -> None:
    if await house.policies.refresh():
        house.pool.make_ready(house.policies.current.seals.values())


async def renew_signers(house: House) -> None:
    """On USR1 have other signers started, with the keys that config.yaml names now."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)
    while True:
        await told.wait()
        told.clear()
        _log.info("signer_renewed", keys_before=[key.id for key in house.signer.keys])
        house.signer.renew()


async def watch_freezes(house: House) -> None:
    """Look every second for freezes by file."""
    while True:
        try:
            with house.freeze_looks.look():
                await house.freeze_folder.look()
        except Exception as error:  # noqa: BLE001 - a freeze must not be missed: it is tried again
            _log.error("freezes_not_read", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_FREEZES_SECONDS)


async def watch_key_acts(house: House) -> None:
    """Record each second what was done with keys beside the signing cycle."""
    folder = KeyActFolder(
        house.config.key_acts,
        audit=house.audit,
        readers=house.readers,
        in_force=lambda: _keys_of_seals(house),
        clock=house.clock,
    )
    while True:
        try:
            await folder.look()
        except Exception as error:  # noqa: BLE001 - no act may be missed: it is tried again
            _log.error("key_acts_not_recorded", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_KEY_ACTS_SECONDS)


def _keys_of_seals(house: House) -> dict[str, KeyOfSeal]:
    return {
        name: (each.key, sha256(each.certificates[0]).hexdigest())
        for name, each in house.policies.current.seals.items()
    }


async def follow_others(house: House) -> None:
    """Where nodes share a database, know each second what the others have written.

    A node that seals finds out with each transaction; one that has nothing to do would still show
    freezes and records of long ago.
    """
    while house.lane.is_shared:
        try:
            await house.lane.write(lambda _unit: None)
        except Problem as problem:
            _log.error("others_not_followed", error=problem.detail)
        await asyncio.sleep(_OTHERS_SECONDS)


async def forget_daily(house: House) -> None:
    """Once a day, forget what is over (decisions, approvals, events, jobs), and erase content."""
    kept = timedelta(days=house.config.policies.history_days)
    approvals_kept = timedelta(days=house.config.policies.approvals_days)
    events_kept = timedelta(days=house.config.returns.events_days)
    while True:
        try:
            now = house.clock.now()
            gone = await forget(house.lane, before=now - kept)
            ended = await prune(house.lane, house.audit, before=now - approvals_kept, at=now)
            told = await forget_events(house.lane, before=now - events_kept)
            jobs = await forget_cancelled(house.lane)
            await house.sweeper.sweep()
            if gone or ended or told or jobs:
                _log.info("forgotten", decisions=gone, approvals=ended, events=told, jobs=jobs)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.error("not_forgotten", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_DAY_SECONDS)


async def sweep_hourly(house: House) -> None:
    """Once an hour, delete the inputs of batches that nobody wants any more."""
    kept_for = timedelta(days=house.config.batches.failed_inputs_days)
    while True:
        try:
            await sweep_inputs(house.lane, house.content, clock=house.clock, kept_for=kept_for)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.error("inputs_not_deleted", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_HOUR_SECONDS)
