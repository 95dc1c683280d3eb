"""Several seals in one act: one part a seal, each on the output of the one before.

A seal alone is an act of one part. Why revisions in a chain: docs/adr/0012.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.documents.container import digest_of
from gateway.documents.model import Preparation, Prepared
from gateway.seals.model import SealMaterial
from gateway.signing.deciding import Decided, Inquiry
from gateway.signing.digests import HashedDocument
from gateway.signing.guard import Use
from gateway.signing.ids import new_document_id
from gateway.store.rows.documents import DocumentRow
from policies.model import Allowed, DocumentFacts, Placement, SealRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One seal of an act.

    Attributes:
        asked: what is asked for this seal.
        seal: the seal.
        document_id: of the part's output; of the last part it is the act's id.
        signed_at: the moment in its signature.
        known: the row of an earlier try.
        act: the act's id; None for a seal alone.
        number: which part it is, counted from 1.
        of: how many there are.
    """

    asked: SealRequest
    seal: SealMaterial
    document_id: str
    signed_at: datetime
    known: DocumentRow | None
    act: str | None
    number: int
    of: int

    @property
    def is_sealed(self) -> bool:
        """Whether an earlier try got this far; its output is then taken as it is."""
        return self.known is not None and self.known.is_sealed

    @property
    def is_last(self) -> bool:
        """Whether its output is what is released."""
        return self.number == self.of

    def on_the_revision_before(self, placement: Placement | None) -> Preparation:
        """How it is prepared when it follows another part: intake and rewriting are done."""
        return Preparation(
            document_id=self.document_id, signed_at=self.signed_at, placement=placement
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What all parts have in common, once all seals are allowed.

    Attributes:
        inquiry: what was asked.
        normalized_digest: of the document written anew, where its type says so.
        facts: of the document that came in; every seal was decided on these.
    """

    inquiry: Inquiry
    normalized_digest: bytes | None
    facts: DocumentFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A part as it is about to be signed.

    Attributes:
        act: what it belongs to.
        part: the seal.
        use: what the guards are asked about.
        base: what its update is appended to.
        prepared: the update.
        to_be_signed: the signed attributes, DER (RFC 5652 §5.4).
    """

    act: Act
    part: Part
    use: Use
    base: HashedDocument
    prepared: Prepared
    to_be_signed: bytes

    @property
    def digest(self) -> bytes:
        """What the key signs, as its mechanism wants it."""
        return hashlib.new(digest_of(self.part.seal.mechanism), self.to_be_signed).digest()


def use_of(act: Act, part: Part, allowed: Sequence[Decided[Allowed]]) -> Use:
    """One part's use of its seal; `allowed` is its own, and those of the parts that follow it."""
    own, *further = allowed
    inquiry = act.inquiry
    return Use(
        asked=part.asked,
        case=own.case,
        in_force=inquiry.in_force,
        decision=own.decision,
        further=tuple(each.decision for each in further),
        known=own.known,
        facts=act.facts,
        at=inquiry.at,
        document_id=part.document_id,
        act_digest=inquiry.digest,
        input_digest=inquiry.input_digest,
        first=part.known is None,
        document_type=inquiry.document_type,
    )


def parts_of(
    asked: Sequence[SealRequest],
    seals: Mapping[str, SealMaterial],
    earlier: Sequence[DocumentRow],
    *,
    now: datetime,
) -> tuple[Part, ...]:
    """The parts in order; what an earlier try has begun keeps its id and moment.

    Args:
        asked: for each seal, in order.
        seals: by id.
        earlier: rows of an earlier try, in order.
        now: for the parts that are new.
    """
    several = len(asked) > 1
    act = earlier[0].act if earlier else (new_document_id(now) if several else None)
    parts = []
    for number, each in enumerate(asked, start=1):
        known = earlier[number - 1] if number <= len(earlier) else None
        fresh = act if act is not None and number == len(asked) else new_document_id(now)
        parts.append(
            Part(
                asked=each,
                seal=seals[each.seal],
                document_id=known.id if known is not None else fresh,
                signed_at=known.signed_at if known is not None else now.replace(microsecond=0),
                known=known,
                act=act,
                number=number,
                of=len(asked),
            )
        )
    return tuple(parts)
