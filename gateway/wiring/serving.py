"""The composition root: the gateway joined, served until it is told to stop, and taken apart."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from gateway import __version__
from gateway.audit.record import Record
from gateway.backup.restored_note import forget, recorded
from gateway.batches.receipts.press import ReceiptPress
from gateway.config import Config
from gateway.feeds.owing import OwedResults
from gateway.jobs.crew import Crew
from gateway.signing.service import SigningService
from gateway.store.rows.networks import forget_comparisons
from gateway.wiring.house import House, open_house
from gateway.wiring.joining import api_of, signing_service
from gateway.wiring.machine.collector import spare_the_collector
from gateway.wiring.machine.listening import listen
from gateway.wiring.rooms.batching import batch_room
from gateway.wiring.rooms.returning import Returns, ToldTargets, open_returns
from gateway.wiring.rooms.waiting import pauses, watch_backlog, watch_room
from gateway.wiring.rooms.working import begin_batches, job_runner
from gateway.wiring.watch.presence import tell_absence, tell_presence
from gateway.wiring.watch.vital_signs import watch_loop, watch_machine, watch_readiness
from gateway.wiring.watch.watching import (
    follow_others,
    forget_daily,
    renew_signers,
    sweep_hourly,
    watch_freezes,
    watch_key_acts,
    watch_policies,
)
from processes.child import Child
from processes.keeper import OrderedSigner
from processes.notifying import keep_telling_that_we_live, notify

if TYPE_CHECKING:
    from gateway.wiring.rooms.bridging import Bridging
    from gateway.wiring.rooms.enveloping import EnvelopeRoom

_log = structlog.get_logger("gateway")


async def serve(
    config: Config,
    signer_sources: Sequence[OrderedSigner],
    *,
    confined: bool,
    start_worker: Callable[[], Child],
) -> None:
    """Join everything, serve until TERM or INT, and take it apart in the reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        house = await open_house(config, signer_sources, start_worker, stack)
        returns = await open_returns(house, _told(config), stack, paused=pauses(house))
        signing_receipts = signing_service(house, press=ReceiptPress())
        bridging = await _bridging(house, stack, signing_receipts, returns)
        before = begin_batches(house, returns.outbox, stack, signing_receipts)
        signing = signing_service(house, before.results, returns.releasing)
        owing = OwedResults(in_force=lambda: house.policies.current, clock=house.clock)
        room = batch_room(before, signing, owing, sealed=house.metrics.count_sealed)
        envelopes = await _envelopes(house, bridging, signing, stack)
        crews = () if bridging is None or envelopes is None else _crews(house, bridging, envelopes)
        runner = job_runner(house, room, callers=lambda: api.callers, further=crews)
        service = None if envelopes is None else envelopes.service
        hears = None if envelopes is None else envelopes.waking
        api = api_of(house, signing, room, runner, returns, envelopes=service, hears=hears)
        await _record_start(house)
        stack.push_async_callback(_record_stop, house)
        stack.push_async_callback(tell_absence, house)
        stack.push_async_callback(signing.drain)
        stack.push_async_callback(signing_receipts.drain)
        await returns.go_on()
        await stack.enter_async_context(returns.delivering)
        await stack.enter_async_context(runner)
        await room.queueing.go_on_with_all(before.ground.batches)
        stack.callback(room.queueing.stop)
        watching = asyncio.create_task(room.queueing.watch(before.ground.batches), name="batches")
        stack.callback(watching.cancel)
        if config.connectors is not None:
            # What speaks to queues and servers takes its time to load, and few need it.
            from gateway.wiring.rooms.feeding import start_feeds  # noqa: PLC0415

            await start_feeds(house, before.ground, room, owing, stack)
        if bridging is not None:
            bridging.start(house, stack)
        # Each by itself: what is to stop must not wait until large policies are loaded.
        for duty in (
            watch_policies,
            watch_freezes,
            watch_key_acts,
            follow_others,
            forget_daily,
            renew_signers,
            sweep_hourly,
            watch_room,
            watch_backlog,
            watch_loop,
            watch_machine,
            tell_presence,
        ):
            stack.callback(asyncio.create_task(duty(house), name=duty.__name__).cancel)
        asking = asyncio.create_task(watch_readiness(house, api.readiness), name="readiness")
        stack.callback(asking.cancel)
        stack.callback(asyncio.create_task(room.receipts.work(), name="receipts").cancel)
        url = await listen(api, config, stack)
        stack.callback(room.progress.stop)
        spare_the_collector()
        living = asyncio.create_task(keep_telling_that_we_live(), name="watchdog")
        stack.callback(living.cancel)
        notify("READY=1")
        _log.info(
            "ready",
            url=url,
            version=__version__,
            confined=confined,
            workers=len(house.pool.pids),
            worker_restrictions=house.pool.restrictions,
            bundle=house.policies.current.bundle.digest,
        )
        await _until_told_to_stop()
        notify("STOPPING=1")
        _log.info("stopping")


def _told(config: Config) -> ToldTargets:
    if config.connectors is None:
        return ToldTargets()
    # As with feeds.
    from gateway.declarations.library import load_declarations  # noqa: PLC0415

    declared = load_declarations(config.connectors)
    return ToldTargets(webhooks=declared.webhooks, returns=declared.returns)


async def _bridging(
    house: House,
    stack: contextlib.AsyncExitStack,
    signing_cards: SigningService,
    returns: Returns,
) -> "Bridging | None":
    if house.config.bridge is None:
        return None
    # As with feeds.
    from gateway.wiring.rooms.bridging import open_bridges  # noqa: PLC0415

    return await open_bridges(house, house.config.bridge, stack, signing_cards, returns.outbox)


async def _envelopes(
    house: House,
    bridging: "Bridging | None",
    signing: SigningService,
    stack: contextlib.AsyncExitStack,
) -> "EnvelopeRoom | None":
    if bridging is None:
        return None
    # As with feeds.
    from gateway.wiring.rooms.enveloping import open_envelopes  # noqa: PLC0415

    return await open_envelopes(house, bridging, signing, stack)


def _crews(house: House, bridging: "Bridging", envelopes: "EnvelopeRoom") -> tuple[Crew, ...]:
    from gateway.wiring.rooms.bridging import envelope_crew  # noqa: PLC0415 - as with feeds

    return (envelope_crew(house, envelopes.advancing, bridging.bridges),)


async def _record_start(house: House) -> None:
    """Record it, and that it is the first after a restore: then what was sent must be found out."""
    restored = recorded(house.config.state_directory)
    if restored:
        await house.lane.write(forget_comparisons)
    content = {"version": __version__, **house.policies.recorded(), **restored}
    await house.audit.record(Record(kind="start", at=house.clock.now(), content=content))
    forget(house.config.state_directory)


async def _record_stop(house: House) -> None:
    content = {"version": __version__, "bundle": house.policies.current.bundle.digest}
    await house.audit.record(Record(kind="stop", at=house.clock.now(), content=content))


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
