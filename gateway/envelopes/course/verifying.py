"""What others send and sign is believed here, or not: before it is kept, and before we sign.

A document that is kept was verified: its row is the proof. Of a revision that somebody else signed
the judging process must find that it adds that party's signature and nothing else.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.model import DocumentTerms, Party
from gateway.envelopes import errors
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.contents import Contents, Part
from gateway.envelopes.keeping.evidence import take_evidence
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.noting import noted, who_else
from gateway.envelopes.keeping.troubles import LONGEST, STAMP_OVER_TEXT, Trouble
from gateway.envelopes.keeping.versions import Version, versions_of
from gateway.revisions.faults import UNSEEN, RevisionFault
from gateway.signing.digests import beside_the_loop, digests_of_prefixes, sha256_of
from gateway.store.engines.lane import Transaction
from gateway.verification.model import AskedRevision, RevisionJudgement
from policies.intake import RULES

_LARGEST_STAMP_MM: Final = 80.0
_MOST_BYTES: Final = 128 * 1024 * 1024
_MOST_SEALS: Final = 8
_WHOLE_PAGE_MM: Final = 2000.0

_PROBLEMS: Final[Mapping[RevisionFault, type[errors.RevisionProblem]]] = {
    "other-base": errors.RevisionOfOtherBaseProblem,
    "unreadable": errors.RevisionUnreadableProblem,
    "unsigned": errors.RevisionUnsignedProblem,
    "more-signatures": errors.RevisionMoreSignaturesProblem,
    "page-added": errors.RevisionPageProblem,
    "page-changed": errors.RevisionPageProblem,
    "content-changed": errors.RevisionContentProblem,
    "form-changed": errors.RevisionContentProblem,
    "ambiguous": errors.RevisionContentProblem,
    "annotation": errors.RevisionAnnotationProblem,
    "too-large-a-stamp": errors.RevisionAnnotationProblem,
    "hidden": errors.RevisionHidesProblem,
    "not-whole": errors.RevisionNotIntactProblem,
    "not-intact": errors.RevisionNotIntactProblem,
    "earlier-broken": errors.RevisionNotIntactProblem,
    "untrusted": errors.RevisionUntrustedProblem,
    "expired": errors.RevisionExpiredProblem,
    "time": errors.RevisionExpiredProblem,
    "other-container": errors.RevisionNotAsToldProblem,
    "other-field": errors.RevisionNotAsToldProblem,
    "other-name": errors.RevisionOfOtherCompanyProblem,
}


class RevisionJudge(Protocol):
    """Whoever judges revisions: `gateway.verification.verifier.Verifier`."""

    async def judge_revision(
        self, base: bytes, document: bytes, asked: AskedRevision
    ) -> RevisionJudgement:
        """See `gateway.verification.verifier.Verifier.judge_revision`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Certificates that are believed without proof, DER: of companies, and of persons alone."""

    companies: Callable[[], Sequence[bytes]]
    persons: Callable[[], Sequence[bytes]]

    def of(self, party: Party) -> tuple[bytes, ...]:
        """Those that may say who such a party is."""
        return tuple(self.companies() if party.kind == "organisation" else self.persons())


class Verifying:
    """Fetches what of an envelope is not here, judges it, and keeps it."""

    def __init__(
        self,
        *,
        ground: Ground,
        contents: Contents,
        judge: RevisionJudge,
        trust: Trust,
        keeps_text_free: Callable[[str], bool],
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        """Join them.

        Args:
            ground: what it stands on.
            contents: keeps what was believed.
            judge: the judging process.
            trust: who may say who a party is.
            keeps_text_free: whether the policies refuse documents of a type of ours in which a
                stamp of others lies over text.
            most_bytes: larger documents are not even fetched.
        """
        self._most_bytes = most_bytes
        self._ground = ground
        self._contents = contents
        self._judge = judge
        self._trust = trust
        self._keeps_text_free = keeps_text_free

    async def take_all(
        self, member: Member, state: EnvelopeState, entries: Sequence[Entry]
    ) -> tuple[str, ...]:
        """Take what is missing; gives the documents that somebody must bring (mode `digest`).

        Raises:
            RevisionProblem: a partner's revision does not count.
            RevisionNotJudgedProblem: it could not be judged.
            EnvelopeTooLargeToTakeProblem: it is not even fetched.
            NetworkError: what is missing cannot be fetched, or is something else.
            StoreProblem: it cannot be kept.
        """
        envelope = state.terms.envelope
        here = await self._contents.here(member.organisation, envelope)
        lacking = []
        for document in state.terms.documents:
            wanted = state.current[document.name]
            if wanted in here:
                continue
            if state.terms.mode == "digest":
                lacking.append(document.name)
                continue
            if state.size(document.name) > self._most_bytes:
                raise errors.EnvelopeTooLargeToTakeProblem(
                    f"{document.name} has {state.size(document.name):,} bytes; at most "
                    f"{self._most_bytes:,} are taken"
                )
            content = await self._contents.fetch(member, envelope, wanted)
            await self.take(member, state, entries, document.name, content)
        await take_evidence(
            self._ground, self._contents, member, state, entries, most_bytes=self._most_bytes
        )
        return tuple(lacking)

    async def refuse_other(self, state: EnvelopeState, document: str, content: bytes) -> None:
        """See that somebody who brings a file brings the newest of the document.

        Raises:
            EnvelopeFileOtherProblem: it is another; then it is no fault of a partner's.
        """
        found = (await sha256_of(content)).hex()
        if found != state.current[document]:
            raise errors.EnvelopeFileOtherProblem(
                f"{document} has SHA-256 {state.current[document]}, the file {found}"
            )

    async def take(
        self,
        member: Member,
        state: EnvelopeState,
        entries: Sequence[Entry],
        document: str,
        content: bytes,
    ) -> None:
        """Take the newest version of a document, which holds all before it.

        Raises:
            RevisionProblem: what somebody signed in it does not count.
            RevisionNotJudgedProblem: it could not be judged.
            StoreProblem: it cannot be kept.
        """
        terms = next(each for each in state.terms.documents if each.name == document)
        versions = versions_of(state, entries, document)
        here = await self._contents.here(member.organisation, state.terms.envelope)
        parts = [Part(terms.digest, terms.size)]
        parts += [Part(each.revision.digest, each.revision.size) for each in versions]
        await self._compare_digests(document, content, parts)
        judged = []
        # Where one of our seals is to follow, its intake rules look at all of it.
        is_last = not any(each.missing for each in state.parties_of(member.organisation))
        for version in versions:
            if version.revision.digest in here:
                continue
            under = await self._believe(state, version, content, looks_under=is_last)
            judged.append((version, under))
        trouble = await self._stamped_over(member, state, terms, judged)
        now = self._ground.clock.now()

        def besides(unit: Transaction) -> None:
            if terms.digest not in here and state.terms.initiator != member.organisation:
                record = noted(
                    "received",
                    member,
                    state.terms.envelope,
                    at=now,
                    digest=terms.digest,
                    **who_else(member, state),
                )
                self._ground.audit.append(unit, record)
            for version, under in judged:
                record = noted(
                    "verified",
                    member,
                    state.terms.envelope,
                    at=now,
                    party=version.party,
                    base=version.revision.base,
                    digest=version.revision.digest,
                    **({"findings": [{"rule": STAMP_OVER_TEXT, "detail": under}]} if under else {}),
                )
                self._ground.audit.append(unit, record)
            if trouble is not None:
                # No lie of the network's, so it counts nowhere.
                troubles = Troubles(member, self._ground, Tally())
                troubles.put(unit, state.terms.envelope, trouble)

        await self._contents.keep(
            member, state.terms.envelope, document, content, parts=parts, besides=besides
        )

    async def _compare_digests(self, document: str, content: bytes, parts: Sequence[Part]) -> None:
        digests = await beside_the_loop(
            len(content), lambda: digests_of_prefixes(content, [part.size for part in parts])
        )
        if len(content) != parts[-1].size or digests[-1] != parts[-1].digest:
            raise errors.RevisionOfOtherBaseProblem(
                f"{document} is not the file whose digest was told"
            )
        for number, (found, part) in enumerate(zip(digests, parts, strict=True)):
            if found != part.digest:
                raise errors.RevisionOfOtherBaseProblem(
                    f"{document}: what was signed after signature {number} does not begin with "
                    "the bytes that were signed upon"
                )

    async def _stamped_over(
        self,
        member: Member,
        state: EnvelopeState,
        terms: DocumentTerms,
        judged: Sequence[tuple[Version, str]],
    ) -> Trouble | None:
        """What is to be told of stamps over text: it is signed, so nothing is held up for it."""
        found = [(version.party, under) for version, under in judged if under]
        if not found:
            return None
        row = await self._ground.envelopes.by_id(member.organisation, state.terms.envelope)
        type_ = row.document_type if row is not None and row.ours else ""
        if not type_ and (inbound := member.inbound_of(terms.type)) is not None:
            type_ = inbound.document_type
        if not self._keeps_text_free(type_):
            return None
        where = "; ".join(f"signed by {party}: {under}" for party, under in found)
        words = f"{terms.name}, {where}: {RULES[STAMP_OVER_TEXT].reason}"
        return Trouble(STAMP_OVER_TEXT, words[:LONGEST], holds=False)

    async def _believe(
        self, state: EnvelopeState, version: Version, content: bytes, *, looks_under: bool
    ) -> str:
        """Believe a version; gives what lies under its stamps, if anything does."""
        told = state.party(version.party)
        if told is None:
            raise errors.RevisionUnsignedProblem(f"there is no party {version.party!r}")
        party = told.party
        revision = version.revision
        asked = AskedRevision(
            base_bytes=version.base_size,
            trust=self._trust.of(party),
            name=party.name or None,
            at=version.at,
            field=revision.field,
            container=hashlib.sha256(revision.container).hexdigest(),
            most=_MOST_SEALS if party.kind == "organisation" else 1,
            largest_mm=_largest_mark(party),
            is_person=party.kind != "organisation",
            looks_under=looks_under,
        )
        judgement = await self._judge.judge_revision(
            content[: version.base_size], content[: revision.size], asked
        )
        if judgement.fault is None:
            return judgement.over_text
        words = f"{revision.document}, signed by {party.name or party.id}: {judgement.why}"
        if judgement.fault == "could-not-tell" and looks_under:
            # What lies under its stamps is only told: a contract is not left for want of that.
            await self._believe(state, version, content, looks_under=False)
            return f"{UNSEEN}: {judgement.why}"
        if judgement.fault == "could-not-tell":
            raise errors.RevisionNotJudgedProblem(words)
        if judgement.fault == "untrusted" and party.kind != "organisation":
            raise errors.RevisionPersonUntrustedProblem(words)
        raise _PROBLEMS[judgement.fault](words)


def _largest_mark(party: Party) -> float:
    """How wide or high what a party's signature shows may be.

    What a person fills in is drawn in one appearance over all of its fields of a page.
    """
    if party.kind != "organisation" and party.fields:
        return _WHOLE_PAGE_MM
    sides = [max(each.box.width_mm, each.box.height_mm) for each in party.fields]
    return max([_LARGEST_STAMP_MM, *sides])
