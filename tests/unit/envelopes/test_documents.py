"""A transcript is of these very documents, and each seal in them is of whom the terms name."""

from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from cloud_bridge.envelopes.documents import DocumentFault, Signing, judge_document
from cloud_bridge.envelopes.transcript import TranscriptFindings, verify
from cloud_bridge.model import Card
from tests.sealing_companies import (
    DOCUMENT,
    SealedTranscript,
    make_sealed_transcript,
    seal_card,
)
from tests.seals_of_companies import authority, certify


@pytest.fixture(scope="module")
def sealed() -> SealedTranscript:
    return make_sealed_transcript()


def _found(sealed: SealedTranscript, document: bytes, name: str = DOCUMENT) -> TranscriptFindings:
    return verify(
        sealed.file(),
        roots=[sealed.root.der],
        at=sealed.envelope.now + timedelta(days=3650),
        documents={name: document},
    )


def test_both_seals_are_found_and_lead_to_the_root(sealed: SealedTranscript) -> None:
    found = _found(sealed, sealed.document)
    assert found.findings == ()
    assert found.network_key == "file"
    assert found.documents == (DOCUMENT,)
    assert [(each.entry, each.party, each.names, each.trusted) for each in found.signatures] == [
        (3, "buyer", ("买方有限公司",), True),
        (5, "seller", ("Seller Ltd",), True),
    ]


def test_another_document_is_not_the_one_of_the_record(sealed: SealedTranscript) -> None:
    found = _found(sealed, sealed.document + b"\n")
    assert [each.fault for each in found.findings] == ["document"]
    assert "it has digest" in found.findings[0].words
    assert found.documents == ()


def test_a_document_that_the_terms_do_not_name(sealed: SealedTranscript) -> None:
    found = _found(sealed, sealed.document + b"\n", "another.pdf")
    assert "no document of that name, and none with its digest" in found.findings[0].words


def test_a_document_of_another_name_is_the_one_of_its_digest(sealed: SealedTranscript) -> None:
    found = _found(sealed, sealed.document, "signed.pdf")
    assert (found.findings, found.documents) == ((), (DOCUMENT,))


def test_a_document_cannot_be_judged_by_a_broken_record(sealed: SealedTranscript) -> None:
    broken = sealed.envelope.entries[:2] + sealed.envelope.entries[3:]
    found = verify(
        sealed.file(entries=broken),
        roots=[sealed.root.der],
        at=sealed.envelope.now,
        documents={DOCUMENT: sealed.document},
    )
    assert [each.fault for each in found.findings] == ["gap", "document"]
    assert found.state is not None
    assert found.state.sequence == 2


def test_a_seal_with_another_companys_name_is_named_with_its_entry() -> None:
    other_root = authority("Unknown Root")
    wrong = certify("Somebody Else Ltd", by=other_root)
    sealed = make_sealed_transcript(buyers_seal=wrong)
    found = _found(sealed, sealed.document)
    assert [(each.fault, each.entry) for each in found.findings] == [("document", 3)] * 2
    assert "party buyer is 买方有限公司" in found.findings[0].words
    assert "does not lead to a root" in found.findings[1].words
    assert [each.trusted for each in found.signatures] == [False, True]


def test_who_speaks_for_a_party_by_another_companys_card_is_named(
    sealed: SealedTranscript,
) -> None:
    mine = msgspec.json.decode(sealed.cards[1].card, type=Card)
    thief = msgspec.structs.replace(mine, name="Thief GmbH")
    card = seal_card(thief, certify("Thief GmbH", by=sealed.root))
    found = verify(
        sealed.file(cards=(sealed.cards[0], card)),
        roots=[sealed.root.der],
        at=sealed.envelope.now,
        documents={},
    )
    assert {each.fault for each in found.findings} == {"party-name"}
    assert "another company than Seller Ltd" in found.findings[0].words


def test_without_roots_nothing_says_who_anybody_is(sealed: SealedTranscript) -> None:
    found = verify(
        sealed.file(), roots=[], at=sealed.envelope.now, documents={DOCUMENT: sealed.document}
    )
    assert {each.fault for each in found.findings} == {
        "card-untrusted",
        "card-unknown",
        "document",
    }
    assert found.believed == {}


def _faults(sealed: SealedTranscript, document: bytes, **changes: object) -> list[str]:
    """What is found, when the record tells of these bytes."""
    state, now = sealed.envelope.state, sealed.envelope.now
    revisions = list(state.revisions[DOCUMENT])
    revisions[-1] = msgspec.structs.replace(
        revisions[-1], digest=sha256(document).hexdigest(), size=len(document), **changes
    )
    told = msgspec.structs.replace(
        state,
        current={DOCUMENT: sha256(document).hexdigest()},
        revisions={DOCUMENT: tuple(revisions)},
    )
    signings = [Signing(0, each.party, now) for each in told.parties if each.state == "signed"]
    found = judge_document(told, signings, DOCUMENT, document, roots=[sealed.root.der])
    return [each.words for each in found if isinstance(each, DocumentFault)]


def test_what_a_party_changed_beside_adding_a_signature_is_found(
    sealed: SealedTranscript,
) -> None:
    document = sealed.document
    assert _faults(sealed, document) == []
    first = sealed.envelope.state.revisions[DOCUMENT][0].size
    before = document[:20] + b"%" + document[21:]
    assert "does not begin with the document that was sent" in _faults(sealed, before)[0]
    within = document[: first - 2] + b"\n" + document[first - 1 :]
    assert within != document
    assert "something was changed since" in _faults(sealed, within)[0]
    after = document + b"% one comment more\n"
    assert "not one of its certificate over these bytes" in _faults(sealed, after)[0]


def test_a_container_that_is_not_in_the_document_signs_nothing(sealed: SealedTranscript) -> None:
    earlier = sealed.envelope.state.revisions[DOCUMENT][0].container
    for container in (earlier, b"\x30\x00"):
        faults = _faults(sealed, sealed.document, container=container)
        assert faults == ["party seller: its container is not in the document"]
