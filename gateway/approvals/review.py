"""What people say of approvals, and who may see them."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from gateway.approvals import records
from gateway.approvals.errors import (
    ApprovalNotYoursProblem,
    ApprovalStatementInvalidProblem,
    ApprovalUnknownProblem,
)
from gateway.approvals.interfaces import Hears
from gateway.approvals.model import asked_of, concerned, names_of, subject_of
from gateway.approvals.oa import Arrival, approval_id_of, receive
from gateway.approvals.showing import ApprovalState, ApprovalView, shown_now
from gateway.approvals.statements import (
    SKEW,
    ApprovalStatement,
    moment,
    oa_approval_by,
    statement_by,
)
from gateway.approvals.verifying import check_subject
from gateway.audit.log import AuditLog
from gateway.seals.in_force import InForce
from gateway.signing.errors import (
    ApprovalExpiredProblem,
    ApprovalRejectedProblem,
    ApprovalUsedProblem,
)
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.approvals import (
    ApprovalReader,
    ApprovalRow,
    ApprovalStatementRow,
    State,
    approval_by_id,
    put_approval,
    put_statement,
    statement_of,
)
from gateway.store.rows.documents import UsedNonce, remember_nonce
from policies import names
from policies.deciding.telling import told_stages
from policies.model import Caller
from policies.objects.people import Person
from policies.people import roles_of

_MOST_LOOKED_AT = 300
_AT_ONCE = 20
_MOST_LISTED = 100

_KEPT_AS: Mapping[ApprovalState, State] = {
    "pending": "pending",
    "granted": "pending",
    "expired": "pending",
    "rejected": "rejected",
    "used": "used",
    "closed": "closed",
}


class ApprovalReview:
    """Shows approvals to whom they concern, and takes down what people say."""

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        approvals: ApprovalReader,
        audit: AuditLog,
        lane: WriterLane,
        hears: Hears | None = None,
    ) -> None:
        """Join them; `hears` learns what is said, in the transaction that takes it down."""
        self._hears = hears
        self._in_force = in_force
        self._approvals = approvals
        self._audit = audit
        self._lane = lane

    async def shown(self, approval_id: str, caller: Caller, *, at: datetime) -> ApprovalView:
        """The approval, as it stands.

        Raises:
            ApprovalUnknownProblem: there is none, or it does not concern the caller.
        """
        return await self._shown(await self._row(approval_id, caller), at=at)

    async def listed(
        self, caller: Caller, state: ApprovalState | None, *, at: datetime
    ) -> tuple[ApprovalView, ...]:
        """The newest that concern the caller, newest first; of a state, if one is named.

        Every signature is verified anew, so that others get their turn in between.
        """
        kept = None if state is None else _KEPT_AS[state]
        if self._is_auditor(caller):
            rows = await self._approvals.newest(most=_MOST_LOOKED_AT, state=kept)
        else:
            # By whom they concern, or one system's many would fill everybody's list.
            rows = await self._approvals.concerning(
                names_of(caller), most=_MOST_LOOKED_AT, state=kept
            )
        found: list[ApprovalView] = []
        for number, row in enumerate(rows, 1):
            if self._concerns(row, caller):
                shown = await self._shown(row, at=at)
                if state in {None, shown.state}:
                    found.append(shown)
            if len(found) == _MOST_LISTED:
                break
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return tuple(found)

    async def take_statement(
        self,
        approval_id: str,
        statement: str,
        *,
        caller: Caller,
        nonce: UsedNonce | None,
        at: datetime,
    ) -> ApprovalView:
        """Take a person's statement down, durably; gives the approval as it then stands.

        One that comes again changes nothing, and is answered alike.

        Raises:
            Problem: it is not theirs to say, or says it of something else, or too late.
        """
        row = await self._row(approval_id, caller)
        bundle = self._in_force().bundle
        opened, person = statement_by(bundle, statement)
        claims = opened.claims
        check_statement(row, claims, person, caller, at=at)
        comes_again = any(
            each.subject == person.name and _is_same(each, statement)
            for each in await self._approvals.statements(row.id)
        )
        if not (comes_again and claims.act == "reject"):  # which has closed it
            refuse_closed(row, at=at)
        if comes_again:
            if nonce is not None:
                await self._lane.write(lambda unit: remember_nonce(unit, nonce))
            return await self._shown(row, at=at)
        roles = roles_of(bundle, person, at=at)
        _refuse_without_a_say(await self._shown(row, at=at), person, roles)
        record = records.said(
            row.id,
            claims.act,
            by=person.name,
            source="person",
            statement_digest=opened.digest.hex(),
            at=at,
        )

        def unit(transaction: Transaction) -> ApprovalRow:
            now = approval_by_id(transaction, row.id) or row
            if nonce is not None:
                remember_nonce(transaction, nonce)
            earlier = statement_of(transaction, approval_id=row.id, subject=person.name)
            if earlier is not None and _is_same(earlier, statement):
                return now
            refuse_closed(now, at=at)
            said = ApprovalStatementRow(
                approval=row.id,
                subject=person.name,
                act=claims.act,
                statement=statement,
                at=at,
                audit_index=self._audit.append(transaction, record),
            )
            put_statement(transaction, said)
            if claims.act == "reject":
                now = msgspec.structs.replace(now, state="rejected")
                put_approval(transaction, now)
            self._tell(transaction, now, statement)
            return now

        return await self._shown(await self._lane.write(unit), at=at)

    async def take_oa_token(
        self, approval_id: str, token: str, *, nonce: UsedNonce | None, at: datetime
    ) -> ApprovalView:
        """Take down what an OA system has signed of an approval that waits, durably.

        Whoever brings the token has no say and need not be concerned: the token is the OA system's,
        names the document, and is looked at before anything is told of the approval.

        Raises:
            Problem: it does not verify, is for something else, too old, or too late.
        """
        bundle = self._in_force().bundle
        opened, source = oa_approval_by(bundle, token)
        row = await self._approvals.by_id(approval_id)
        if row is None or row.is_from_oa:
            raise ApprovalUnknownProblem(f"nobody was asked in an approval {approval_id!r}")
        asked = asked_of(row)
        arrival = Arrival(
            token=token,
            request=asked.request,
            facts=asked.facts,
            trace_id=asked.trace_id,
            act_digest=row.request_digest,
            input_digest=row.document_digest,
            at=at,
        )
        take_down = receive(arrival, bundle, self._audit)
        refuse_closed(row, at=at)

        def unit(transaction: Transaction) -> ApprovalRow:
            now = approval_by_id(transaction, row.id) or row
            refuse_closed(now, at=at)
            earlier = approval_by_id(transaction, approval_id_of(source, opened.claims.jti))
            if earlier is not None and earlier.state == "used":
                raise ApprovalUsedProblem(
                    f"approval {opened.claims.jti!r} of {source.name!r} was used for document "
                    f"{earlier.used_by}"
                )
            take_down(transaction)
            if nonce is not None:
                remember_nonce(transaction, nonce)
            self._tell(transaction, now, token)
            return now

        return await self._shown(await self._lane.write(unit), at=at)

    def _tell(self, transaction: Transaction, row: ApprovalRow, statement: str) -> None:
        if self._hears is not None:
            self._hears.heard(transaction, row, statement=statement)

    async def _row(self, approval_id: str, caller: Caller) -> ApprovalRow:
        row = await self._approvals.by_id(approval_id)
        if row is None or not self._concerns(row, caller):
            raise ApprovalUnknownProblem(f"{caller.system!r} sees no approval {approval_id!r}")
        return row

    async def _shown(self, row: ApprovalRow, *, at: datetime) -> ApprovalView:
        return await shown_now(row, self._approvals, self._in_force().bundle, at=at)

    def _concerns(self, row: ApprovalRow, caller: Caller) -> bool:
        """Whether the caller asked, has a say, or is an auditor."""
        if self._is_auditor(caller):
            return True
        return not names_of(caller).isdisjoint(concerned(row, asked_of(row)))

    def _is_auditor(self, caller: Caller) -> bool:
        bundle = self._in_force().bundle
        return "auditor" in {bundle.roles[role].power for role in caller.roles}


def _is_same(said: ApprovalStatementRow, statement: str) -> bool:
    """Whether it says the same: what is signed is alike; the signature need not be."""
    return said.statement.rpartition(".")[0] == statement.rpartition(".")[0]


def check_statement(
    row: ApprovalRow,
    claims: ApprovalStatement,
    person: Person,
    caller: Caller,
    *,
    at: datetime,
) -> None:
    """It must be the caller's own, about this approval, and of this time.

    Raises:
        ApprovalNotYoursProblem, ApprovalVoidProblem, ApprovalStatementInvalidProblem: it is not.
    """
    if caller.person != person.name:
        raise ApprovalNotYoursProblem(
            f"{person.name!r} signed the statement, and {caller.system!r} sent it; everybody sends "
            "their own"
        )
    check_subject(claims.subject, subject_of(row))
    if not row.created_at - SKEW <= moment(claims.at) <= at + SKEW:
        raise ApprovalStatementInvalidProblem(
            f"it was signed at {moment(claims.at):%Y-%m-%d %H:%M:%S} UTC by its own word, which is "
            "before it was asked or in the future: set both machines' clocks by NTP"
        )


def refuse_closed(row: ApprovalRow, *, at: datetime) -> None:
    """Nothing is said of what is over.

    Raises:
        ApprovalRejectedProblem, ApprovalUsedProblem, ApprovalExpiredProblem: why it is.
    """
    if row.state == "rejected":
        raise ApprovalRejectedProblem(f"approval {row.id} was rejected")
    if row.state == "used":
        raise ApprovalUsedProblem(f"approval {row.id} was used for document {row.used_by}")
    if row.state == "closed":
        raise ApprovalExpiredProblem(f"approval {row.id} is closed: {row.closed_for}")
    if at >= row.expires_at:
        raise ApprovalExpiredProblem(
            f"approval {row.id} ended on {row.expires_at:%Y-%m-%d %H:%M} UTC"
        )


def _refuse_without_a_say(shown: ApprovalView, person: Person, roles: frozenset[str]) -> None:
    """Only who has a say is heard: not who asked, and in order only whose turn it is.

    Raises:
        ApprovalNotYoursProblem: they have none.
    """
    asked = shown.asked
    if names.person(person.name) in map(names.person, asked.requesters):
        raise ApprovalNotYoursProblem(f"{person.name!r} asked for the seal, and cannot approve it")
    if asked.roles.isdisjoint(roles):
        wanted = told_stages(asked.stages, in_order=asked.in_order)
        raise ApprovalNotYoursProblem(
            f"{shown.row.rule} asks for {wanted}; the posts of {person.name!r} have the roles "
            f"{', '.join(sorted(roles)) or 'none'}"
        )
    outstanding = shown.standing.outstanding
    turn = outstanding[:1] if asked.in_order else outstanding
    if turn and all(stage.roles.isdisjoint(roles) for stage in turn):
        raise ApprovalNotYoursProblem(
            f"it is not the turn of {person.name!r}: next is {told_stages(turn, in_order=True)}"
        )
