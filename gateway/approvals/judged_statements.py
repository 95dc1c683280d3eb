"""Statements in an exported approval: which of them count, and what there is against the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.approvals.proved_records import ProvedRecords, moment_of
from gateway.approvals.records import request_of
from gateway.approvals.statements import SKEW, moment, oa_approval_by, statement_by
from gateway.approvals.verifying import weighed
from gateway.errors import Problem
from gateway.store.rows.approvals import Act, ApprovalRow, ApprovalStatementRow
from policies.bundle import Bundle
from policies.deciding.approving import Standing
from policies.model import GivenApproval, SealRequest

_NOT_NEEDED = "it is not needed, out of turn, too late, or by who asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedStatement:
    """What somebody said. `counts`: towards what the rule asks for; `why` says why it does not."""

    by: str
    source: str
    act: Act
    at: datetime
    counts: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class WeighedStatement:
    """A statement, and what it gives by itself; None, and then `why`: nothing."""

    said: ApprovalStatementRow
    given: GivenApproval | None
    why: str = ""


def weighed_statements(
    bundle: Bundle,
    row: ApprovalRow,
    statements: tuple[ApprovalStatementRow, ...],
    records: ProvedRecords,
    *,
    request: SealRequest,
    at: datetime,
) -> Iterator[WeighedStatement]:
    """Each statement by the keys and posts of a moment, and by what the log says of it.

    `request` is the one that is judged, whatever the row says that it was for.
    """
    for said in statements:
        flaw = _flaw(bundle, row, said, records)
        if flaw is not None or said.act == "reject":
            yield WeighedStatement(said, None, flaw or "it rejects")
            continue
        document = row.document_digest
        for _, found in weighed(bundle, row, (said,), request, document=document, at=at):
            if isinstance(found, Problem):
                yield WeighedStatement(said, None, found.detail)
            else:
                yield WeighedStatement(said, found)


def told(each: WeighedStatement, found: Standing) -> JudgedStatement:
    """The statement as it counts among the others."""
    counts = each.given is not None and each.given.id in found.counted
    return JudgedStatement(
        by=each.said.subject,
        source="person" if each.given is None else each.given.source,
        act=each.said.act,
        at=each.said.at,
        counts=counts,
        why="" if counts else each.why or _NOT_NEEDED,
    )


def is_recorded(
    row: ApprovalRow, said: ApprovalStatementRow, records: ProvedRecords, **more: str
) -> bool:
    """Whether the log says that this was said at that moment; `more` is in the record, too."""
    recorded = records.at(
        said.audit_index, "approval", approval=row.id, act=said.act, by=said.subject, **more
    )
    return recorded is not None and moment_of(recorded) == said.at


def _flaw(
    bundle: Bundle, row: ApprovalRow, said: ApprovalStatementRow, records: ProvedRecords
) -> str | None:
    """What signature, log and the signer's clock have against a statement."""
    came_for: dict[str, str] = {}
    try:
        if row.is_from_oa:
            token, source = oa_approval_by(bundle, said.statement)
            came_for = request_of(said.statement, row.request_digest)
            digest, said_at, act, by = token.digest, token.claims.iat, "approve", source.name
        else:
            opened, _ = statement_by(bundle, said.statement)
            digest, said_at = opened.digest, opened.claims.at
            act, by = opened.claims.act, "person"
    except Problem as problem:
        return problem.detail
    if act != said.act:
        return f"the statement says {act!r}"
    if not is_recorded(row, said, records, source=by, statement_digest=digest.hex(), **came_for):
        return "no record of the log says so"
    early = not row.is_from_oa and moment(said_at) < row.created_at - SKEW
    if early or moment(said_at) > said.at + SKEW:
        return "it was signed at another time than it was taken down"
    return None
