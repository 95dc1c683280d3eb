"""The composition root: everything that the gateway process is made of, joined and taken apart."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from gateway import __version__
from gateway.approvals.hearing import Hearing
from gateway.approvals.knowing import ApprovalsKnown
from gateway.approvals.once import ApprovalGuard
from gateway.approvals.waiting import WaitingUses
from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.bundles.copies import BundleCopies
from gateway.clock import Clock, SystemClock
from gateway.config import Config, TLSConfig
from gateway.desk.asking import Desk
from gateway.documents.pool import WorkerLimits, WorkerPool
from gateway.history.keeping import DecisionHistory, forget
from gateway.http.app import API
from gateway.http.approvals import Approvals
from gateway.http.authentication import Authenticator
from gateway.http.in_force import PoliciesInForce
from gateway.http.metrics import Metrics
from gateway.http.nonces import NonceBook
from gateway.http.policies import Policies as PolicyDesk
from gateway.http.readiness import Readiness
from gateway.http.routes import Route
from gateway.http.stops import Stops
from gateway.http.verification_keys import VerificationKeys
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.counting import CountersKnown
from gateway.signing.guard import AllKnown, Guards, Surroundings
from gateway.signing.limits import LimitGuard
from gateway.signing.service import SigningService
from gateway.stops.book import StopBook
from gateway.stops.folder import StopFolder
from gateway.stops.guard import StopGuard
from gateway.stops.room import StopRoom
from gateway.store.approvals import ApprovalReader
from gateway.store.charges import SlotBook
from gateway.store.content import ContentStore, prove_room
from gateway.store.database import open_reader, open_writer
from gateway.store.documents import DocumentReader, live_nonces, segment_ends
from gateway.store.errors import StoreProblem
from gateway.store.lane import Transaction, WriterLane
from gateway.store.migrating import migrate
from gateway.wiring.bundle_policies import BundlePolicies
from gateway.wiring.collector import spare_the_collector
from gateway.wiring.lookout import Lookout
from gateway.wiring.policies import DirectoryPolicies, Policies
from hsm.client import SignerClient
from processes.child import Child
from processes.keeper import KeptSigner

_SHUTDOWN_SECONDS = 20.0
_DAY_SECONDS = 24 * 3600.0
_STOPS_SECONDS = 1.0
_LONGEST_POLICY_LOOK_SECONDS = 60.0
_LONGEST_STOPS_LOOK_SECONDS = 10.0

_log = structlog.get_logger("gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """What everything else is joined to; all of it runs.

    `nonces` are those that a replay could still use.
    """

    config: Config
    clock: SystemClock
    metrics: Metrics
    signer: SignerClient
    pool: WorkerPool
    lane: WriterLane
    reader: DocumentReader
    approvals: ApprovalReader
    audit: AuditLog
    archive: Archive
    policies: Policies
    nonces: NonceBook
    slots: SlotBook
    stops: StopRoom
    stop_folder: StopFolder
    policy_looks: Lookout
    stop_looks: Lookout


async def serve(
    config: Config,
    signer_source: KeptSigner,
    *,
    confined: bool,
    start_worker: Callable[[], Child],
) -> None:
    """Join everything, serve until TERM or INT, and take it apart in the reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        house = await _open(config, signer_source, start_worker, stack)
        signing = _signing(house)
        api = _api(house, signing)
        await house.audit.record(_started(house))
        stack.push_async_callback(_record_stop, house)
        stack.push_async_callback(signing.drain)
        watching = asyncio.create_task(_watch(house), name="policies")
        stack.callback(watching.cancel)
        forgetting = asyncio.create_task(_forget(house), name="history")
        stack.callback(forgetting.cancel)
        # By itself: what is to stop must not wait until large policies are loaded.
        watching_stops = asyncio.create_task(_watch_stops(house), name="stops")
        stack.callback(watching_stops.cancel)
        url = await _listen(api, config, stack)
        spare_the_collector()
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
        _log.info("stopping")


