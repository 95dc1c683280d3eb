"""授权书, and OA systems whose approvals count."""

import base64

from policies.kinds.grants import ApprovalSourceKind, SealGrantKind
from policies.objects.seals import Amount, SealGrant
from policies.objects.systems import ApprovalSource


def grant(name: str, kind: SealGrantKind) -> SealGrant:
    """Of `kind: SealGrant`."""
    spec = kind.spec
    ((grantee_kind, grantee),) = spec.grantee.said
    amount, document, revoked = spec.amount, spec.document, spec.revoked
    return SealGrant(
        name=name,
        grantor=spec.grantor,
        grantee_kind=grantee_kind,
        grantee=grantee,
        seals=spec.seals,
        document_types=spec.document_types,
        amount=None
        if amount is None
        else Amount(attribute=amount.attribute, maximum=amount.maximum),
        valid_from=spec.valid_from,
        valid_until=spec.valid_until,
        sub_delegation=spec.sub_delegation,
        under=spec.under,
        document=None if document is None else document.file,
        document_digest=None if document is None else document.sha256,
        revoked_at=None if revoked is None else revoked.at,
        revoked_reason=None if revoked is None else revoked.reason,
    )


def approval_source(name: str, kind: ApprovalSourceKind) -> ApprovalSource:
    """Of `kind: ApprovalSource`."""
    spec = kind.spec
    return ApprovalSource(
        name=name,
        company=spec.company,
        role=spec.role,
        algorithm=spec.algorithm,
        public_key=base64.b64decode(spec.public_key),
        max_age_seconds=3600 * spec.max_age_hours,
        audience=spec.audience,
    )
