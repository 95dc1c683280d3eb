"""The composition root: everything that the gateway process is made of, joined and taken apart."""

import asyncio
import contextlib
import gc
import signal
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from gateway import __version__
from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.clock import SystemClock
from gateway.config import Config, TLSConfig
from gateway.documents.pool import WorkerLimits, WorkerPool
from gateway.http.app import API
from gateway.http.authentication import Authenticator
from gateway.http.metrics import Metrics
from gateway.http.nonces import NonceBook
from gateway.http.readiness import Readiness
from gateway.http.verification_keys import VerificationKeys
from gateway.seals.in_force import InForce, PolicySource, bring_into_force
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.service import SigningService
from gateway.store.content import ContentStore, prove_room
from gateway.store.database import open_reader, open_writer
from gateway.store.documents import DocumentReader, add_charge, live_nonces, segment_ends
from gateway.store.lane import Transaction, WriterLane
from gateway.store.migrating import migrate
from hsm.client import SignerClient
from processes.child import Child
from processes.keeper import KeptSigner

_SHUTDOWN_SECONDS = 20.0

_log = structlog.get_logger("gateway")


async def serve(
    config: Config,
    signer_source: KeptSigner,
    *,
    confined: bool,
    start_worker: Callable[[], Child],
) -> None:
    """Join everything, serve until TERM or INT, and take it apart in the reverse order."""
    clock = SystemClock()
    metrics = Metrics()
    content = ContentStore(config.documents_directory, clock=clock)
    signer = SignerClient(
        signer_source,
        deadline_seconds=config.hsm.deadline_seconds,
        restart=config.hsm.restart,
    )
    pool = WorkerPool(
        WorkerLimits.of(config.documents),
        start_worker=start_worker,
        tell_doubt=lambda doubt: metrics.second_way.labels(doubt).inc(),
    )
    writer = open_writer(config.database)
    migrate(writer)
    lane = WriterLane(writer, content)
    reader = DocumentReader(open_reader(config.database))
    audit = AuditLog(
        lane=lane,
        key=LogKey.parse(config.log_key_file.read_text(encoding="utf-8")),
        signer=signer,
        checkpoint_file=config.checkpoint_file,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, writer.dispose)
        # Both take a second, mostly of starting Python; they do not need each other.
        await asyncio.gather(stack.enter_async_context(signer), stack.enter_async_context(pool))
        await stack.enter_async_context(lane)
        stack.push_async_callback(reader.close)
        await stack.enter_async_context(audit)
        policies = PolicySource(
            config.policies.directory,
            keys=lambda: signer.keys,
            first=bring_into_force(config.policies.directory, keys=signer.keys),
        )
        pool.make_ready(policies.current.seals.values())
        nonces = await lane.write(lambda unit: _recover(unit, content, clock.now()))
        archive = Archive(reader=reader, content=content)
        signing = SigningService(
            in_force=lambda: policies.current,
            press=pool,
            signer=signer,
            audit=audit,
            lane=lane,
            reader=reader,
            archive=archive,
            clock=clock,
            clock_guard=ClockGuard(audit.newest),
        )
        authenticator = Authenticator(
            in_force=lambda: policies.current,
            keys=VerificationKeys(config.policies.directory, clock=clock),
            external_url=config.http.external_url,
            skew=timedelta(seconds=config.http.signature_skew_seconds),
            nonces=nonces,
            clock=clock,
        )
        api = API(
            signing=signing,
            archive=archive,
            authenticator=authenticator,
            readiness=Readiness(
                {
                    "signer": audit.prove_signer,
                    "store": lambda: lane.write(_write_something),
                    "workers": pool.prove_ready,
                    "disk": lambda: asyncio.to_thread(prove_room, config.state_directory),
                },
                clock=clock,
            ),
            metrics=metrics,
            gauges=lambda all_: _measure(all_, audit, signer, pool, policies),
            clock=clock,
            max_document_bytes=config.http.max_document_bytes,
            max_requests_at_once=config.http.max_requests_at_once,
        )
        await audit.record(_started(policies.current, clock.now()))
        stack.push_async_callback(_record_stop, audit, clock)
        stack.push_async_callback(signing.drain)
        watching = asyncio.create_task(
            _watch(policies, pool, audit, clock, config), name="policies"
        )
        stack.callback(watching.cancel)
        runner = web.AppRunner(
            api.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
        )
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
        _spare_the_collector()
        _log.info(
            "ready",
            url=_url(config, runner),
            version=__version__,
            confined=confined,
            workers=len(pool.pids),
            worker_restrictions=pool.restrictions,
            bundle=policies.current.bundle.digest,
        )
        await _until_told_to_stop()
        _log.info("stopping")


def _spare_the_collector() -> None:
    """Leave what was loaded out of every later garbage collection, and collect less often.

    A request leaves few cycles behind, and a collection looks at all that lives.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _recover(unit: Transaction, content: ContentStore, now: datetime) -> NonceBook:
    """After a stop of any kind: what the gateway must know again, and what must not lie about."""
    content.recover(segment_ends(unit.connection))
    return NonceBook(live_nonces(unit.connection, now=now.timestamp()))


def _started(in_force: InForce, now: datetime) -> Record:
    return Record(
        kind="start", at=now, content={"version": __version__, **_what_is_in_force(in_force)}
    )


def _what_is_in_force(in_force: InForce) -> dict[str, object]:
    return {
        "bundle": in_force.bundle.digest,
        "seals": {
            seal.id: {"key": seal.key, "mechanism": seal.mechanism, "material": seal.fingerprint}
            for seal in in_force.seals.values()
        },
    }


async def _record_stop(audit: AuditLog, clock: SystemClock) -> None:
    await audit.record(Record(kind="stop", at=clock.now(), content={"version": __version__}))


async def _watch(
    policies: PolicySource,
    pool: WorkerPool,
    audit: AuditLog,
    clock: SystemClock,
    config: Config,
) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told.set)
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(config.policies.refresh_seconds):
                await told.wait()
        told.clear()
        try:
            await _refresh(policies, pool, audit, clock)
        except Exception as error:  # noqa: BLE001 - a freeze must not be missed: it is tried again
            policies.refused = f"the policies could not be read or recorded: {error}"
            _log.error("policies_not_refreshed", error=str(error), kind=type(error).__name__)


async def _refresh(
    policies: PolicySource, pool: WorkerPool, audit: AuditLog, clock: SystemClock
) -> None:
    found = await asyncio.to_thread(policies.look)
    if found is None:
        return
    content = {
        "previous_bundle": policies.current.bundle.digest,
        **_what_is_in_force(found),
    }
    await audit.record(Record(kind="policy", at=clock.now(), content=content))
    policies.put_in_force(found)
    pool.make_ready(found.seals.values())


def _write_something(unit: Transaction) -> None:
    """A unit of work that proves that the store commits: a row changes each time."""
    add_charge(unit, "readiness", "-")


def _measure(
    metrics: Metrics,
    audit: AuditLog,
    signer: SignerClient,
    pool: WorkerPool,
    policies: PolicySource,
) -> None:
    metrics.audit_records.set(audit.size)
    metrics.audit_unsigned.set(audit.size - audit.signed_size)
    metrics.signer_restarts.set(signer.restarts)
    metrics.worker_restarts.set(pool.restarts)
    metrics.policies_refused.set(0 if policies.refused is None else 1)


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
