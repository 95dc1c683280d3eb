"""How long a person's rejection stands: till the end of the approval that was rejected.

Until then the same use is not sealed, whatever else was approved and however the rules read by now;
and what OA systems have approved before that end never counts. Whoever asks then asks anew.
"""

from collections.abc import Iterable
from datetime import datetime

from gateway.store.rows.approvals import ApprovalRow
from policies.model import GivenApproval


def rejected_until(rows: Iterable[ApprovalRow]) -> datetime | None:
    """From when one use may be approved anew; None: nobody has rejected it."""
    ends = (row.expires_at for row in rows if row.state == "rejected")
    return max(ends, default=None)


def standing_rejection(rows: Iterable[ApprovalRow], *, at: datetime) -> ApprovalRow | None:
    """The newest approval of one use, oldest first, of which a rejection stands."""
    standing = [row for row in rows if row.state == "rejected" and at < row.expires_at]
    return standing[-1] if standing else None


def outlives(row: ApprovalRow, given: GivenApproval, until: datetime | None) -> bool:
    """Whether an approval counts though the use was rejected until that moment.

    What people say needs nothing more: they are asked anew, of another row.
    """
    return until is None or not row.is_from_oa or given.given_at >= until
