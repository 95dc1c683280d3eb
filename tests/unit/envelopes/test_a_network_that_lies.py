"""A network that signs what it should not have taken is found by each gateway, and it is named."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cloud_bridge.envelopes import chain
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.record import extend
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Completed,
    Opened,
    SignedStatement,
    Withdrawn,
)
from cloud_bridge.envelopes.transcript import compare, verify, write
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import NetworkIdentity
from tests.envelope_parties import Cards, Envelope


@pytest.fixture
def envelope() -> Envelope:
    """Sent, and opened by the buyer."""
    envelope = Envelope().send()
    envelope.say(Opened(), by="org-buyer", party="buyer")
    return envelope


def _fault(envelope: Envelope, entry: Entry, *, cards: Cards | None = None) -> str:
    with pytest.raises(RecordBrokenError) as broken:
        extend(
            envelope.state,
            entry,
            network_key=envelope.network.public,
            cards=cards or envelope.cards,
        )
    return broken.value.fault


def _sound(envelope: Envelope) -> SignedStatement:
    return envelope.as_signed(envelope.statement(envelope.signed(), by="org-buyer", party="buyer"))


def test_what_is_sound_extends_the_record(envelope: Envelope) -> None:
    entry = envelope.told(_sound(envelope))
    state: EnvelopeState = extend(
        envelope.state, entry, network_key=envelope.network.public, cards=envelope.cards
    )
    assert state.head == entry.hash


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"envelope": "99999999-2222-4333-8444-555555555555"}, "other-terms"),
        ({"sequence": 4}, "gap"),
        ({"sequence": 2}, "forked"),
        ({"previous": "0" * 64}, "forked"),
        ({"statement": "0" * 64}, "hash"),
        ({"at": "before"}, "time"),
        ({"at": "without-zone"}, "time"),
    ],
)
def test_a_place_that_it_cannot_have(
    envelope: Envelope, change: dict[str, Any], fault: str
) -> None:
    moments = {
        "before": envelope.now - timedelta(days=1),
        "without-zone": envelope.now.replace(tzinfo=None),
    }
    if "at" in change:
        change = {"at": moments[change["at"]]}
    assert _fault(envelope, envelope.told(_sound(envelope), **change)) == fault


def test_it_cannot_say_what_an_organisation_did_not(envelope: Envelope) -> None:
    statement = envelope.statement(envelope.signed(), by="org-buyer", party="buyer")
    forged = sign_statement(statement, envelope.network, card=1)
    assert _fault(envelope, envelope.told(forged)) == "author-signature"
    as_itself = envelope.statement(envelope.signed(), by=NETWORK, party="buyer")
    assert _fault(envelope, envelope.told(envelope.as_signed(as_itself))) == "not-allowed"


def test_it_cannot_change_keys_without_a_card_that_is_believed(envelope: Envelope) -> None:
    statement = envelope.statement(envelope.signed(), by="org-buyer", party="buyer")
    key = SigningKey.generate()
    swapped = sign_statement(statement, key, card=2)
    assert _fault(envelope, envelope.told(swapped)) == "card-unknown"
    as_the_network = sign_statement(
        envelope.statement(Completed(final={}), by=NETWORK), envelope.network, card=1
    )
    assert _fault(envelope, envelope.told(as_the_network)) == "card-unknown"


def test_a_card_counts_for_its_time_and_its_organisation(envelope: Envelope) -> None:
    entry = envelope.told(_sound(envelope))
    card = envelope.companies["org-buyer"].card
    expired = msgspec.structs.replace(card, expires_at=envelope.now)
    assert _fault(envelope, entry, cards=Cards(expired)) == "card-untrusted"
    later = msgspec.structs.replace(card, issued_at=envelope.now + timedelta(seconds=1))
    assert _fault(envelope, entry, cards=Cards(later)) == "card-untrusted"


def test_it_cannot_take_what_the_envelope_does_not_allow(envelope: Envelope) -> None:
    out_of_turn = envelope.statement(envelope.signed(), by="org-seller", party="seller")
    assert _fault(envelope, envelope.told(envelope.as_signed(out_of_turn))) == "not-allowed"
    too_early = envelope.statement(Completed(final=dict(envelope.state.current)), by=NETWORK)
    assert _fault(envelope, envelope.told(envelope.as_signed(too_early))) == "not-allowed"


def test_it_cannot_show_a_statement_of_another_envelope(envelope: Envelope) -> None:
    statement = envelope.statement(Withdrawn(reason="x"), by="org-buyer", terms="0" * 64)
    assert _fault(envelope, envelope.told(envelope.as_signed(statement))) == "other-terms"


def test_another_entry_in_a_place_that_is_taken_is_a_second_story(envelope: Envelope) -> None:
    entry = envelope.told(_sound(envelope), sequence=2, previous=envelope.state.hashes[0])
    assert _fault(envelope, entry) == "forked"
    assert _fault(envelope, envelope.entries[1]) == "order"


def test_what_it_signed_need_not_even_be_an_entry(envelope: Envelope) -> None:
    for junk in (b"", b"{}", b"[" * 100_000):
        signature = envelope.network.sign(chain.DOMAIN + junk)
        entry = Entry(link=junk, signed=_sound(envelope), signature=signature)
        assert _fault(envelope, entry) == "hash"
        signed = SignedStatement(statement=junk, signature=b"", card=1)
        assert _fault(envelope, envelope.told(signed)) == "author-signature"


def test_two_stories_are_found_when_the_companies_compare(envelope: Envelope) -> None:
    identity = NetworkIdentity(name="签约网络", signing_key=envelope.network.public)
    withdrawn = envelope.statement(Withdrawn(reason="x"), by="org-buyer")
    other_story = envelope.told(envelope.as_signed(withdrawn))
    before = list(envelope.entries)
    envelope.sign("buyer")
    sellers = write(identity, envelope.record())
    envelope.entries = [*before, other_story]
    buyers = write(identity, envelope.record())
    found = compare(buyers, sellers)
    assert found is not None
    assert (found.kind, found.sequence) == ("forked", 3)
    assert compare(buyers, buyers) is None


def test_a_transcript_of_another_network_is_none_of_this_one(envelope: Envelope) -> None:
    identity = NetworkIdentity(name="签约网络", signing_key=envelope.network.public)
    found = verify(
        write(identity, envelope.record()),
        roots=[],
        at=envelope.now,
        documents={},
        network_key=SigningKey.generate().public,
    )
    assert [(each.fault, each.entry, each.untold) for each in found.findings] == [
        ("network-signature", 0, True),
        ("card-unknown", 1, False),  # by the key that it names, and by any other
        ("card-unknown", 2, False),
    ]
    assert (found.state, found.is_untold) == (None, False)


def test_an_entry_of_tomorrow_is_named(envelope: Envelope) -> None:
    identity = NetworkIdentity(name="签约网络", signing_key=envelope.network.public)
    found = verify(
        write(identity, envelope.record()),
        roots=[],
        at=envelope.now - timedelta(days=1),
        documents={},
    )
    assert [each.entry for each in found.findings if each.fault == "time"] == [1, 2]
