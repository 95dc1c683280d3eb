"""An approval is good for one document: looked at and used up in the intent's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.approvals.rejections import rejected_until, standing_rejection
from gateway.seals.in_force import InForce
from gateway.signing.guard import Use, UseRefused
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import (
    ApprovalRow,
    approval_by_id,
    approvals_of,
    put_approval,
)
from policies.model import Allowed, Denied, Reason, SealRequest
from policies.reasons import APPROVAL_EXPIRED, APPROVAL_REJECTED, APPROVAL_USED


@dataclass(frozen=True, slots=True)
class ApprovalGuard:
    """Implements `gateway.signing.guard.UseGuard`."""

    def refusal(
        self,
        asked: SealRequest,  # noqa: ARG002 - the Protocol's
        in_force: InForce,  # noqa: ARG002 - the Protocol's
    ) -> Denied | None:
        """See `UseGuard`; only a transaction can tell whether an approval was used."""
        return None

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """Use up what the decision rests on; a repeat for the same document finds it used by it.

        Approvals of the parts that are to follow are used with their own intents, but looked at
        here, so that no key is used where the whole act cannot be.

        Raises:
            UseRefused: one of them was used or has expired since they were counted, or somebody
                has rejected the use.
        """
        own = [_row(transaction, approval, use) for approval in _approvals(use.decision)]
        rows: list[tuple[ApprovalRow, str | None]] = [(row, use.document_id) for row in own]
        for decision in use.further:
            rows += [(_row(transaction, each, use), None) for each in _approvals(decision)]
        for row, document in rows:
            reason = _against(row, document, at=use.at) or _rejected(transaction, row, at=use.at)
            if reason is not None:
                raise UseRefused(Denied(bundle=use.decision.bundle, reasons=(reason,)))
        for row in (*own, *_beside(transaction, own)):
            if row.state == "pending":
                used = msgspec.structs.replace(row, state="used", used_by=use.document_id)
                put_approval(transaction, used)

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`; what was used is not taken back."""


def _beside(transaction: Transaction, own: Sequence[ApprovalRow]) -> Iterator[ApprovalRow]:
    """What else was asked or given for this use: left open, it would be good for another one.

    People may be asked while an OA system approves, and more may approve than the rule wants.
    """
    named = {row.id for row in own}
    for digest, seal in {(row.request_digest, row.seal) for row in own}:
        rows = approvals_of(transaction, request_digest=digest, seal=seal)
        yield from (row for row in rows if row.id not in named)


def _approvals(decision: Allowed) -> tuple[str, ...]:
    """Ids of the approvals that it rests on: each of its ids is an approval's and a person's."""
    return tuple(dict.fromkeys(each.partition("/")[0] for each in decision.approvals))


def _row(transaction: Transaction, approval: str, use: Use) -> ApprovalRow:
    row = approval_by_id(transaction, approval)
    if row is None or row.request_digest != use.act_digest:
        # It was there when it was counted: somebody has deleted or changed the row since.
        reason = Reason(rule=APPROVAL_USED, message=f"approval {approval} is not there any more")
        raise UseRefused(Denied(bundle=use.decision.bundle, reasons=(reason,)))
    return row


def _against(row: ApprovalRow, document: str | None, *, at: datetime) -> Reason | None:
    if row.state == "used" and (document is None or row.used_by != document):
        return Reason(
            rule=APPROVAL_USED,
            message=f"approval {row.id} was used for document {row.used_by}",
        )
    if row.state == "rejected":
        return Reason(rule=APPROVAL_REJECTED, message=f"approval {row.id} was just rejected")
    if row.state == "closed":
        return Reason(
            rule=APPROVAL_EXPIRED, message=f"approval {row.id} is closed: {row.closed_for}"
        )
    if at >= row.expires_at:
        return Reason(
            rule=APPROVAL_EXPIRED,
            message=f"approval {row.id} expired on {row.expires_at:%Y-%m-%d %H:%M} UTC",
        )
    return None


def _rejected(transaction: Transaction, row: ApprovalRow, *, at: datetime) -> Reason | None:
    """A rejection beside an approval that is used now, perhaps of this very moment."""
    if row.state == "used":
        return None
    rows = approvals_of(transaction, request_digest=row.request_digest, seal=row.seal)
    standing = standing_rejection(rows, at=at)
    if standing is not None:
        message = f"approval {standing.id} was just rejected"
        return Reason(rule=APPROVAL_REJECTED, message=message)
    until = rejected_until(rows)
    if row.is_from_oa and until is not None and row.created_at < until:
        message = f"approval {row.id} is from before a rejection"
        return Reason(rule=APPROVAL_REJECTED, message=message)
    return None
