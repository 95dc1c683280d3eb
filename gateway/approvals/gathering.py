"""What approvals are there for a request, when the policies decide it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gateway.approvals.errors import ApprovalStatementInvalidProblem
from gateway.approvals.model import asked_of, rule_named
from gateway.approvals.oa import Arrival, receive
from gateway.approvals.rejections import outlives, rejected_until, standing_rejection
from gateway.approvals.statements import oa_approval_by, statement_by
from gateway.approvals.verifying import verified_approvals
from gateway.audit.log import AuditLog
from gateway.seals.in_force import InForce
from gateway.signing.errors import ApprovalRejectedProblem
from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import WriterLane
from gateway.store.rows.approvals import ApprovalReader, ApprovalRow
from gateway.store.rows.documents import DocumentReader
from policies.bundle import Bundle
from policies.interfaces import Case
from policies.model import DocumentFacts, GivenApproval, Known, SealRequest


class ApprovalsKnown:
    """Implements `gateway.signing.guard.Knowing`: approvals, and how long the certificate lasts."""

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        approvals: ApprovalReader,
        documents: DocumentReader,
        audit: AuditLog,
        lane: WriterLane,
    ) -> None:
        self._in_force = in_force
        self._approvals = approvals
        self._documents = documents
        self._audit = audit
        self._lane = lane
        self._looked_at: tuple[Bundle, bool] | None = None

    async def known(
        self,
        case: Case,
        facts: DocumentFacts,
        *,
        at: datetime,
        request: SigningRequest,
        act_digest: bytes,
        input_digest: bytes,
    ) -> Known:
        """See `Knowing`.

        Raises:
            Problem: people have said no, or an approval that came along is not for this.
        """
        in_force, asked = self._in_force(), case.request
        bundle = in_force.bundle
        for token in _tokens_for(asked, request, bundle):
            arrival = Arrival(
                token=token,
                request=asked,
                facts=facts,
                trace_id=request.trace_id,
                act_digest=act_digest,
                input_digest=input_digest,
                at=at,
            )
            await self._lane.write(receive(arrival, bundle, self._audit))
        rows: Sequence[ApprovalRow] = ()
        if self._some_rule_asks(bundle):
            rows = await self._approvals.of_request(request_digest=act_digest, seal=asked.seal)
        own = await self._documents_of(request) if rows else frozenset[str]()
        # What this very document has used up, a later rejection does not take back.
        until = None if _is_used(rows, own) else rejected_until(rows)
        approvals: list[GivenApproval] = []
        for row in await self._usable(rows, own, bundle, at=at):
            statements = await self._approvals.statements(row.id)
            given = verified_approvals(bundle, row, statements, asked, document=input_digest, at=at)
            approvals += (each for each in given if outlives(row, each, until))
        days = (in_force.seals[asked.seal].not_after - at).days
        return Known(approvals=tuple(approvals), certificate_days=days)

    def _some_rule_asks(self, bundle: Bundle) -> bool:
        """Whether any rule asks people; looked at once a bundle, as most need nobody."""
        if self._looked_at is None or self._looked_at[0] is not bundle:
            asks = any(
                rule.approvals is not None
                for policy in bundle.policies.values()
                for rule in policy.permit
            )
            self._looked_at = (bundle, asks)
        return self._looked_at[1]

    async def _documents_of(self, request: SigningRequest) -> frozenset[str]:
        """What the idempotency key has got so far: a repeat goes on with what was used for it."""
        system = request.seal_request.caller.system
        row = await self._documents.by_key(system, request.idempotency_key)
        if row is None:
            return frozenset()
        parts = () if row.act is None else await self._documents.by_act(row.act)
        return frozenset({row.id, *(part.id for part in parts)})

    async def _usable(
        self, rows: Sequence[ApprovalRow], own: frozenset[str], bundle: Bundle, *, at: datetime
    ) -> list[ApprovalRow]:
        """OA systems' approvals; and of those that people were asked for the own or newest one.

        Raises:
            ApprovalRejectedProblem: people have rejected the use, by whichever rule.
        """
        rejected = None if _is_used(rows, own) else standing_rejection(rows, at=at)
        if rejected is not None:
            raise ApprovalRejectedProblem(await self._rejection(rejected, bundle))
        heard = [row for row in rows if row.state != "closed"]
        free = [row for row in heard if row.used_by is None or row.used_by in own]
        usable = [row for row in free if row.is_from_oa]
        # By a rule that reads otherwise now, people have approved something else.
        asked = [
            row
            for row in free
            if not row.is_from_oa and asked_of(row).rule == rule_named(bundle, row.rule)
        ]
        if not asked:
            return usable
        newest = next((row for row in asked if row.used_by is not None), asked[-1])
        if newest.state != "rejected":
            usable.append(newest)
        return usable

    async def _rejection(self, row: ApprovalRow, bundle: Bundle) -> str:
        """Who has said no, and why."""
        statements = await self._approvals.statements(row.id)
        by = next((said for said in statements if said.act == "reject"), None)
        if by is None:
            return f"approval {row.id} was rejected"
        reason = _reason(bundle, by.statement)
        return f"approval {row.id} was rejected by {by.subject}{f': {reason}' if reason else ''}"


def _tokens_for(asked: SealRequest, request: SigningRequest, bundle: Bundle) -> Iterator[str]:
    """Those that name this seal; the first seal of an act gets those that name none of its."""
    seals = {each.seal for each in request.seal_requests}
    for token in request.approval_tokens:
        opened, _ = oa_approval_by(bundle, token)
        named = opened.claims.seal
        if named == asked.seal or (named not in seals and asked is request.seal_request):
            yield token


def _is_used(rows: Sequence[ApprovalRow], own: frozenset[str]) -> bool:
    """Whether one was used for a document of the request's idempotency key."""
    return any(row.used_by in own for row in rows if row.used_by is not None)


def _reason(bundle: Bundle, statement: str) -> str:
    try:
        opened, _ = statement_by(bundle, statement)
    except ApprovalStatementInvalidProblem:  # the key is not in force any more
        return ""
    return opened.claims.reason
