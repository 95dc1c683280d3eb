"""What people say of approvals, and who may see them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import msgspec

from gateway.approvals import records
from gateway.approvals.errors import (
    ApprovalNotYoursProblem,
    ApprovalStatementInvalidProblem,
    ApprovalUnknownProblem,
)
from gateway.approvals.model import Asked, asked_of, subject_of
from gateway.approvals.statements import ApprovalStatement, moment, statement_by
from gateway.approvals.voices import check_subject, given
from gateway.audit.log import AuditLog
from gateway.seals.in_force import InForce
from gateway.signing.errors import (
    ApprovalExpiredProblem,
    ApprovalRejectedProblem,
    ApprovalUsedProblem,
)
from gateway.store.approvals import (
    ApprovalReader,
    ApprovalRow,
    State,
    VoiceRow,
    approval_by_id,
    put_approval,
    put_voice,
)
from gateway.store.documents import UsedNonce, remember_nonce
from gateway.store.lane import Transaction, WriterLane
from policies.deciding.approving import Standing, standing
from policies.deciding.telling import told_stages
from policies.model import Caller, GivenApproval
from policies.objects.people import Person
from policies.people import roles_of

_SKEW = timedelta(minutes=5)
_MOST_LOOKED_AT = 1000
_MOST_LISTED = 100

Told = Literal["pending", "granted", "rejected", "used", "expired"]
"""`granted`: nothing is outstanding by the keys and posts of this moment."""

_KEPT_AS: Mapping[Told, State] = {
    "pending": "pending",
    "granted": "pending",
    "expired": "pending",
    "rejected": "rejected",
    "used": "used",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An approval as it stands at a moment, for whoever looks at it.

    Attributes:
        row: the approval.
        asked: what people were asked.
        state: how far it has come.
        standing: what is outstanding, and which voices count.
        voices: what was said, in order.
    """

    row: ApprovalRow
    asked: Asked
    state: Told
    standing: Standing
    voices: tuple[VoiceRow, ...]


class Hearing:
    """Shows approvals to whom they concern, and takes down what people say."""

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        approvals: ApprovalReader,
        audit: AuditLog,
        lane: WriterLane,
    ) -> None:
        self._in_force = in_force
        self._approvals = approvals
        self._audit = audit
        self._lane = lane

    def shown(self, approval_id: str, caller: Caller, *, at: datetime) -> Shown:
        """The approval, as it stands.

        Raises:
            ApprovalUnknownProblem: there is none, or it does not concern the caller.
        """
        return self._shown(self._row(approval_id, caller), at=at)

    def listed(self, caller: Caller, state: Told | None, *, at: datetime) -> tuple[Shown, ...]:
        """The newest that concern the caller, newest first; of a state, if one is named."""
        kept = None if state is None else _KEPT_AS[state]
        rows = self._approvals.newest(most=_MOST_LOOKED_AT, state=kept)
        concerning = (row for row in rows if self._concerns(row, caller))
        shown = (self._shown(row, at=at) for row in concerning)
        return tuple(islice((each for each in shown if state in {None, each.state}), _MOST_LISTED))

    async def hear(
        self,
        approval_id: str,
        statement: str,
        *,
        caller: Caller,
        nonce: UsedNonce | None,
        at: datetime,
    ) -> Shown:
        """Take a person's statement down, durably; gives the approval as it then stands.

        Raises:
            Problem: it is not theirs to say, or says it of something else, or too late.
        """
        row = self._row(approval_id, caller)
        bundle = self._in_force().bundle
        opened, person = statement_by(bundle, statement)
        claims = opened.claims
        check_statement(row, claims, person, caller, at=at)
        refuse_closed(row, at=at)
        roles = roles_of(bundle, person, at=at)
        _refuse_without_a_say(self._shown(row, at=at), person, roles)
        record = records.said(
            row.id,
            claims.act,
            by=person.name,
            source="person",
            statement_digest=opened.digest,
            at=at,
        )

        def unit(transaction: Transaction) -> ApprovalRow:
            now = approval_by_id(transaction, row.id) or row
            refuse_closed(now, at=at)
            voice = VoiceRow(
                approval=row.id,
                subject=person.name,
                act=claims.act,
                statement=statement,
                at=at,
                audit_index=self._audit.append(transaction, record),
            )
            put_voice(transaction, voice)
            if nonce is not None:
                remember_nonce(transaction, nonce)
            if claims.act == "reject":
                now = msgspec.structs.replace(now, state="rejected")
                put_approval(transaction, now)
            return now

        return self._shown(await self._lane.write(unit), at=at)

    def _row(self, approval_id: str, caller: Caller) -> ApprovalRow:
        row = self._approvals.by_id(approval_id)
        if row is None or not self._concerns(row, caller):
            raise ApprovalUnknownProblem(f"{caller.system!r} sees no approval {approval_id!r}")
        return row

    def _shown(self, row: ApprovalRow, *, at: datetime) -> Shown:
        asked, voices = asked_of(row), self._approvals.voices(row.id)
        bundle, document = self._in_force().bundle, row.document_digest
        counting = tuple(given(bundle, row, voices, asked.request, document=document, at=at))
        found = _standing(asked, counting, at=at)
        return Shown(
            row=row, asked=asked, state=_told(row, found, at=at), standing=found, voices=voices
        )

    def _concerns(self, row: ApprovalRow, caller: Caller) -> bool:
        """Whether the caller asked, has a say, or is an auditor."""
        asked = asked_of(row)
        if row.system == caller.system or caller.person in asked.requesters:
            return True
        bundle = self._in_force().bundle
        powers = {bundle.roles[role].power for role in caller.roles}
        return "auditor" in powers or not asked.roles.isdisjoint(caller.roles)


def _standing(asked: Asked, counting: Sequence[GivenApproval], *, at: datetime) -> Standing:
    """How far it has come; of an OA system's, nobody here is asked for more."""
    if asked.approvals is None:
        return Standing(outstanding=(), counted=tuple(each.id for each in counting))
    return standing(asked.approvals, counting, request=asked.request, at=at)


def _told(row: ApprovalRow, found: Standing, *, at: datetime) -> Told:
    if row.state != "pending":
        return row.state
    if at >= row.expires_at:
        return "expired"
    return "pending" if found.outstanding else "granted"


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
    if not row.created_at - _SKEW <= moment(claims.at) <= at + _SKEW:
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
    if at >= row.expires_at:
        raise ApprovalExpiredProblem(
            f"approval {row.id} ended on {row.expires_at:%Y-%m-%d %H:%M} UTC"
        )


def _refuse_without_a_say(shown: Shown, person: Person, roles: frozenset[str]) -> None:
    """Only who has a say is heard: not who asked, and in order only whose turn it is.

    Raises:
        ApprovalNotYoursProblem: they have none.
    """
    asked = shown.asked
    if person.name in asked.requesters:
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
