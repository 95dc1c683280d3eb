"""How far an envelope has come: what `state` folds its terms and entries into."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from cloud_bridge.envelopes.statements import Claimed, Revision
from cloud_bridge.model import Party, Terms, Value

PEN: Final = timedelta(minutes=10)
"""How long nobody else of the turn signs after somebody took the pen."""

Status = Literal["draft", "signing", "completed", "declined", "withdrawn", "expired", "voided"]
"""It only goes on: from `draft` to `signing` to one of the ends; of those, `completed` may become
`voided`."""

OVER: Final[frozenset[Status]] = frozenset({"declined", "withdrawn", "expired"})
"""Ends in which nothing was agreed: nobody signs any more, and what is wrong holds up nothing."""

Step = Literal["waiting", "its-turn", "opened", "signed", "declined", "stood-for", "copy"]


class PartyState(Value, frozen=True):
    """How far a party is.

    Attributes:
        party: as the terms have it; account and name as it was forwarded or claimed since.
        state: `stood-for`: another of its `any_of` signed; `copy`: it has nothing to sign.
        at: since when; None: from the beginning.
        claimed: of a bearer: who was the first.
    """

    party: Party
    state: Step
    at: datetime | None = None
    claimed: Claimed | None = None

    @property
    def missing(self) -> bool:
        """Whether it has still to sign."""
        return self.state == "waiting" or self.has_its_turn

    @property
    def has_its_turn(self) -> bool:
        """Whether those before it have signed; the pen may keep it off all the same."""
        return self.state in {"its-turn", "opened"}


class Pen(Value, frozen=True):
    """Who signs now, and since when."""

    party: str
    at: datetime


class EnvelopeState(Value, frozen=True):
    """An envelope after some entry. The state of all who have the same entries is the same.

    Attributes:
        terms: as they were sent.
        terms_digest: SHA-256 of their JSON, hex.
        status: see `Status`.
        sequence: of the newest entry; 0: none.
        head: that entry's hash, hex; empty: none.
        at: that entry's moment, by the network's clock; None: none.
        parties: in the order of the terms, then those who get copies since.
        current: each document's digest now, by its name.
        revisions: of each document, oldest first.
        pen: who took it last, unless it has signed since.
        acknowledged: the sequence up to which each organisation holds the record, by its id.
        statement_ids: the sequence of each statement, by its id.
        hashes: of all entries, oldest first.
        substance: the sequence of the newest entry that is more than an acknowledgement.
    """

    terms: Terms
    terms_digest: str
    status: Status
    sequence: int
    head: str
    at: datetime | None
    parties: tuple[PartyState, ...]
    current: Mapping[str, str]
    revisions: Mapping[str, tuple[Revision, ...]]
    pen: Pen | None
    acknowledged: Mapping[str, int]
    statement_ids: Mapping[str, int]
    hashes: tuple[str, ...]
    substance: int

    def party(self, party: str) -> PartyState | None:
        """A party by its id in the envelope."""
        return next((each for each in self.parties if each.party.id == party), None)

    def parties_of(self, account: str) -> tuple[PartyState, ...]:
        """The parties, and copies, of an account as it is now."""
        return tuple(each for each in self.parties if each.party.account == account)

    @property
    def missing(self) -> tuple[str, ...]:
        """Who has still to sign, by their ids in the envelope."""
        return tuple(each.party.id for each in self.parties if each.missing)

    @property
    def organisations(self) -> frozenset[str]:
        """Whose word counts in the envelope and who gets its entries."""
        return frozenset(
            [self.terms.initiator]
            + [each.party.account for each in self.parties if each.party.kind == "organisation"]
        )

    def size(self, document: str) -> int:
        """How many bytes a document of the terms has now."""
        revisions = self.revisions[document]
        if revisions:
            return revisions[-1].size
        return next(each.size for each in self.terms.documents if each.name == document)
