"""Approvals that a company's own OA system made and signed: a token, never a flag.

A token comes with the request. It is written down when it comes, for this one request, and used
with its intent like every approval; its id is made of its issuer and its `jti`, so that it is good
once.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.approvals import records
from gateway.approvals.errors import ApprovalStatementInvalidProblem, ApprovalVoidProblem
from gateway.approvals.model import Asked, asked_of, concerned, written
from gateway.approvals.statements import SKEW, OAApproval, moment, oa_approval_by
from gateway.audit.log import AuditLog
from gateway.signing.errors import ApprovalExpiredProblem, ApprovalUsedProblem
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import (
    ApprovalRow,
    ApprovalStatementRow,
    approval_by_id,
    put_approval,
    put_concerned,
    put_statement,
)
from policies.bundle import Bundle
from policies.deciding.group import Group
from policies.model import DocumentFacts, SealRequest
from policies.objects.systems import ApprovalSource


def check_token(
    bundle: Bundle,
    claims: OAApproval,
    source: ApprovalSource,
    request: SealRequest,
    *,
    document: str,
    at: datetime,
) -> None:
    """A token must be for this request and document (SHA-256, hex), and count at this moment.

    Raises:
        ApprovalVoidProblem: it is for something else; each difference is named, but not what is
            asked: whoever brings a token need not be concerned by the request.
        ApprovalExpiredProblem: it is too old.
        ApprovalStatementInvalidProblem: it is of the future, or the source has no say here.
    """
    asked = {
        "document": document,
        "seal": request.seal,
        "purpose": request.document_type,
        "business_number": request.business_number,
    }
    differences = [
        f"{name} is {getattr(claims, name)!r} in the approval and something else in the request"
        for name, here in asked.items()
        if getattr(claims, name) != here
    ]
    if differences:
        raise ApprovalVoidProblem(
            f"approval {claims.jti!r} of {source.name!r}: {'; '.join(differences)}"
        )
    if moment(claims.iat) > at + SKEW:
        raise ApprovalStatementInvalidProblem(
            f"approval {claims.jti!r} of {source.name!r} was signed in the future: set both "
            "machines' clocks by NTP"
        )
    ends_at = token_ends_at(claims, source)
    if at >= ends_at:
        raise ApprovalExpiredProblem(
            f"approval {claims.jti!r} of {source.name!r} ended on {ends_at:%Y-%m-%d %H:%M} UTC"
        )
    owner = bundle.seals[request.seal].company
    if source.company != owner and not Group(bundle.companies).is_below(owner, source.company):
        raise ApprovalStatementInvalidProblem(
            f"{source.name!r} is the OA system of company {source.company!r}, which does not stand "
            f"above {owner!r}, whose seal {request.seal!r} is"
        )


def token_ends_at(claims: OAApproval, source: ApprovalSource) -> datetime:
    """From when it does not count: by its own word, or by the policies' if that is sooner."""
    return moment(min(claims.exp, claims.iat + source.max_age_seconds))


def approval_id_of(source: ApprovalSource, jti: str) -> str:
    """The id of a token's approval: a UUIDv8 (RFC 9562 §5.8) of its issuer and `jti`."""
    name = source.name.encode()
    digest = hashlib.sha256(len(name).to_bytes(8, "big") + name + jti.encode()).digest()
    value = int.from_bytes(digest[:16]) & ~(0xF << 76) | (8 << 76)
    return str(UUID(int=value & ~(0x3 << 62) | (0x2 << 62)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A token that came with a request.

    Attributes:
        token: as it came.
        request: what is asked for the seal that it names.
        facts: of the document.
        trace_id: of the request.
        act_digest: as in `gateway.signing.guard.Use`.
        input_digest: likewise.
        at: now.
    """

    token: str
    request: SealRequest
    facts: DocumentFacts
    trace_id: str
    act_digest: bytes
    input_digest: bytes
    at: datetime


def receive(arrival: Arrival, bundle: Bundle, audit: AuditLog) -> Callable[[Transaction], None]:
    """The unit of work that writes a token down, once.

    It raises ApprovalUsedProblem where the token came with another request before.

    Raises:
        Problem: it does not verify, is for something else, or too old.
    """
    opened, source = oa_approval_by(bundle, arrival.token)
    claims, document = opened.claims, arrival.input_digest.hex()
    check_token(bundle, claims, source, arrival.request, document=document, at=arrival.at)
    row = _row(arrival, claims, source, bundle)
    record = records.said(
        row.id,
        "approve",
        by=claims.sub,
        source=source.name,
        statement_digest=opened.digest.hex(),
        at=arrival.at,
        expires_at=row.expires_at,
        **records.request_of(arrival.token, row.request_digest),
    )

    def unit(transaction: Transaction) -> None:
        earlier = approval_by_id(transaction, row.id)
        if earlier is None:
            put_approval(transaction, row)
            put_concerned(transaction, row.id, concerned(row, asked_of(row)))
            index = audit.append(transaction, record)
            put_statement(transaction, _statement(arrival, row, claims, index))
        elif (earlier.request_digest, earlier.seal) != (row.request_digest, row.seal):
            raise ApprovalUsedProblem(
                f"approval {claims.jti!r} of {source.name!r} came with another request before"
            )

    return unit


def _row(
    arrival: Arrival, claims: OAApproval, source: ApprovalSource, bundle: Bundle
) -> ApprovalRow:
    request = arrival.request
    asked = Asked(request=request, facts=arrival.facts, trace_id=arrival.trace_id)
    return ApprovalRow(
        id=approval_id_of(source, claims.jti),
        state="pending",
        created_at=arrival.at,
        expires_at=token_ends_at(claims, source),
        system=request.caller.system,
        request_digest=arrival.act_digest,
        document_digest=arrival.input_digest,
        seal=request.seal,
        document_type=request.document_type,
        rule="",
        bundle=bundle.digest,
        asked=written(asked),
    )


def _statement(
    arrival: Arrival, row: ApprovalRow, claims: OAApproval, audit_index: int
) -> ApprovalStatementRow:
    return ApprovalStatementRow(
        approval=row.id,
        subject=claims.sub,
        act="approve",
        statement=arrival.token,
        at=arrival.at,
        audit_index=audit_index,
    )
