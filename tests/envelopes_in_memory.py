"""`Envelopes` without a network: one company's envelopes in memory, folded by the real machine.

What may happen and what state comes of it is the product's (`cloud_bridge.envelopes`); what is not
here is carrying, policies and keys. Tests say what the others do.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Act,
    Completed,
    Declined,
    Reminded,
    Sent,
    Withdrawn,
)
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import (
    DocumentTerms,
    NetworkIdentity,
    Person,
    SignedCard,
    Terms,
    Verification,
)
from cloud_bridge.network.accounts.accounts import masked
from cloud_bridge.wire import PersonLink
from gateway.envelopes.interfaces import Envelopes
from gateway.envelopes.model import (
    Accepted,
    EnvelopePage,
    EnvelopeTold,
    EvidenceTold,
    NewEnvelope,
    NewFile,
    PartyTold,
    Step,
)
from gateway.http.errors import MalformedRequestProblem, NotFoundProblem
from policies.model import Caller
from tests.envelope_parties import START, Envelope

OURS = "org-buyer"


@dataclass
class Kept:
    """One envelope, and what the gateway knows of it besides."""

    made: Envelope
    company: str
    number: str
    contents: dict[str, bytes] = field(default_factory=dict)
    evidence: tuple[EvidenceTold, ...] = ()

    def told(self) -> EnvelopeTold:
        state, ours = self.made.state, self.made.state.terms.initiator == OURS
        terms = state.terms
        mine = [each.party.id for each in state.parties_of(OURS) if each.missing]
        step: Step = "nothing"
        if state.status == "signing":
            step = "sign" if mine and mine[0] in _turn(self.made) else "wait-for-others"
        return EnvelopeTold(
            id=terms.envelope,
            title=terms.title,
            company=self.company,
            ours=ours,
            mode=terms.mode,
            status="sending" if state.status == "draft" else state.status,
            business_number=self.number,
            counterparties=tuple(
                each.party.name for each in state.parties if each.party.account != OURS
            ),
            parties=tuple(
                PartyTold(
                    id=each.party.id,
                    name=each.party.name,
                    account=each.party.account,
                    state=each.state,
                    at=each.at,
                )
                for each in state.parties
            ),
            documents=terms.documents,
            digests=state.current,
            next_step=step,
            next_hint="",
            created_at=START,
            changed_at=state.at or START,
            expires_at=terms.expires_at,
            sequence=state.sequence,
            head=state.head,
            evidence=self.evidence,
        )


def _turn(made: Envelope) -> tuple[str, ...]:
    return tuple(
        each.party.id for each in made.state.parties if each.state in {"its-turn", "opened"}
    )


class EnvelopesInMemory(Envelopes):
    """Of one company; another's caller finds nothing."""

    def __init__(self, company: str = "east", *, cards: Sequence[SignedCard] = ()) -> None:
        self.company = company
        self.kept: dict[str, Kept] = {}
        self.links: list[str] = []
        self.persons: dict[tuple[str, str], str] = {}
        self.released: list[str] = []
        self.unasked: tuple[str, ...] = ()
        self._cards = cards
        self._by_key: dict[tuple[str, str], tuple[NewEnvelope, tuple[NewFile, ...], str]] = {}
        self._changed = asyncio.Condition()

    async def create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], *, key: str
    ) -> Accepted:
        before = self._by_key.get((caller.system, key))
        if before is not None:
            if before[:2] != (new, tuple(files)):
                raise MalformedRequestProblem("another envelope has this key")
            kept = self.kept[before[2]]
            return Accepted(kept.told(), kept.made.state.terms, repeated=True)
        envelope = str(UUID(int=len(self.kept) + 1, version=4))
        try:
            made = Envelope(_terms(new, files, envelope)).send()
        except NotAllowedError as error:
            raise MalformedRequestProblem(str(error)) from error
        contents = {file.name: file.content for file in files}
        self.kept[envelope] = Kept(made, new.company, new.business_number, contents)
        self._by_key[caller.system, key] = (new, tuple(files), envelope)
        told = self.kept[envelope].told()
        return Accepted(told, made.state.terms, repeated=False, unasked=self.unasked)

    async def receive(self, terms: Terms, *, by: str, contents: dict[str, bytes]) -> None:
        """Another company sends one."""
        made = Envelope(terms)
        made.say(Sent(terms=made.state.terms_digest), by=by)
        self.kept[terms.envelope] = Kept(made, self.company, "", contents)
        await self.news()

    async def news(self) -> None:
        """Something has happened to an envelope: those who wait look."""
        async with self._changed:
            self._changed.notify_all()

    async def listing(
        self, caller: Caller, *, status: str | None, after: str | None, most: int
    ) -> EnvelopePage:
        told = [kept.told() for kept in reversed(self.kept.values()) if self._is_seen(caller)]
        told = [each for each in told if status in {None, each.status}]
        if after is not None:
            ids = [each.id for each in told]
            told = told[ids.index(after) + 1 :]
        page = tuple(told[:most])
        return EnvelopePage(page, page[-1].id if len(told) > most else None)

    async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
        return self._one(caller, envelope).told()

    async def watch(
        self, caller: Caller, envelope: str, *, beyond: int, seconds: float
    ) -> EnvelopeTold:
        kept = self._one(caller, envelope)
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: kept.made.state.sequence > beyond)
        except TimeoutError:
            pass
        return kept.told()

    async def withdraw(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        return await self._say(caller, envelope, Withdrawn(reason=reason))

    async def decline(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        (own,) = (each.party.id for each in self._one(caller, envelope).made.state.parties_of(OURS))
        act = Declined(reason="by-hand", remark=reason)
        return await self._say(caller, envelope, act, party=own)

    async def remind(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        return await self._say(caller, envelope, Reminded(party=party))

    async def link(self, caller: Caller, envelope: str, party: str) -> PersonLink:
        state = self._one(caller, envelope).made.state
        each = state.party(party)
        if each is None or each.party.kind == "organisation":
            raise NotFoundProblem(f"there is no person {party}")
        self.links.append(party)
        url = f"https://network.example/s/{len(self.links)}"
        return PersonLink(url=url, expires_at=START + timedelta(days=7))

    async def release(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        state = self._one(caller, envelope).made.state
        each = state.party(party)
        if each is None or each.party.kind != "bearer":
            raise NotFoundProblem(f"there is no bearer {party}")
        self.released.append(party)
        return await self.show(caller, envelope)

    async def person(self, caller: Caller, name: str, contact: str) -> Person:
        assert caller.company == self.company
        known = self.persons.setdefault((name, contact), f"person-{len(self.persons) + 1}")
        verification = Verification(level="none", method="", at=START, expires_at=START)
        return Person(id=known, name=name, contact=masked(contact), verification=verification)

    async def transcript(self, caller: Caller, envelope: str) -> bytes:
        made = self._one(caller, envelope).made
        network = NetworkIdentity(name="network", signing_key=made.network.public)
        return transcript.write(network, made.record(*self._cards))

    async def document(self, caller: Caller, envelope: str, name: str) -> bytes:
        found = self._one(caller, envelope).contents.get(name)
        if found is None:
            raise NotFoundProblem(f"there is no {name}")
        return found

    async def attach(
        self, caller: Caller, envelope: str, name: str, content: bytes
    ) -> EnvelopeTold:
        kept = self._one(caller, envelope)
        digest = hashlib.sha256(content).hexdigest()
        if kept.made.state.current.get(name) != digest:
            raise MalformedRequestProblem(f"{name} is another file than the one that was sent")
        kept.contents[name] = content
        return kept.told()

    async def _say(
        self, caller: Caller, envelope: str, act: Act, *, party: str = ""
    ) -> EnvelopeTold:
        kept = self._one(caller, envelope)
        try:
            kept.made.say(act, by=OURS, party=party)
        except NotAllowedError as error:
            raise MalformedRequestProblem(str(error)) from error
        await self.news()
        return kept.told()

    def complete(self, envelope: str) -> None:
        """Everybody signs, and the network says so."""
        made = self.kept[envelope].made
        while made.state.missing:
            made.sign(_turn(made)[0])
        made.say(Completed(final=dict(made.state.current)), by=NETWORK)

    def _is_seen(self, caller: Caller) -> bool:
        return caller.company == self.company

    def _one(self, caller: Caller, envelope: str) -> Kept:
        if envelope not in self.kept or not self._is_seen(caller):
            raise NotFoundProblem(f"there is no envelope {envelope}")
        return self.kept[envelope]


def _terms(new: NewEnvelope, files: Sequence[NewFile], envelope: str) -> Terms:
    return Terms(
        envelope=envelope,
        title=new.title,
        initiator=OURS,
        mode=new.mode,
        parties=new.parties,
        documents=tuple(
            DocumentTerms(
                name=file.name,
                digest=hashlib.sha256(file.content).hexdigest(),
                size=len(file.content),
                type=new.document_type,
            )
            for file in files
        ),
        expires_at=new.expires_at,
        business_number=new.business_number if new.tell_number else "",
        delivery=new.delivery,
        voids=new.voids,
    )
