"""Our turn: each document is handed to the signing cycle, upon its newest revision.

There is no other way to the key than the cycle, and it uses it at most once for a base: the
idempotency key names envelope, party, document and base. What the policies refuse is declined with
a word that may leave; what they say besides does not.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Revision
from cloud_bridge.model import DocumentTerms, Party
from gateway.clock import Clock
from gateway.documents.errors import DocumentProblem, PreparationFailedProblem
from gateway.envelopes.causes import key_of, trace_of
from gateway.envelopes.course.sealed_update import container_in, field_of
from gateway.envelopes.errors import (
    EnvelopeRequestLostProblem,
    EnvelopeSenselessProblem,
    NoRuleForInboundProblem,
)
from gateway.envelopes.ground import Inbound, Member
from gateway.envelopes.keeping.contents import Contents
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.versions import signed_acts
from gateway.errors import Problem
from gateway.seals.in_force import InForce
from gateway.signing.callers import caller_now
from gateway.signing.digests import HashedDocument
from gateway.signing.errors import (
    ApprovalRejectedProblem,
    DeniedProblem,
    FrozenProblem,
    IntakeRefusedProblem,
    LimitReachedProblem,
    SealFrozenProblem,
    SealNotActiveProblem,
    SealsDoNotCombineProblem,
)
from gateway.signing.model import SigningRequest
from gateway.signing.service import SigningService
from gateway.store.rows.documents import DocumentRow
from gateway.store.rows.envelopes import EnvelopeRow
from policies.model import Allowed, AttributeValue, OnPage, Placement, SealRequest

Declinable = Literal["policy", "document", "not-approved"]
"""Why we decline, as others are told it."""

_NOT_FOR_GOOD: Final = (
    FrozenProblem,
    LimitReachedProblem,
    SealFrozenProblem,
    SealNotActiveProblem,
    SealsDoNotCombineProblem,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """That it is a party's turn, and what is known of the envelope.

    Attributes:
        member: of ours, who signs.
        row: the envelope's.
        state: as far as it has come.
        entries: of its record.
        party: which of its parties we are.
        act: what the policies are asked for: whether we sign it, or whether it may be sent at all.
    """

    member: Member
    row: EnvelopeRow
    state: EnvelopeState
    entries: Sequence[Entry]
    party: Party
    act: Literal["send", "sign"] = "sign"

    def rule(self, document: DocumentTerms) -> Inbound:
        """What a document is called here, and with which seal it is signed.

        Raises:
            EnvelopeRequestLostProblem: it is ours, and came to us from the network.
            NoRuleForInboundProblem: nothing says so.
        """
        if self.row.ours:
            self._refuse_lost()
            return Inbound(self.row.document_type, self.row.seal)
        found = self.member.inbound_of(document.type)
        if found is None:
            raise NoRuleForInboundProblem(
                f"`bridge.companies[].inbound` of company {self.member.company!r} has nothing for "
                f"documents of the type {document.type!r}"
            )
        return found

    def _refuse_lost(self) -> None:
        """Neither sign nor decline by guesses: seal and attributes were asked for by a system."""
        if self.row.idempotency_key is None:
            raise EnvelopeRequestLostProblem(
                f"envelope {self.row.id} was sent for company {self.member.company!r}, and came "
                "back from the network: the gateway's database is older than it, or was put back"
            )


@dataclass(frozen=True, slots=True)
class Sealed:
    """One document that we have sealed."""

    revision: Revision
    row: DocumentRow


class TurnSealing:
    """Hands the documents of an envelope to the signing cycle."""

    def __init__(
        self,
        *,
        signing: SigningService,
        contents: Contents,
        in_force: Callable[[], InForce],
        naming: Naming,
        clock: Clock,
    ) -> None:
        self._naming = naming
        self._signing = signing
        self._contents = contents
        self._in_force = in_force
        self._clock = clock

    async def examine(
        self, turn: Turn, document: DocumentTerms, content: HashedDocument
    ) -> tuple[Allowed, ...]:
        """Whether a document would be sealed now, or may be sent; and by which decision.

        Raises:
            Problem: why not.
        """
        return await self._signing.examine(self.request(turn, document, content), content)

    async def seal(self, turn: Turn) -> tuple[Sealed, ...]:
        """Seal every document; again, it gives the same.

        Of several documents none is sealed before all would be.

        Raises:
            PartyNameProblem: a company is called what it is not; the key is not even asked for.
            Problem: why one of them is not.
        """
        self._naming.refuse(turn.state)
        documents = turn.state.terms.documents
        bases = {each.name: await self._base(turn, each) for each in documents}
        if len(documents) > 1:
            for each in documents:
                await self.examine(turn, each, bases[each.name])
        return tuple([await self._seal(turn, each, bases[each.name]) for each in documents])

    async def _base(self, turn: Turn, document: DocumentTerms) -> HashedDocument:
        return await self._contents.hashed_of_digest(
            turn.member.organisation, turn.row.id, turn.state.current[document.name]
        )

    async def _seal(self, turn: Turn, document: DocumentTerms, base: HashedDocument) -> Sealed:
        sealed = await self._signing.seal(self.request(turn, document, base), base)
        content = b"".join(sealed.content)
        update = content[len(base.content) :]
        return Sealed(
            revision=Revision(
                document=document.name,
                base=turn.state.current[document.name],
                digest=base.digest_with(update).hex(),
                size=len(content),
                container=container_in(update),
                field=field_of(sealed, update),
            ),
            row=sealed.row,
        )

    def request(self, turn: Turn, document: DocumentTerms, base: HashedDocument) -> SigningRequest:
        """What the signing cycle is asked for a document upon a base.

        Raises:
            EnvelopeRequestLostProblem: it is ours, and nobody knows what was asked for it.
            EnvelopeSenselessProblem: documents of the type cannot be signed by several.
            NoRuleForInboundProblem: nothing says what it is here.
            SystemGoneProblem: the policies do not know who asks.
        """
        in_force, rule, terms = self._in_force(), turn.rule(document), turn.state.terms
        known = in_force.bundle.document_types.get(rule.document_type)
        if known is not None and known.normalize:
            raise EnvelopeSenselessProblem(
                f"document type {rule.document_type!r} writes documents anew before they are "
                "sealed (`normalize`), so nobody can sign the same one after us"
            )
        digest = base.digest.hex()
        seal = in_force.bundle.seals.get(rule.seal)
        # A seal without a picture signs unseen, wherever the terms have a field for it.
        is_seen = seal is not None and seal.stamp is not None
        placement = placement_of(turn.party, document) if is_seen else None
        asked = SealRequest(
            caller=caller_now(in_force, turn.row.system, at=self._clock.now()),
            seal=rule.seal,
            document_type=rule.document_type,
            business_number=turn.row.business_number or terms.business_number or terms.envelope,
            attributes=self._attributes(in_force, turn, rule),
            placement=placement,
        )
        return SigningRequest(
            seal_request=asked,
            idempotency_key=key_of(terms.envelope, turn.party.id, document.name, digest),
            trace_id=trace_of(terms.envelope),
            origin=f"envelope:{terms.envelope}",
        )

    def _attributes(
        self, in_force: InForce, turn: Turn, rule: Inbound
    ) -> dict[str, AttributeValue]:
        """The caller's, and of the envelope's what the document type declares.

        What the gateway knows outweighs what a caller says of it: rules ask who gets a document.
        """
        given: dict[str, AttributeValue] = json.loads(turn.row.attributes)
        known = in_force.bundle.document_types.get(rule.document_type)
        if known is None:
            return given
        offered = envelope_attributes(turn, self._naming.name)
        if known.counterparty is not None and offered["envelope_counterparty"]:
            offered[known.counterparty] = offered["envelope_counterparty"]
        more = {name: value for name, value in offered.items() if name in known.attributes}
        return {**given, **more}


def envelope_attributes(turn: Turn, name: Callable[[Party], str]) -> dict[str, AttributeValue]:
    """What a document type may declare to know of an envelope: `envelope_…`, and `filled_FIELD`.

    Args:
        turn: in which envelope.
        name: what a party is called, whatever the terms say.
    """
    terms = turn.state.terms
    others = [
        each.party for each in turn.state.parties if each.party.account != turn.member.organisation
    ]
    signing = [called for each in others if not each.copy and (called := name(each))]
    recipients = dict.fromkeys(name(each) or each.account or each.kind for each in others)
    initiator = name(Party(id="initiator", kind="organisation", account=terms.initiator))
    filled = {
        f"filled_{field}": value
        for _, act, _ in signed_acts(turn.entries)
        for field, value in act.values.items()
    }
    return {
        **filled,
        "envelope_title": terms.title,
        "envelope_mode": terms.mode,
        "envelope_initiator": initiator or terms.initiator,
        "envelope_counterparty": "; ".join(signing),
        "envelope_recipients": "; ".join(recipients),
        "envelope_voids": terms.voids or "",
        "envelope_is_ours": turn.row.ours,
        "envelope_act": turn.act,
    }


def reason_to_decline(problem: Problem) -> Declinable | None:
    """The word by which we decline what is refused for good; None: it may be otherwise later."""
    match problem:
        case PreparationFailedProblem():
            return None
        case IntakeRefusedProblem() | DocumentProblem():
            return "document"
        case ApprovalRejectedProblem():
            return "not-approved"
        case DeniedProblem() if not isinstance(problem, _NOT_FOR_GOOD):
            return "policy"
        case _:
            return None


def placement_of(party: Party, document: DocumentTerms) -> Placement | None:
    """Where the terms want the party's signature; None: where the policies say."""
    for field in party.fields:
        if field.kind == "signature" and field.document == document.name:
            box = field.box
            if box.page > 0 or box.page == -1:
                page: int | Literal["last"] = box.page if box.page > 0 else "last"
                return OnPage(page=page, left_mm=box.left_mm, top_mm=box.top_mm)
    return None
