"""What the policies let be sealed, for whom: conditions, limits and freezes apart."""

from dataclasses import dataclass
from datetime import datetime

from gateway.batches.receipts.maker import RECEIPT_TYPE
from gateway.envelopes.carriage.own_card import CARD_TYPE
from policies.bundle import Bundle
from policies.foresight.reach import Reach
from policies.objects.rules import PermitRule
from policies.objects.seals import Seal

OWN_TYPES = frozenset({RECEIPT_TYPE, CARD_TYPE})
"""Document types of what the gateway itself writes; no project answers for them."""
PEOPLE = "people"
"""The word for all who are no system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A rule that permits an active seal on a document type.

    Attributes:
        seal: which.
        document_type: on what.
        rule: `policy/rule-id`.
        permit: the rule.
        audience: whom it may help: `tms`, `post:dispatch`, `person:li-na`.
    """

    seal: Seal
    document_type: str
    rule: str
    permit: PermitRule
    audience: frozenset[str]

    @property
    def systems(self) -> frozenset[str]:
        """The systems of its audience."""
        return frozenset(name for name in self.audience if ":" not in name)

    @property
    def triggers(self) -> frozenset[str]:
        """The systems, and `people` if there are any others."""
        others = {PEOPLE} if self.audience - self.systems else set()
        return self.systems | others

    @property
    def is_automatic(self) -> bool:
        """Whether a system gets the seal and nobody approves."""
        return self.permit.approvals is None and bool(self.systems)

    @property
    def is_manual(self) -> bool:
        """Whether people ask, or approve."""
        return self.permit.approvals is not None or PEOPLE in self.triggers


def openings_of(bundle: Bundle, *, at: datetime) -> tuple[Opening, ...]:
    """All of them, of the bundle's own rules at a moment."""
    reach = Reach(bundle, at=at)
    return tuple(
        Opening(
            seal=bundle.seals[seal],
            document_type=document_type,
            rule=named.name,
            permit=named.rule,
            audience=audience,
        )
        for covering, pairs in reach.groups()
        for named in covering.permits
        if (audience := reach.left(named, covering))
        for seal, document_type in pairs
        if bundle.seals[seal].state == "active"
    )