async def _open(
    config: Config,
    signer_source: KeptSigner,
    start_worker: Callable[[], Child],
    stack: contextlib.AsyncExitStack,
) -> _House:
    """Start signer and workers, open the store, and bring the policies into force."""
    clock = SystemClock()
    metrics = Metrics()
    content = ContentStore(config.documents_directory, clock=clock)
    signer = _signer(config, signer_source)
    pool = WorkerPool(
        WorkerLimits.of(config.documents),
        start_worker=start_worker,
        tell_doubt=lambda doubt: metrics.second_way.labels(doubt).inc(),
    )
    writer = open_writer(config.database)
    migrate(writer)
    lane = WriterLane(writer, content)
    reader = DocumentReader(open_reader(config.database))
    approvals = ApprovalReader(open_reader(config.database))
    audit = _audit_log(config, lane, signer)
    stack.push_async_callback(asyncio.to_thread, writer.dispose)
    # Both take a second, mostly of starting Python; they do not need each other.
    await asyncio.gather(stack.enter_async_context(signer), stack.enter_async_context(pool))
    await stack.enter_async_context(lane)
    stack.push_async_callback(reader.close)
    stack.callback(approvals.close)
    await stack.enter_async_context(audit)
    policies = await _policies(config, signer=signer, lane=lane, audit=audit, clock=clock)
    pool.make_ready(policies.current.seals.values())
    stops = StopRoom(
        book=StopBook(), lane=lane, audit=audit, in_force=lambda: policies.current, clock=clock
    )
    return _House(
        config=config,
        clock=clock,
        metrics=metrics,
        signer=signer,
        pool=pool,
        lane=lane,
        reader=reader,
        approvals=approvals,
        audit=audit,
        archive=Archive(reader=reader, content=content),
        policies=policies,
        nonces=await lane.write(lambda unit: _recover(unit, content, stops, clock.now())),
        slots=SlotBook(),
        stops=stops,
        stop_folder=StopFolder(config.policies.place, stops),
        policy_looks=Lookout(
            "the policies", patience_seconds=_LONGEST_POLICY_LOOK_SECONDS, clock=clock
        ),
        stop_looks=Lookout(
            "freezes by file", patience_seconds=_LONGEST_STOPS_LOOK_SECONDS, clock=clock
        ),
    )


def _signer(config: Config, source: KeptSigner) -> SignerClient:
    hsm = config.hsm
    return SignerClient(source, deadline_seconds=hsm.deadline_seconds, restart=hsm.restart)


def _audit_log(config: Config, lane: WriterLane, signer: SignerClient) -> AuditLog:
    return AuditLog(
        lane=lane,
        key=LogKey.parse(config.log_key_file.read_text(encoding="utf-8")),
        signer=signer,
        checkpoint_file=config.checkpoint_file,
    )


async def _policies(
    config: Config, *, signer: SignerClient, lane: WriterLane, audit: AuditLog, clock: Clock
) -> Policies:
    if config.policies.directory is not None:
        return DirectoryPolicies.of(
            config.policies.directory, signer=signer, audit=audit, clock=clock
        )
    bundles, root = config.policies.bundles, config.policies.root
    if bundles is None or root is None:
        raise ValueError("the configuration names neither a directory nor bundles")
    return await BundlePolicies.of(
        bundles,
        root=root,
        keys=lambda: signer.keys,
        copies=BundleCopies(config.bundle_copies),
        lane=lane,
        audit=audit,
        clock=clock,
    )


def _surroundings(house: _House) -> Surroundings:
    """What stands around the signing cycle: each room that guards, knows or keeps has a line."""
    approvals_known = ApprovalsKnown(
        in_force=lambda: house.policies.current,
        approvals=house.approvals,
        documents=house.reader,
        audit=house.audit,
        lane=house.lane,
    )
    return Surroundings(
        guards=Guards((StopGuard(house.stops.book), LimitGuard(house.slots), ApprovalGuard())),
        knowing=AllKnown((approvals_known, CountersKnown(book=house.slots, lane=house.lane))),
        waiting_room=WaitingUses(audit=house.audit, in_force=lambda: house.policies.current),
        history=DecisionHistory(),
    )


def _signing(house: _House) -> SigningService:
    return SigningService(
        in_force=lambda: house.policies.current,
        press=house.pool,
        signer=house.signer,
        audit=house.audit,
        lane=house.lane,
        reader=house.reader,
        archive=house.archive,
        clock=house.clock,
        clock_guard=ClockGuard(house.audit.newest),
        surroundings=_surroundings(house),
    )


def _api(house: _House, signing: SigningService) -> API:
    config = house.config
    return API(
        signing=signing,
        archive=house.archive,
        authenticator=Authenticator(
            in_force=lambda: house.policies.current,
            keys=VerificationKeys(config.policies.secrets, clock=house.clock),
            external_url=config.http.external_url,
            skew=timedelta(seconds=config.http.signature_skew_seconds),
            nonces=house.nonces,
            clock=house.clock,
        ),
        readiness=Readiness(
            {
                "signer": house.audit.prove_signer,
                "store": lambda: house.lane.write(lambda unit: _write_something(unit, house.slots)),
                "workers": house.pool.prove_ready,
                "disk": lambda: asyncio.to_thread(prove_room, config.state_directory),
                "policies": house.policies.prove,
                "policy-looks": house.policy_looks.prove,
                "stop-looks": house.stop_looks.prove,
            },
            clock=house.clock,
        ),
        metrics=house.metrics,
        gauges=lambda _metrics: _measure(house),
        clock=house.clock,
        max_document_bytes=config.http.max_document_bytes,
        max_requests_at_once=config.http.max_requests_at_once,
        further=_further_routes(house),
        policies=house.policies.told,
    )


