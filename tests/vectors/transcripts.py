"""Transcripts with one fault each, for whoever writes a verifier: what is in them and what is not.

Keys are made anew each time and thrown away, so these files are written once and kept.
"""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from cloud_bridge.cards import card_bytes
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import NETWORK, Completed, Opened, Withdrawn
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import SignedCard
from tests.sealing_companies import SealedTranscript, make_sealed_transcript


@dataclass(frozen=True)
class Vector:
    """A file, and the faults that a verifier names in it, each with the number of its entry."""

    name: str
    what: str
    file: bytes
    faults: tuple[tuple[str, int], ...]


def make_vectors() -> tuple[SealedTranscript, list[Vector]]:
    """One that holds, one that ends early, and one for each fault."""
    sealed = make_sealed_transcript()
    return sealed, [*_changed(sealed), *_cards(sealed), *_lies(sealed)]


def _changed(sealed: SealedTranscript) -> list[Vector]:
    """What anybody can do to a file."""
    entries = sealed.envelope.entries
    swapped = [*entries[:1], entries[2], entries[1], *entries[3:]]
    other = list(entries)
    other[2] = msgspec.structs.replace(entries[2], signed=entries[4].signed)
    link = entries[3].link.replace(b'"sequence":4', b'"sequence":9')
    touched = [*entries[:3], msgspec.structs.replace(entries[3], link=link), *entries[4:]]
    unknown = sealed.file().replace(b"sealgate transcript v1", b"sealgate transcript v9")
    return [
        Vector("holds", "both companies sealed and acknowledged it", sealed.file(), ()),
        Vector("ends-early", "the last two are missing", sealed.file(entries=entries[:-2]), ()),
        Vector("gap", "entry 3 is missing", _without(sealed, 2), (("gap", 3),)),
        Vector(
            "order",
            "entries 2 and 3 are swapped",
            sealed.file(entries=swapped),
            (("gap", 2), ("order", 3), ("gap", 4)),
        ),
        Vector(
            "hash",
            "the seller's statement as the buyer's",
            sealed.file(entries=other),
            (("hash", 3),),
        ),
        Vector(
            "network-signature",
            "the place of entry 4 was rewritten",
            sealed.file(entries=touched),
            (("network-signature", 4),),
        ),
        Vector("unreadable", "of a format that there is not", unknown, (("unreadable", 0),)),
    ]


def _without(sealed: SealedTranscript, index: int) -> bytes:
    entries = list(sealed.envelope.entries)
    del entries[index]
    return sealed.file(entries=entries)


def _cards(sealed: SealedTranscript) -> list[Vector]:
    buyer, seller = sealed.cards
    company = sealed.envelope.companies["org-seller"]
    swapped = msgspec.structs.replace(company.card, signing_key=SigningKey.generate().public)
    forged = SignedCard(card=card_bytes(swapped), proof=seller.proof)
    by_the_seller = tuple(("card-unknown", number) for number in (4, 5, 8))
    return [
        Vector(
            "card-unknown", "without the seller's card", sealed.file(cards=(buyer,)), by_the_seller
        ),
        Vector(
            "card-untrusted",
            "another key in the seller's card",
            sealed.file(cards=(buyer, forged)),
            (("card-untrusted", 0), *by_the_seller),
        ),
    ]


def _lies(sealed: SealedTranscript) -> list[Vector]:
    """What only the network can do: it signs what it should not have taken."""
    after = sealed.envelope.as_it_was(2)
    withdrawn = after.statement(Withdrawn(reason="price"), by="org-buyer")
    sound = after.as_signed(withdrawn)
    forged = sign_statement(withdrawn, SigningKey.generate(), card=1)
    elsewhere = after.as_signed(msgspec.structs.replace(withdrawn, terms="0" * 64))
    early = after.as_signed(after.statement(Completed(final=dict(after.state.current)), by=NETWORK))
    unasked = after.as_signed(after.statement(Opened(), by="org-seller", party="seller"))

    def vector(name: str, what: str, entry: Entry) -> Vector:
        file = sealed.file(entries=[*after.entries, entry])
        return Vector(name, what, file, ((name.split("--", maxsplit=1)[0], 3),))

    return [
        vector("author-signature", "another key signed for the buyer", after.told(forged)),
        vector("other-terms", "a statement of other terms", after.told(elsewhere)),
        vector("not-allowed", "completed before anybody signed", after.told(early)),
        vector("not-allowed--turn", "the seller before its turn", after.told(unasked)),
        vector("forked", "after another entry 2", after.told(sound, previous="0" * 64)),
        vector(
            "time",
            "older than the entry before",
            after.told(sound, at=after.now - timedelta(days=1)),
        ),
    ]
