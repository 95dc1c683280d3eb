"""An approval as it stands at a moment: what was asked, what was said, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.approvals.model import Asked, asked_of
from gateway.approvals.rejections import outlives, rejected_until
from gateway.approvals.verifying import verified_approvals
from gateway.store.rows.approvals import ApprovalReader, ApprovalRow, ApprovalStatementRow
from policies.bundle import Bundle
from policies.deciding.approving import Standing, standing
from policies.model import GivenApproval

ApprovalState = Literal["pending", "granted", "rejected", "used", "closed", "expired"]
"""`granted`: nothing is outstanding by the keys and posts of this moment. `closed`: what it was
asked for has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """An approval as it stands at a moment, for whoever looks at it.

    Attributes:
        row: the approval.
        asked: what people were asked.
        state: how far it has come.
        standing: what is outstanding, and which statements count.
        statements: what was said, in order; also by OA systems, for the same use.
    """

    row: ApprovalRow
    asked: Asked
    state: ApprovalState
    standing: Standing
    statements: tuple[ApprovalStatementRow, ...]


async def shown_now(
    row: ApprovalRow, approvals: ApprovalReader, bundle: Bundle, *, at: datetime
) -> ApprovalView:
    """The approval, by the keys and posts of this moment."""
    asked = asked_of(row)
    counting: list[GivenApproval] = []
    statements: list[ApprovalStatementRow] = []
    same_use = await approvals.of_request(request_digest=row.request_digest, seal=row.seal)
    # What was used is shown as it was.
    until = rejected_until(same_use) if row.used_by is None else None
    for each in (row, *_beside(row, same_use)):
        said = await approvals.statements(each.id)
        statements += said
        document = row.document_digest
        given = verified_approvals(bundle, each, said, asked.request, document=document, at=at)
        counting += (one for one in given if outlives(each, one, until))
    found = _standing(asked, counting, at=at)
    return ApprovalView(
        row=row,
        asked=asked,
        state=_told(row, found, at=at),
        standing=found,
        statements=tuple(sorted(statements, key=lambda said: said.audit_index)),
    )


def _beside(row: ApprovalRow, same_use: tuple[ApprovalRow, ...]) -> tuple[ApprovalRow, ...]:
    """What OA systems have approved for the use that people were asked about."""
    if row.is_from_oa:
        return ()
    return tuple(each for each in same_use if each.is_from_oa and each.used_by == row.used_by)


def _standing(asked: Asked, counting: Sequence[GivenApproval], *, at: datetime) -> Standing:
    """How far it has come; of an OA system's, nobody here is asked for more."""
    if asked.approvals is None:
        return Standing(outstanding=(), counted=tuple(each.id for each in counting))
    return standing(asked.approvals, counting, request=asked.request, at=at)


def _told(row: ApprovalRow, found: Standing, *, at: datetime) -> ApprovalState:
    if row.state != "pending":
        return row.state
    if at >= row.expires_at:
        return "expired"
    return "pending" if found.outstanding else "granted"
