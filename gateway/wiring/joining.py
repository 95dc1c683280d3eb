"""The rooms of a house joined: the signing cycle, what stands around it, and the HTTP API."""

import asyncio
from datetime import timedelta

from gateway.approvals.gathering import ApprovalsKnown
from gateway.approvals.guard import ApprovalGuard
from gateway.approvals.interfaces import Hears
from gateway.approvals.review import ApprovalReview
from gateway.approvals.waiting import WaitingUses
from gateway.desk.asking import Desk
from gateway.documents.interfaces import DocumentPress
from gateway.envelopes.interfaces import Envelopes
from gateway.freezes.guard import FreezeGuard
from gateway.history.keeping import DecisionHistory
from gateway.http.app import API
from gateway.http.approvals.handlers import Approvals
from gateway.http.batches.handlers import Batches
from gateway.http.batches.streams import BatchStreams
from gateway.http.batches.submission import BatchSubmission
from gateway.http.callers.authentication import Authenticator
from gateway.http.callers.verification_keys import VerificationKeys
from gateway.http.envelopes.handlers import EnvelopeRoutes
from gateway.http.envelopes.submission import EnvelopeSubmission
from gateway.http.errors import EnvelopeTooLargeProblem
from gateway.http.events import Events
from gateway.http.freezes import Freezes
from gateway.http.holds import Holds
from gateway.http.in_force import PoliciesInForce
from gateway.http.operation.metrics import Metrics
from gateway.http.operation.readiness import Readiness
from gateway.http.policies import PolicyQuestions
from gateway.http.reading.uploads import Uploads
from gateway.http.routes import Route
from gateway.http.usage import Usage
from gateway.jobs.runner import JobRunner
from gateway.retention.holds import HoldBook
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.counting import CountersKnown
from gateway.signing.guard import AllKnown, AllReleasing, Guards, Releasing, Surroundings
from gateway.signing.limits import LimitGuard
from gateway.signing.service import SigningService
from gateway.store.files.content import prove_room
from gateway.store.open import database_of
from gateway.usage.counting import Told, UsageBook, UsageCount
from gateway.wiring.house import House
from gateway.wiring.machine.signers import measure_tokens, told_of_tokens
from gateway.wiring.rooms.batching import BatchRoom
from gateway.wiring.rooms.returning import Returns
from gateway.wiring.rooms.waiting import measure_jobs

_DOCUMENTS_OF_AN_ENVELOPE = 2
"""So many of the largest size that is taken, or more smaller ones, come in one request."""


def signing_service(
    house: House, *releasing: Releasing, press: DocumentPress | None = None
) -> SigningService:
    """The one way to the key.

    Args:
        house: all that it stands on.
        releasing: what goes with a release is written by these, too.
        press: for documents that are no PDF; by default the document workers.
    """
    return SigningService(
        in_force=lambda: house.policies.current,
        press=press or house.pool,
        signer=house.signer,
        audit=house.audit,
        lane=house.lane,
        reader=house.reader,
        archive=house.archive,
        clock=house.clock,
        clock_guard=ClockGuard(house.audit.newest),
        surroundings=_surroundings(house, releasing),
    )


def _surroundings(house: House, releasing: tuple[Releasing, ...]) -> Surroundings:
    """What stands around the signing cycle: each room that guards, knows or keeps has a line."""
    approvals_known = ApprovalsKnown(
        in_force=lambda: house.policies.current,
        approvals=house.approvals,
        documents=house.reader,
        audit=house.audit,
        lane=house.lane,
    )
    return Surroundings(
        guards=Guards((FreezeGuard(house.freezes.book), LimitGuard(house.slots), ApprovalGuard())),
        knowing=AllKnown((approvals_known, CountersKnown(book=house.slots, lane=house.lane))),
        waiting_room=WaitingUses(audit=house.audit, in_force=lambda: house.policies.current),
        history=DecisionHistory(),
        releasing=AllReleasing((*releasing, UsageBook(tell=_counted(house.metrics)))),
    )


def _counted(metrics: Metrics) -> Told:
    """Rows of usage as Prometheus has them: without day and department."""

    def tell(rows: list[UsageCount]) -> None:
        labels = [(company, *row) for _, company, _, *row, _, _ in rows]
        metrics.count_usage(labels, [row[-1] for row in rows])

    return tell