def _further_routes(house: _House) -> tuple[Route, ...]:
    """Those of the rooms around the signing cycle."""
    hearing = Hearing(
        in_force=lambda: house.policies.current,
        approvals=house.approvals,
        audit=house.audit,
        lane=house.lane,
    )
    return (
        *Approvals(hearing, clock=house.clock).routes(),
        *Stops(house.stops).routes(),
        *PoliciesInForce(house.policies.standing).routes(),
        *_desk(house),
    )


async def _listen(api: API, config: Config, stack: contextlib.AsyncExitStack) -> str:
    """Open the port; gives the URL."""
    runner = web.AppRunner(api.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(
        runner,
        config.http.host,
        config.http.port,
        ssl_context=_tls(config.http.tls),
        backlog=1024,
    )
    await site.start()
    return _url(config, runner)


def _recover(unit: Transaction, content: ContentStore, stops: StopRoom, now: datetime) -> NonceBook:
    """After a stop of any kind: what the gateway must know again, and what must not lie about."""
    content.recover(segment_ends(unit.connection))
    stops.book.load(unit.connection)
    return NonceBook(live_nonces(unit.connection, now=now.timestamp()))


def _started(house: _House) -> Record:
    content = {"version": __version__, **house.policies.recorded()}
    return Record(kind="start", at=house.clock.now(), content=content)


async def _record_stop(house: _House) -> None:
    content = {"version": __version__, "bundle": house.policies.current.bundle.digest}
    await house.audit.record(Record(kind="stop", at=house.clock.now(), content=content))


async def _watch(house: _House) -> None:
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
        except Exception as error:  # noqa: BLE001 - a freeze must not be missed: it is tried again
            house.policies.not_refreshed(error)


def _desk(house: _House) -> tuple[Route, ...]:
    """What officers may ask of policies; with bundle files they ask on their own machines."""
    config = house.config
    if config.policies.directory is None:
        return ()
    desk = Desk(policies=config.policies.directory, database=config.database)
    return PolicyDesk(desk, clock=house.clock).routes()


async def _watch_stops(house: _House) -> None:
    while True:
        try:
            with house.stop_looks.look():
                await house.stop_folder.look()
        except Exception as error:  # noqa: BLE001 - a freeze must not be missed: it is tried again
            _log.error("stops_not_read", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_STOPS_SECONDS)


async def _refresh(house: _House) -> None:
    if await house.policies.refresh():
        house.pool.make_ready(house.policies.current.seals.values())


async def _forget(house: _House) -> None:
    """Once a day, forget the decisions whose time is over."""
    kept = timedelta(days=house.config.policies.history_days)
    while True:
        try:
            gone = await forget(house.lane, before=house.clock.now() - kept)
            if gone:
                _log.info("decisions_forgotten", decisions=gone)
        except StoreProblem as problem:
            _log.error("decisions_not_forgotten", error=problem.detail)
        await asyncio.sleep(_DAY_SECONDS)


def _write_something(unit: Transaction, slots: SlotBook) -> None:
    """A unit of work that proves that the store commits: a row changes each time."""
    # Always the same slot, so that readiness leaves one row and not one a quarter of an hour.
    slots.add(unit, "ready:", 0)


def _measure(house: _House) -> None:
    metrics, audit = house.metrics, house.audit
    metrics.audit_records.set(audit.size)
    metrics.audit_unsigned.set(audit.size - audit.signed_size)
    metrics.signer_restarts.set(house.signer.restarts)
    metrics.worker_restarts.set(house.pool.restarts)
    metrics.set_stops(stop.scope.kind for stop in house.stops.book.live)
    metrics.stop_files_refused.set(len(house.stop_folder.refused))
    metrics.set_looks(policies=house.policy_looks.age_seconds, stops=house.stop_looks.age_seconds)
    metrics.policies_refused.set(0 if house.policies.refused is None else 1)


def _url(config: Config, runner: web.AppRunner) -> str:
    host, port, *_ = runner.addresses[0]  # the port that was taken, where 0 was asked for
    return f"{'http' if config.http.tls is None else 'https'}://{host}:{port}"


def _tls(config: TLSConfig | None) -> ssl.SSLContext | None:
    if config is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config.certificate, config.key)
    if config.client_ca is not None:
        # Optional, because a request may be signed instead; the API decides what is enough.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(config.client_ca)
    return context


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
