"""What the gateway process is made of: opened in order, taken apart in the reverse."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.token_key import prove_of_token
from gateway.batches.inputs import SHELF as INPUTS
from gateway.bundles.copies import BundleCopies
from gateway.clock import Clock, SystemClock
from gateway.config import Config
from gateway.documents.pool import WorkerLimits, WorkerPool
from gateway.freezes.book import FreezeBook
from gateway.freezes.folder import FreezeFolder
from gateway.freezes.service import FreezeService
from gateway.http.callers.nonces import NonceBook
from gateway.http.operation.metrics import Metrics
from gateway.jobs.admission import Admission
from gateway.jobs.figures import JobFigures
from gateway.jobs.queue import DatabaseQueue
from gateway.retention.sweeping import Sweeper
from gateway.signing.archive import Archive
from gateway.store.acknowledged import acknowledged_ends
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.notices import Notices
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.files.content import ContentStore
from gateway.store.files.reserve import Reserve
from gateway.store.migrating import migrate
from gateway.store.open import database_of
from gateway.store.rows.approvals import ApprovalReader
from gateway.store.rows.charges import SlotBook
from gateway.store.rows.documents import DocumentReader, live_nonces
from gateway.wiring.admitting import admission_of, figures_of, queue_of
from gateway.wiring.machine.signers import open_signer
from gateway.wiring.policies.bundles import BundlePolicies
from gateway.wiring.policies.directory import DirectoryPolicies, Policies
from gateway.wiring.policies.lookout import Lookout
from hsm.interfaces import Signer
from processes.child import Child
from processes.keeper import OrderedSigner

if TYPE_CHECKING:
    from hsm.client import SignerClient
    from hsm.replicas.replicas import ReplicatedSigner

_LONGEST_POLICY_LOOK_SECONDS = 60.0
_LONGEST_FREEZES_LOOK_SECONDS = 10.0
_LONGEST_MACHINE_LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What everything else is joined to; all of it runs.

    `nonces` are those that a replay could still use.
    """

    config: Config
    clock: SystemClock
    metrics: Metrics
    signer: "SignerClient | ReplicatedSigner"
    pool: WorkerPool
    lane: WriterLane
    content: ContentStore
    queue: DatabaseQueue
    readers: Engine
    reader: DocumentReader
    approvals: ApprovalReader
    audit: AuditLog
    archive: Archive
    policies: Policies
    nonces: NonceBook
    slots: SlotBook
    freezes: FreezeService
    freeze_folder: FreezeFolder
    policy_looks: Lookout
    freeze_looks: Lookout
    machine_looks: Lookout
    sweeper: Sweeper
    admission: Admission
    reserve: Reserve
    job_figures: JobFigures

    async def prove_store(self) -> None:
        """Prove that the store commits.

        Raises:
            StoreProblem: it does not.
        """
        # Always the same slot, so that this leaves one row and not one a quarter of an hour.
        await self.lane.write(lambda unit: self.slots.add(unit, "ready:", 0))


