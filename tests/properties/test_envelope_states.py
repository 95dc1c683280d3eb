"""Whatever is said of an envelope, in whatever order, its state makes sense."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.record import check
from cloud_bridge.envelopes.state import due, may_sign
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Acknowledged,
    Act,
    Began,
    Claimed,
    Completed,
    Copied,
    Declined,
    Expired,
    Forwarded,
    Opened,
    Reminded,
    Sent,
    Signed,
    Voided,
    Withdrawn,
)
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Party
from tests.envelope_parties import Envelope, terms_of

_AFTER = {
    "draft": {"draft", "signing"},
    "signing": {"signing", "completed", "declined", "withdrawn", "expired"},
    "completed": {"completed", "voided"},
}
_ACCOUNTS = ["org-buyer", "org-seller", "org-third"]
_PARTIES = ["p0", "p1", "p2", "p3"]


@st.composite
def _envelopes(draw: st.DrawFn) -> Envelope:
    parties = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["organisation", "organisation", "person", "bearer"]))
        turn = draw(st.integers(1, 2))
        parties.append(
            Party(
                id=_PARTIES[number],
                kind=kind,
                account={
                    "organisation": draw(st.sampled_from(_ACCOUNTS)),
                    "person": "person-1",
                }.get(kind, ""),
                name="某某",
                turn=turn,
                any_of=draw(st.sampled_from([None, None, f"any{turn}"])),
                reading_seconds=draw(st.sampled_from([0, 10])),
            )
        )
    return Envelope(terms_of(*parties))


def _acts(envelope: Envelope) -> st.SearchStrategy[Act]:
    now = envelope.state
    some = st.sampled_from(_PARTIES)
    return st.one_of(
        st.just(Sent(terms=now.terms_digest)),
        st.builds(Opened),
        st.builds(Began),
        st.builds(
            Claimed, name=st.just("张三"), contact=st.just("138****1234"), method=st.just("code")
        ),
        st.builds(envelope.signed, method=st.just("code"), read_seconds=st.sampled_from([0, 10])),
        st.builds(envelope.signed, method=st.just("code"), read_seconds=st.just(10)),
        st.builds(Declined, reason=st.just("price")),
        st.builds(Withdrawn, reason=st.just("error")),
        st.builds(
            Forwarded, account=st.sampled_from([*_ACCOUNTS, "person-2"]), name=st.just("某某")
        ),
        st.builds(Copied, account=st.sampled_from([*_ACCOUNTS, "org-copy"]), name=st.just("某某")),
        st.builds(Reminded, party=some),
        st.just(Expired()),
        st.just(Completed(final=dict(now.current))),
        st.just(Voided(by="99999999-2222-4333-8444-555555555555")),
        st.integers(0, now.sequence).map(
            lambda n: Acknowledged(sequence=n, head=now.hashes[n - 1] if n else "")
        ),
    )


def _judge_step(before: EnvelopeState, after: EnvelopeState, act: Act, party: str) -> None:
    assert after.status in _AFTER.get(before.status, {before.status})
    assert after.sequence == before.sequence + 1
    for earlier, later in zip(before.parties, after.parties, strict=False):
        if not earlier.missing:
            assert later.state == earlier.state
    if isinstance(act, Signed):
        signer = before.party(party)
        assert signer is not None
        assert signer.state in {"its-turn", "opened"}
        earlier_turns = [
            e for e in before.parties if e.missing and e.party.turn < signer.party.turn
        ]
        assert not earlier_turns
    else:
        assert after.current == before.current
        assert after.revisions == before.revisions


@settings(max_examples=60)
@given(data=st.data())
def test_any_story_folds_to_the_same_state_and_never_goes_back(data: st.DataObject) -> None:
    envelope = data.draw(_envelopes())
    if data.draw(st.booleans()):
        envelope.send()
    signatures: list[str] = []
    for _ in range(data.draw(st.integers(0, 25))):
        before = envelope.state
        act = data.draw(_acts(envelope))
        by = data.draw(st.sampled_from([*_ACCOUNTS, NETWORK, NETWORK]))
        party = data.draw(st.sampled_from([*_PARTIES, ""]))
        envelope.now += data.draw(st.sampled_from([0, 1, 9, 30 * 24 * 60])) * timedelta(minutes=1)
        able = may_sign(before, at=envelope.now)
        try:
            envelope.say(act, by=by, party=party)
        except NotAllowedError:
            assert envelope.state is before
            continue
        _judge_step(before, envelope.state, act, party)
        if isinstance(act, Signed):
            assert party in able
            signatures.append(party)
    assert len(set(signatures)) == len(signatures)
    told = check(envelope.record(), network_key=envelope.network.public, cards=envelope.cards)
    assert told == envelope.state
    again = msgspec.json.decode(msgspec.json.encode(told), type=EnvelopeState)
    assert again == told


@settings(max_examples=60)
@given(data=st.data())
def test_an_envelope_whose_parties_only_sign_comes_to_its_end(data: st.DataObject) -> None:
    envelope = data.draw(_envelopes()).send()
    while (act := due(envelope.state, at=envelope.now)) is None:
        party = data.draw(st.sampled_from(may_sign(envelope.state, at=envelope.now)))
        each = envelope.state.party(party)
        assert each is not None
        if each.party.kind == "bearer":
            claimed = Claimed(name="张三", contact="", method="contact-tail")
            envelope.say(claimed, by=NETWORK, party=party)
        envelope.sign(party)
    envelope.say(act, by=NETWORK)
    assert envelope.state.status == "completed"
    for account in sorted(envelope.state.organisations & set(_ACCOUNTS)):
        head = Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head)
        envelope.say(head, by=account)
        with pytest.raises(NotAllowedError, match="acknowledged everything"):
            envelope.say(
                Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head), by=account
            )
