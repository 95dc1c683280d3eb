"""What people are asked, as the approval's row keeps it."""

from collections.abc import Iterable

import msgspec

from gateway.approvals.statements import Subject
from gateway.store.rows.approvals import ApprovalRow
from policies.bundle import Bundle
from policies.deciding.approving import requesters_of
from policies.model import Caller, DocumentFacts, NeedsApproval, SealRequest, Stage
from policies.objects.rules import Approvals, PermitRule


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever approves is shown.

    Attributes:
        request: who asks for the seal, and on what.
        facts: of the document.
        decision: what must be approved, and by which rule; None: nobody was asked here, an OA
            system's approval came with the request.
        rule: that rule, as it was then.
        trace_id: of the request that asked first.
    """

    request: SealRequest
    facts: DocumentFacts
    decision: NeedsApproval | None = None
    rule: PermitRule | None = None
    trace_id: str

    @property
    def roles(self) -> frozenset[str]:
        """All who have a say."""
        return frozenset(role for stage in self.stages for role in stage.roles)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All that the rule asks for, whatever was approved when it was asked."""
        return () if self.approvals is None else self.approvals.stages

    @property
    def approvals(self) -> Approvals | None:
        """Who must approve, as the rule says."""
        return None if self.rule is None else self.rule.approvals

    @property
    def requesters(self) -> frozenset[str]:
        """The persons who asked: none of them approves."""
        return requesters_of(self.request)

    @property
    def in_order(self) -> bool:
        """Whether a stage begins only when the one before is complete."""
        return self.approvals is not None and self.approvals.in_order


def concerned(row: ApprovalRow, asked: Asked) -> frozenset[str]:
    """Whom it concerns besides auditors: the system that asked, the persons, and who has a say."""
    return _named(row.system, asked.requesters, asked.roles)


def names_of(caller: Caller) -> frozenset[str]:
    """As what an approval may concern the caller."""
    persons = frozenset[str]() if caller.person is msgspec.UNSET else frozenset({caller.person})
    return _named(caller.system, persons, caller.roles)


def _named(system: str, persons: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    return frozenset(
        {
            f"system:{system}",
            *(f"person:{person}" for person in persons),
            *(f"role:{role}" for role in roles),
        }
    )


def written(asked: Asked) -> bytes:
    """As the row keeps it."""
    return msgspec.json.encode(asked)


def asked_of(row: ApprovalRow) -> Asked:
    """The inverse of `written`."""
    return msgspec.json.decode(row.asked, type=Asked)


def subject_of(row: ApprovalRow) -> Subject:
    """What a statement on this approval must speak of."""
    return Subject(
        approval=row.id,
        document=row.document_digest.hex(),
        seal=row.seal,
        document_type=row.document_type,
        request=row.request_digest.hex(),
        rule=row.rule,
        expires=int(row.expires_at.timestamp()),
    )


def rule_named(bundle: Bundle, name: str) -> PermitRule | None:
    """The permit of that full name, `policy/rule-id`."""
    policy_name, _, rule_id = name.partition("/")
    policy = bundle.policies.get(policy_name)
    rules = () if policy is None else policy.permit
    return next((rule for rule in rules if rule.id == rule_id), None)