async def open_house(
    config: Config,
    signer_sources: Sequence[OrderedSigner],
    start_worker: Callable[[], Child],
    stack: contextlib.AsyncExitStack,
) -> House:
    """Start signer and workers, open the store, and bring the policies into force."""
    clock = SystemClock()
    metrics = Metrics()
    metrics.vital.name(config.audit.origin)
    database = database_of(config)
    content = ContentStore(config.documents_directory, clock=clock, node=_node(config))
    signer = open_signer(config.hsm, signer_sources)
    pool = WorkerPool(
        WorkerLimits.of(config.documents),
        start_worker=start_worker,
        tell_doubt=lambda doubt: metrics.second_way.labels(doubt).inc(),
    )
    writer = database.open_writer()
    migrate(writer)
    lane = WriterLane(writer, content, node=config.store.node)
    readers = database.open_reader()
    reader = DocumentReader(readers)
    approvals = ApprovalReader(readers)
    log_key = LogKey.parse(config.log_key_file.read_text(encoding="utf-8"))
    audit = AuditLog(lane=lane, key=log_key, signer=signer, checkpoint_file=config.checkpoint_file)
    stack.push_async_callback(asyncio.to_thread, writer.dispose)
    # Both take a second, mostly of starting Python; they do not need each other.
    await asyncio.gather(stack.enter_async_context(signer), stack.enter_async_context(pool))
    # Whatever was put back here: what no tree head would cover is not sealed.
    prove_of_token(log_key, signer.keys, hsm=config.hsm, origin=config.audit.origin)
    await stack.enter_async_context(lane)
    stack.callback(readers.dispose)
    stack.push_async_callback(reader.close)
    stack.callback(approvals.close)
    await stack.enter_async_context(audit)
    # At once: other nodes append while we bring policies into force, which is a record as well.
    lane.add_follower(audit)
    queue = queue_of(
        config.jobs,
        lane=lane,
        clock=clock,
        node=config.store.node,
        is_alone=config.store.url is None,
    )
    if isinstance(database, PostgreSQL):
        await stack.enter_async_context(Notices(database, queue.hint))
    policies = await _policies(config, signer=signer, lane=lane, audit=audit, clock=clock)
    pool.make_ready(policies.current.seals.values())
    freezes = FreezeService(
        book=FreezeBook(), lane=lane, audit=audit, in_force=lambda: policies.current, clock=clock
    )
    reserve = Reserve(
        config.state_directory,
        least_free=config.jobs.least_free_bytes,
        size=config.jobs.reserve_bytes,
    )
    slots = SlotBook()
    nonces = await lane.write(lambda unit: _recover(unit, content, freezes, at=clock.now()))
    # Whoever held these leases was this process before.
    await lane.write(queue.take_back if config.store.url is None else queue.take_back_own)
    for follower in (slots, freezes.book):
        lane.add_follower(follower)
    return House(
        config=config,
        clock=clock,
        metrics=metrics,
        signer=signer,
        pool=pool,
        lane=lane,
        content=content,
        queue=queue,
        readers=readers,
        reader=reader,
        approvals=approvals,
        audit=audit,
        archive=Archive(reader=reader, content=content),
        policies=policies,
        nonces=nonces,
        slots=slots,
        freezes=freezes,
        freeze_folder=FreezeFolder(config.policies.place, freezes),
        policy_looks=Lookout(
            "the policies", patience_seconds=_LONGEST_POLICY_LOOK_SECONDS, clock=clock
        ),
        freeze_looks=Lookout(
            "freezes by file", patience_seconds=_LONGEST_FREEZES_LOOK_SECONDS, clock=clock
        ),
        machine_looks=Lookout(
            "the machine", patience_seconds=_LONGEST_MACHINE_LOOK_SECONDS, clock=clock
        ),
        admission=admission_of(config.jobs, reserve=reserve, reader=readers),
        reserve=reserve,
        job_figures=figures_of(readers),
        sweeper=Sweeper(
            lane=lane,
            audit=audit,
            content=content,
            in_force=lambda: policies.current,
            clock=clock,
        ),
    )


def _node(config: Config) -> str:
    """Whose segments are whose, where several nodes keep documents in one directory."""
    return "" if config.store.url is None else config.store.node


async def _policies(
    config: Config, *, signer: Signer, lane: WriterLane, audit: AuditLog, clock: Clock
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


def _recover(
    unit: Transaction,
    content: ContentStore,
    freezes: FreezeService,
    *,
    at: datetime,
) -> NonceBook:
    """After a stop of any kind: what the gateway must know again, and what must not lie about."""
    connection = unit.connection
    content.recover(acknowledged_ends(connection), passing=(INPUTS,))
    freezes.book.load(connection)
    return NonceBook(live_nonces(connection, now=at.timestamp()))
