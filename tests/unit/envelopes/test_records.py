"""What a network gives a place, a gateway believes; and whatever is changed, it names."""

import pytest

from cloud_bridge.envelopes.record import check, extend
from cloud_bridge.envelopes.statements import NETWORK, Completed
from cloud_bridge.envelopes.transcript import verify, write
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import NetworkIdentity
from tests.envelope_parties import PAPER, Envelope


@pytest.fixture
def envelope() -> Envelope:
    envelope = Envelope().send()
    envelope.sign("buyer")
    envelope.sign("seller")
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    return envelope


def _fault(envelope: Envelope) -> str:
    with pytest.raises(RecordBrokenError) as broken:
        check(envelope.record(), network_key=envelope.network.public, cards=envelope.cards)
    return broken.value.fault


def test_a_gateway_comes_to_the_state_of_the_network(envelope: Envelope) -> None:
    found = check(envelope.record(), network_key=envelope.network.public, cards=envelope.cards)
    assert found == envelope.state


def test_an_entry_that_is_left_out_is_a_gap(envelope: Envelope) -> None:
    del envelope.entries[1]
    assert _fault(envelope) == "gap"


def test_an_entry_that_comes_twice_is_named(envelope: Envelope) -> None:
    envelope.entries.insert(1, envelope.entries[1])
    assert _fault(envelope) == "order"


def test_the_key_of_another_network_signs_nothing_here(envelope: Envelope) -> None:
    with pytest.raises(RecordBrokenError) as broken:
        extend(
            envelope.states[0],
            envelope.entries[0],
            network_key=SigningKey.generate().public,
            cards=envelope.cards,
        )
    assert broken.value.fault == "network-signature"


def test_a_file_that_would_take_hours_to_verify_is_not_read(envelope: Envelope) -> None:
    envelope.entries *= 501
    file = write(NetworkIdentity(name="x", signing_key=""), envelope.record())
    found = verify(file, roots=[], at=envelope.now, documents={})
    assert [each.fault for each in found.findings] == ["unreadable"]


def test_what_is_no_transcript_is_said_to_be_none(envelope: Envelope) -> None:
    found = verify(PAPER, roots=[], at=envelope.now, documents={})
    assert [each.fault for each in found.findings] == ["unreadable"]
