"""What an auditor takes along: approvals with all that shows whether they were valid.

One JSON file. Nothing in it is believed for its own sake: statements carry their signatures,
records lead to a signed tree head, and keys, posts and rules are those of the policies, which
whoever verifies brings along.
"""

from datetime import datetime
from typing import Literal

import msgspec

from gateway.approvals.errors import ProofUnreadableError
from gateway.statements import StatementInvalidError, plain_json
from gateway.store.rows.approvals import Act, ApprovalRow, ApprovalStatementRow, State

MOST_BYTES = 32 * 1024 * 1024


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class ProvedStatement(_Part, frozen=True):
    """What one person or OA system signed; `at`: when the gateway took it down."""

    by: str
    act: Act
    statement: str
    at: datetime
    record: int


class ProvedApproval(_Part, frozen=True):
    """One approval as its row has it. Digests are hex; `asked` is an `Asked` of the model."""

    id: str
    state: State
    created_at: datetime
    expires_at: datetime
    system: str
    request: str
    document: str
    seal: str
    document_type: str
    rule: str
    bundle: str
    used_by: str | None
    asked: msgspec.Raw
    statements: tuple[ProvedStatement, ...]


class ProvedRecord(_Part, frozen=True):
    """A record of the audit log: its leaf, and the path to the root, hex, the lowest first."""

    index: int
    leaf: str
    path: tuple[str, ...]


class Proof(_Part, frozen=True):
    """The file.

    Attributes:
        format: tells it from other JSON.
        approvals: those that count together for one use: what people were asked, and what an OA
            system has signed for the same request and seal.
        requests: what was asked for each seal of the act, as `SealRequest`, in order.
        records: of the audit log that speak of them.
        checkpoint: the signed tree head to which the records lead (C2SP tlog-checkpoint).
    """

    format: Literal["sealgate-approval-proof-1"]
    approvals: tuple[ProvedApproval, ...]
    requests: tuple[msgspec.Raw, ...]
    records: tuple[ProvedRecord, ...]
    checkpoint: str


def written(proof: Proof) -> bytes:
    """The bytes of the file."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def read_proof(data: bytes) -> Proof:
    """The inverse of `written`.

    Raises:
        ProofUnreadableError: it is no such file.
    """
    if len(data) > MOST_BYTES:
        raise ProofUnreadableError(f"{len(data)} bytes; {MOST_BYTES} are taken")
    try:
        proof = plain_json.decode(data, Proof, what="proof of approvals")
    except StatementInvalidError as error:
        raise ProofUnreadableError(str(error)) from None
    if not proof.approvals:
        raise ProofUnreadableError("it has no approval")
    return proof


def proved(row: ApprovalRow, statements: tuple[ApprovalStatementRow, ...]) -> ProvedApproval:
    """A row and what was said, for the file."""
    return ProvedApproval(
        id=row.id,
        state=row.state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        system=row.system,
        request=row.request_digest.hex(),
        document=row.document_digest.hex(),
        seal=row.seal,
        document_type=row.document_type,
        rule=row.rule,
        bundle=row.bundle,
        used_by=row.used_by,
        asked=msgspec.Raw(row.asked),
        statements=tuple(
            ProvedStatement(
                by=said.subject,
                act=said.act,
                statement=said.statement,
                at=said.at,
                record=said.audit_index,
            )
            for said in statements
        ),
    )


def row_of(approval: ProvedApproval) -> ApprovalRow:
    """The row again.

    Raises:
        ProofUnreadableError: a digest is not hex.
    """
    try:
        request, document = bytes.fromhex(approval.request), bytes.fromhex(approval.document)
    except ValueError as error:
        raise ProofUnreadableError(f"approval {approval.id}: {error}") from None
    return ApprovalRow(
        id=approval.id,
        state=approval.state,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
        system=approval.system,
        request_digest=request,
        document_digest=document,
        seal=approval.seal,
        document_type=approval.document_type,
        rule=approval.rule,
        bundle=approval.bundle,
        asked=bytes(approval.asked),
        used_by=approval.used_by,
    )


def statements_of(approval: ProvedApproval) -> tuple[ApprovalStatementRow, ...]:
    """What was said, as rows again."""
    return tuple(
        ApprovalStatementRow(
            approval=approval.id,
            subject=each.by,
            act=each.act,
            statement=each.statement,
            at=each.at,
            audit_index=each.record,
        )
        for each in approval.statements
    )
