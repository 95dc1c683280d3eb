"""Two records side by side: what a file alone could have done is no lie of the network."""

import msgspec
import pytest

from cloud_bridge.envelopes.statements import NETWORK, Completed, Declined
from cloud_bridge.envelopes.transcript import Difference, compare, write
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import NetworkIdentity
from tests.envelope_parties import Envelope


@pytest.fixture
def envelope() -> Envelope:
    envelope = Envelope().send()
    envelope.sign("buyer")
    envelope.sign("seller")
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    return envelope


def _file(envelope: Envelope, *, key: str | None = None) -> bytes:
    identity = NetworkIdentity(name="网络", signing_key=key or envelope.network.public)
    return write(identity, envelope.record())


def _compared(mine: bytes, theirs: bytes) -> Difference:
    found = compare(mine, theirs)
    assert found is not None
    return found


def test_the_same_record_is_the_same(envelope: Envelope) -> None:
    assert compare(_file(envelope), _file(envelope)) is None


def test_a_record_that_ends_early_is_named(envelope: Envelope) -> None:
    whole = _file(envelope)
    envelope.entries.pop()
    found = _compared(whole, _file(envelope))
    assert (found.kind, found.sequence) == ("missing", 4)
    assert "theirs ends before" in found.words


def test_records_of_other_terms_are_of_another_envelope(envelope: Envelope) -> None:
    whole = _file(envelope)
    envelope.terms = b"{}"
    assert _compared(whole, _file(envelope)).kind == "other-envelope"


@pytest.mark.parametrize("part", ["link", "signature", "signed"])
def test_a_byte_that_was_flipped_accuses_the_file_and_not_the_network(
    envelope: Envelope, part: str
) -> None:
    whole, entry = _file(envelope), envelope.entries[2]
    if part == "signed":
        value = msgspec.structs.replace(entry.signed, signature=bytes(64))
    else:
        value = bytes([getattr(entry, part)[0] ^ 1]) + getattr(entry, part)[1:]
    envelope.entries[2] = msgspec.structs.replace(entry, **{part: value})
    broken = _file(envelope)
    for mine, theirs, whose in ((whole, broken, "theirs"), (broken, whole, "ours")):
        found = _compared(mine, theirs)
        assert (found.kind, found.sequence) == ("changed", 3)
        assert f"{whose} does not hold at entry 3" in found.words


def test_an_entry_that_was_cut_out_is_a_gap(envelope: Envelope) -> None:
    whole = _file(envelope)
    del envelope.entries[2]
    cut = _file(envelope)
    for mine, theirs, whose in ((whole, cut, "theirs"), (cut, whole, "ours")):
        found = _compared(mine, theirs)
        assert (found.kind, found.sequence) == ("gap", 3)
        assert f"{whose} leaves out entry 3" in found.words


def test_entries_that_change_places_are_out_of_order(envelope: Envelope) -> None:
    whole = _file(envelope)
    envelope.entries[1:3] = envelope.entries[2], envelope.entries[2]
    assert _compared(whole, _file(envelope)).kind == "gap"
    envelope.entries[1:3] = envelope.entries[0], envelope.entries[0]
    found = _compared(whole, _file(envelope))
    assert (found.kind, found.sequence) == ("changed", 2)


def test_a_network_that_signed_both_has_told_two_stories(envelope: Envelope) -> None:
    other = envelope.as_it_was(2)
    other.say(Declined(reason="no", remark=""), by="org-seller", party="seller")
    found = _compared(_file(envelope), _file(other))
    assert (found.kind, found.sequence) == ("forked", 3)
    assert "the network has signed both" in found.words


def test_another_networks_key_in_their_file_proves_nothing_of_ours(envelope: Envelope) -> None:
    other = envelope.as_it_was(2)
    other.network = SigningKey.generate()
    other.say(Declined(reason="no", remark=""), by="org-seller", party="seller")
    found = _compared(_file(envelope), _file(other))
    assert found.kind == "other-network"


def test_another_networks_key_is_named_where_all_else_is_the_same(envelope: Envelope) -> None:
    """One of the two was written for whoever takes the key from the file."""
    theirs = _file(envelope, key=SigningKey.generate().public)
    assert _compared(_file(envelope), theirs).kind == "other-network"
    assert _compared(theirs, _file(envelope)).kind == "other-network"
    envelope.entries.pop()
    assert _compared(_file(envelope), theirs).kind == "other-network"