def api_of(
    house: House,
    signing: SigningService,
    room: BatchRoom,
    runner: JobRunner,
    returns: Returns,
    *,
    envelopes: Envelopes | None = None,
    hears: Hears | None = None,
) -> API:
    """What is served over HTTP; without `envelopes`, no network is configured.

    `hears` learns what people say of approvals.
    """
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
                "store": house.prove_store,
                "workers": house.pool.prove_ready,
                "disk": lambda: asyncio.to_thread(_prove_room, house),
                "policies": house.policies.prove,
                "policy-looks": house.policy_looks.prove,
                "freeze-looks": house.freeze_looks.prove,
            },
            clock=house.clock,
        ),
        metrics=house.metrics,
        gauges=lambda _metrics: _measure(house, runner, returns),
        clock=house.clock,
        max_document_bytes=config.http.max_document_bytes,
        max_requests_at_once=config.http.max_requests_at_once,
        further=_further_routes(house, room, returns, envelopes, hears),
        policies=told_of_tokens(house.signer, house.policies.told),
    )


def _further_routes(
    house: House,
    room: BatchRoom,
    returns: Returns,
    envelopes: Envelopes | None,
    hears: Hears | None,
) -> tuple[Route, ...]:
    """Those of the rooms around the signing cycle."""
    review = ApprovalReview(
        in_force=lambda: house.policies.current,
        approvals=house.approvals,
        audit=house.audit,
        lane=house.lane,
        hears=hears,
    )
    return (
        *Approvals(review, clock=house.clock).routes(),
        *Freezes(house.freezes).routes(),
        *Holds(
            HoldBook(
                lane=house.lane,
                audit=house.audit,
                in_force=lambda: house.policies.current,
                clock=house.clock,
            )
        ).routes(),
        *Events(returns.replays, returns.events, standing=returns.standing).routes(),
        *PoliciesInForce(house.policies.standing).routes(),
        *Usage(in_force=lambda: house.policies.current, reader=house.readers).routes(),
        *_desk(house),
        *_batches(house, room),
        *_envelopes(house, envelopes),
    )


def _batches(house: House, room: BatchRoom) -> tuple[Route, ...]:
    """Handing batches in, and asking for them."""
    config = house.config
    submission = BatchSubmission(
        room.service,
        uploads=Uploads(config.uploads_directory, most_bytes=config.http.max_batch_bytes),
        in_force=lambda: house.policies.current,
        most_document_bytes=config.http.max_document_bytes,
        stocks=room.stocks,
    )
    return (
        *submission.routes(),
        *Batches(room.service, progress=room.progress, receipts=room.receipts).routes(),
        *BatchStreams(room.service, progress=room.progress, archive=house.archive).routes(),
    )


def _envelopes(house: House, envelopes: Envelopes | None) -> tuple[Route, ...]:
    """Contracts with other companies; None: no network is configured."""
    http = house.config.http
    submission = EnvelopeSubmission(
        envelopes,
        uploads=Uploads(
            house.config.uploads_directory,
            most_bytes=_DOCUMENTS_OF_AN_ENVELOPE * http.max_document_bytes,
            too_large=EnvelopeTooLargeProblem,
        ),
        most_document_bytes=http.max_document_bytes,
    )
    routes = EnvelopeRoutes(envelopes, most_document_bytes=http.max_document_bytes)
    return (*submission.routes(), *routes.routes())


def _desk(house: House) -> tuple[Route, ...]:
    """What officers may ask of policies."""
    desk = Desk(policies=lambda: house.policies.place, database=database_of(house.config))
    return PolicyQuestions(desk, clock=house.clock).routes()


def _prove_room(house: House) -> None:
    prove_room(house.config.state_directory)
    house.reserve.prove()


def _measure(house: House, runner: JobRunner, returns: Returns) -> None:
    metrics, audit = house.metrics, house.audit
    metrics.audit_records.set(audit.size)
    metrics.audit_unsigned.set(audit.size - audit.signed_size)
    metrics.vital.head_age.set(audit.head_age_seconds)
    metrics.vital.set_signer(serves=house.signer.serves, pin=house.signer.pin)
    measure_tokens(metrics, house.signer)
    metrics.worker_restarts.set(house.pool.restarts)
    metrics.rules.set_freezes(freeze.scope.kind for freeze in house.freezes.book.live)
    metrics.rules.freeze_files_refused.set(len(house.freeze_folder.refused))
    metrics.rules.policies_sequence.set(house.policies.standing().sequence or 0)
    metrics.rules.set_looks(
        policies=house.policy_looks.age_seconds,
        freezes=house.freeze_looks.age_seconds,
        machine=house.machine_looks.age_seconds,
    )
    measure_jobs(house, runner.crews)
    metrics.outside.set_webhooks({name: returns.standing(name) for name in returns.targets.targets})
    metrics.rules.policies_refused.set(0 if house.policies.refused is None else 1)
