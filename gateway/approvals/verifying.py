"""Statements that count: each is verified anew, by the keys and posts of this moment.

So the database proves nothing. A statement that somebody has put there without a signature, or
changed, or whose signer has left the post or changed the key, counts for nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
import structlog

from gateway.approvals.errors import ApprovalStatementInvalidProblem, ApprovalVoidProblem
from gateway.approvals.model import subject_of
from gateway.approvals.oa import approval_id_of, check_token, token_ends_at
from gateway.approvals.statements import Subject, moment, oa_approval_by, statement_by
from gateway.errors import Problem
from gateway.store.rows.approvals import ApprovalRow, ApprovalStatementRow
from policies.bundle import Bundle
from policies.model import GivenApproval, SealRequest
from policies.people import roles_of

_log = structlog.get_logger("approvals")


def verified_approvals(
    bundle: Bundle,
    row: ApprovalRow,
    statements: Iterable[ApprovalStatementRow],
    request: SealRequest,
    *,
    document: bytes,
    at: datetime,
) -> Iterator[GivenApproval]:
    """What counts of the statements on one approval.

    Args:
        bundle: the policies in force.
        row: the approval, found by the digest of the request and the seal.
        statements: that were kept for it.
        request: what is asked for the seal.
        document: SHA-256 of the document that is to be sealed.
        at: now.
    """
    for said, found in weighed(bundle, row, statements, request, document=document, at=at):
        if isinstance(found, GivenApproval):
            yield found
        else:
            _log.warning(
                "approval_does_not_count", approval=row.id, by=said.subject, why=found.detail
            )


def weighed(
    bundle: Bundle,
    row: ApprovalRow,
    statements: Iterable[ApprovalStatementRow],
    request: SealRequest,
    *,
    document: bytes,
    at: datetime,
) -> Iterator[tuple[ApprovalStatementRow, GivenApproval | Problem]]:
    """Each that approves, with what it counts for or why not; see `verified_approvals`."""
    live = msgspec.structs.replace(
        row, document_digest=document, document_type=request.document_type
    )
    for said in statements:
        if said.act != "approve":
            continue
        try:
            if row.is_from_oa:
                yield said, _from_oa(bundle, live, said, request, at=at)
            else:
                yield said, _from_person(bundle, live, said, at=at)
        except Problem as problem:
            yield said, problem


def _from_person(
    bundle: Bundle, row: ApprovalRow, said: ApprovalStatementRow, *, at: datetime
) -> GivenApproval:
    opened, person = statement_by(bundle, said.statement)
    check_subject(opened.claims.subject, subject_of(row))
    if opened.claims.act != "approve" or person.name != said.subject:
        raise ApprovalStatementInvalidProblem("the row says otherwise than the statement")
    return GivenApproval(
        id=f"{row.id}/{person.name}",
        subject=person.name,
        roles=roles_of(bundle, person, at=at),
        given_at=said.at,
        expires_at=row.expires_at,
    )


def _from_oa(
    bundle: Bundle,
    row: ApprovalRow,
    said: ApprovalStatementRow,
    request: SealRequest,
    *,
    at: datetime,
) -> GivenApproval:
    opened, source = oa_approval_by(bundle, said.statement)
    document = row.document_digest.hex()
    check_token(bundle, opened.claims, source, request, document=document, at=at)
    if row.id != approval_id_of(source, opened.claims.jti):
        raise ApprovalStatementInvalidProblem("the row is not the token's")
    return GivenApproval(
        id=f"{row.id}/{opened.claims.sub}",
        subject=opened.claims.sub,
        roles=frozenset({source.role}),
        # Of both, because the order of stages goes by it and neither clock makes it later.
        given_at=min(said.at, moment(opened.claims.iat)),
        expires_at=token_ends_at(opened.claims, source),
        source=source.name,
    )


def check_subject(said: Subject, asked: Subject) -> None:
    """A statement must speak of this very approval.

    Raises:
        ApprovalVoidProblem: it speaks of another; each difference is named.
    """
    differences = [
        f"{name} is {getattr(said, name)!r} in the statement and {getattr(asked, name)!r} here"
        for name in Subject.__struct_fields__
        if getattr(said, name) != getattr(asked, name)
    ]
    if differences:
        raise ApprovalVoidProblem("; ".join(differences))
