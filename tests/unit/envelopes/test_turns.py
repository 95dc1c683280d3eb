"""Who may sign when: turns, the pen, those who stand for each other."""

from datetime import timedelta

import msgspec
import pytest

from cloud_bridge.envelopes.state import PEN, begin, due, may_sign
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Began,
    Completed,
    Declined,
    Expired,
    Forwarded,
    Opened,
    Withdrawn,
)
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Party
from tests.envelope_parties import BUYER, SELLER, Envelope, terms_of

_SAME_TURN = msgspec.structs.replace(SELLER, turn=1)
_THIRD = Party(id="third", kind="organisation", account="org-third", name="Third GmbH", turn=2)


def _refused(envelope: Envelope, *args: object, **kwargs: object) -> str:
    with pytest.raises(NotAllowedError) as refusal:
        envelope.say(*args, **kwargs)  # type: ignore[arg-type]
    return refusal.value.reason


def test_one_signs_after_the_other_and_then_it_is_completed() -> None:
    envelope = Envelope().send()
    assert may_sign(envelope.state, at=envelope.now) == ("buyer",)
    assert _refused(envelope, envelope.signed(), by="org-seller", party="seller") == "not-its-turn"
    envelope.sign("buyer")
    assert may_sign(envelope.state, at=envelope.now) == ("seller",)
    envelope.sign("seller")
    completed = due(envelope.state, at=envelope.now)
    assert completed == Completed(final=dict(envelope.state.current))
    envelope.say(completed, by=NETWORK)
    assert envelope.state.status == "completed"
    assert due(envelope.state, at=envelope.now + timedelta(days=99)) is None


def test_who_takes_the_pen_keeps_the_others_of_the_turn_off_for_ten_minutes() -> None:
    envelope = Envelope(terms_of(BUYER, _SAME_TURN)).send()
    assert may_sign(envelope.state, at=envelope.now) == ("buyer", "seller")
    envelope.say(Began(), by="org-seller", party="seller")
    assert may_sign(envelope.state, at=envelope.now) == ("seller",)
    assert _refused(envelope, envelope.signed(), by="org-buyer", party="buyer") == "others-pen"
    envelope.now += PEN
    assert may_sign(envelope.state, at=envelope.now) == ("buyer", "seller")
    envelope.sign("buyer")
    envelope.sign("seller")
    assert envelope.state.missing == ()


def test_the_first_of_those_who_stand_for_each_other_signs_for_all() -> None:
    parties = [msgspec.structs.replace(each, turn=1, any_of="any") for each in (BUYER, SELLER)]
    envelope = Envelope(terms_of(*parties, _THIRD)).send()
    envelope.sign("seller")
    assert [each.state for each in envelope.state.parties] == ["stood-for", "signed", "its-turn"]
    assert _refused(envelope, envelope.signed(), by="org-buyer", party="buyer") == "not-its-turn"


def test_one_party_that_declines_ends_it() -> None:
    envelope = Envelope().send()
    envelope.say(Declined(reason="price"), by="org-seller", party="seller")
    assert envelope.state.status == "declined"
    assert _refused(envelope, envelope.signed(), by="org-buyer", party="buyer") == "over"


def test_it_is_withdrawn_only_by_who_sent_it_and_while_somebody_is_missing() -> None:
    envelope = Envelope().send()
    assert _refused(envelope, Withdrawn(reason="x"), by="org-seller") == "not-its-own"
    envelope.sign("buyer")
    envelope.sign("seller")
    assert _refused(envelope, Withdrawn(reason="x"), by="org-buyer") == "over"


def test_it_expires_when_its_time_is_over_and_not_before() -> None:
    envelope = Envelope().send()
    assert _refused(envelope, Expired(), by=NETWORK) == "too-early"
    envelope.now = envelope.state.terms.expires_at
    assert may_sign(envelope.state, at=envelope.now) == ()
    assert _refused(envelope, envelope.signed(), by="org-buyer", party="buyer") == "over"
    assert due(envelope.state, at=envelope.now) == Expired()
    envelope.say(Expired(), by=NETWORK)
    assert envelope.state.status == "expired"


def test_a_party_that_has_forwarded_is_heard_no_more() -> None:
    envelope = Envelope().send()
    forwarded = Forwarded(account="org-third", name="Third GmbH")
    envelope.say(forwarded, by="org-buyer", party="buyer")
    assert _refused(envelope, Opened(), by="org-buyer", party="buyer") == "not-its-own"
    envelope.say(Opened(), by="org-third", party="buyer")
    assert envelope.state.parties[0].state == "opened"


def test_senseless_terms_are_sent_to_nobody() -> None:
    terms = terms_of(BUYER, msgspec.structs.replace(SELLER, id="buyer"))
    with pytest.raises(NotAllowedError) as refusal:
        begin(msgspec.json.encode(terms))
    assert refusal.value.reason == "senseless"
