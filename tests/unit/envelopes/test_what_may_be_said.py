"""Who may say what of an envelope, and when: everything else is refused with a word that stays."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from cloud_bridge.envelopes.rules import MOST_ENTRIES
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Acknowledged,
    Act,
    Began,
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
from tests.envelope_parties import BUYER, SELLER, Envelope, terms_of

_COPY = Party(id="bank", kind="organisation", account="org-third", name="Third GmbH", copy=True)


def _refused(
    envelope: Envelope, act: Act, /, *, by: str, party: str = "", **changes: object
) -> str:
    before = envelope.state
    with pytest.raises(NotAllowedError) as refusal:
        envelope.say(act, by=by, party=party, **changes)
    assert envelope.state is before
    return refusal.value.reason


def _signed_by_all() -> Envelope:
    envelope = Envelope().send()
    envelope.sign("buyer")
    envelope.sign("seller")
    return envelope


def _completed() -> Envelope:
    envelope = _signed_by_all()
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    return envelope


def test_it_begins_with_being_sent_by_its_initiator_and_once() -> None:
    envelope = Envelope()
    sent = Sent(terms=envelope.state.terms_digest)
    assert _refused(envelope, Opened(), by="org-buyer", party="buyer") == "not-now"
    assert _refused(envelope, sent, by="org-seller") == "not-its-own"
    assert _refused(envelope, Sent(terms="0" * 64), by="org-buyer") == "other-terms"
    envelope.send()
    assert _refused(envelope, sent, by="org-buyer") == "not-now"


def test_a_statement_is_of_these_terms_and_says_what_its_author_has_seen() -> None:
    envelope = Envelope().send()
    act: Act = Opened()
    for changes, reason in (
        ({"terms": "0" * 64}, "other-terms"),
        ({"envelope": "another"}, "other-terms"),
        ({"seen": 0, "head": ""}, "not-seen"),
        ({"seen": 2}, "not-seen"),
        ({"head": "0" * 64}, "not-seen"),
        ({"id": ""}, "senseless"),
        ({"id": "network:completed"}, "senseless"),
        ({"at": envelope.now.replace(tzinfo=None)}, "senseless"),
        ({"party": "nobody"}, "no-party"),
        ({"party": "seller"}, "not-its-own"),
    ):
        told = {"party": "buyer", **changes}
        assert _refused(envelope, act, by="org-buyer", **told) == reason, changes  # type: ignore[arg-type]
    seen_before = {"seen": 0, "head": "x"}
    assert _refused(Envelope(), Sent(terms=""), by="org-buyer", **seen_before) == "not-seen"


def test_an_author_may_have_seen_less_than_there_is() -> None:
    envelope = Envelope().send()
    seen, head = envelope.state.sequence, envelope.state.head
    envelope.say(Opened(), by="org-buyer", party="buyer")
    envelope.say(Declined(reason="price"), by="org-seller", party="seller", seen=seen, head=head)


def test_the_same_statement_again_is_known_by_its_id() -> None:
    envelope = Envelope().send()
    entry = envelope.say(Opened(), by="org-buyer", party="buyer", id="once")
    assert envelope.state.statement_ids["once"] == 2
    assert envelope.entries[envelope.state.statement_ids["once"] - 1] is entry
    assert _refused(envelope, Began(), by="org-buyer", party="buyer", id="once") == "said-already"


_NO_SIGNATURES: dict[str, tuple[Callable[[Signed], Signed], str]] = {
    "of-no-document": (lambda act: msgspec.structs.replace(act, revisions=()), "revisions"),
    "twice": (lambda act: msgspec.structs.replace(act, revisions=act.revisions * 2), "revisions"),
    "of-another-document": (lambda act: _with_revision(act, document="x.pdf"), "revisions"),
    "upon-another": (lambda act: _with_revision(act, base="0" * 64), "other-base"),
    "unchanged": (lambda act: _with_revision(act, digest=act.revisions[0].base), "revisions"),
    "no-digest": (lambda act: _with_revision(act, digest="short"), "revisions"),
    "shorter": (lambda act: _with_revision(act, size=10), "revisions"),
    "no-container": (lambda act: _with_revision(act, container=b""), "revisions"),
    "no-field": (lambda act: _with_revision(act, field=""), "revisions"),
    "by-hand": (lambda act: msgspec.structs.replace(act, handwritten=True), "handwriting"),
}


@pytest.mark.parametrize("which", _NO_SIGNATURES)
def test_a_signature_adds_to_the_newest_of_each_document(which: str) -> None:
    change, reason = _NO_SIGNATURES[which]
    envelope = Envelope().send()
    act = change(envelope.signed())
    assert _refused(envelope, act, by="org-buyer", party="buyer") == reason


def _with_revision(act: Signed, **changes: object) -> Signed:
    revision = msgspec.structs.replace(act.revisions[0], **changes)
    return msgspec.structs.replace(act, revisions=(revision,))


def test_nobody_signs_twice_nor_upon_what_is_no_longer_the_newest() -> None:
    same_turn = msgspec.structs.replace(SELLER, turn=1)
    envelope = Envelope(terms_of(BUYER, same_turn)).send()
    of_both = envelope.signed()
    envelope.say(of_both, by="org-buyer", party="buyer")
    assert _refused(envelope, of_both, by="org-seller", party="seller") == "other-base"
    assert _refused(envelope, envelope.signed(), by="org-buyer", party="buyer") == "not-its-turn"


def test_a_field_is_signed_once() -> None:
    envelope = Envelope().send()
    envelope.sign("buyer")
    field = envelope.state.revisions["合同.pdf"][0].field
    act = _with_revision(envelope.signed(), field=field)
    assert _refused(envelope, act, by="org-seller", party="seller") == "revisions"


def test_only_the_network_says_that_it_is_completed_and_only_when_it_is() -> None:
    envelope = Envelope().send()
    final = dict(envelope.state.current)
    assert _refused(envelope, Completed(final=final), by=NETWORK) == "too-early"
    envelope = _signed_by_all()
    final = dict(envelope.state.current)
    assert _refused(envelope, Completed(final=final), by="org-buyer") == "not-its-own"
    assert _refused(envelope, Completed(final={}), by=NETWORK) == "other-base"
    assert _refused(envelope, Declined(reason="x"), by="org-seller", party="seller") == "over"
    envelope.now = envelope.state.terms.expires_at
    assert _refused(envelope, Expired(), by=NETWORK) == "over"
    envelope.say(Completed(final=final), by=NETWORK)
    assert _refused(envelope, Completed(final=final), by=NETWORK) == "over"


def test_what_is_completed_can_only_be_declared_void() -> None:
    assert _refused(Envelope().send(), Voided(by="other"), by=NETWORK) == "not-now"
    envelope = _completed()
    assert _refused(envelope, Withdrawn(reason="x"), by="org-buyer") == "over"
    assert _refused(envelope, Voided(by="other"), by="org-buyer") == "not-its-own"
    itself = envelope.state.terms.envelope
    assert _refused(envelope, Voided(by=itself), by=NETWORK) == "senseless"
    envelope.say(Voided(by="99999999-2222-4333-8444-555555555555"), by=NETWORK)
    assert envelope.state.status == "voided"


def test_copies_go_to_whom_the_initiator_names_and_sign_nothing() -> None:
    envelope = Envelope(terms_of(BUYER, SELLER, _COPY)).send()
    assert _refused(envelope, envelope.signed(), by="org-third", party="bank") == "not-its-turn"
    envelope.say(Opened(), by="org-third", party="bank")
    assert _refused(envelope, Opened(), by="org-third", party="bank") == "not-its-turn"
    notary = Copied(account="org-notary", name="公证处")
    assert _refused(envelope, notary, by="org-seller") == "not-its-own"
    envelope.say(notary, by="org-buyer")
    assert _refused(envelope, notary, by="org-buyer") == "senseless"
    assert envelope.state.parties[-1].party.account == "org-notary"
    assert envelope.state.parties[-1].state == "copy"
    assert "org-notary" in envelope.state.organisations


def test_only_who_is_to_sign_now_is_reminded() -> None:
    envelope = Envelope().send()
    envelope.say(Reminded(party="buyer"), by="org-buyer")
    assert _refused(envelope, Reminded(party="seller"), by="org-buyer") == "not-its-turn"
    assert _refused(envelope, Reminded(party="nobody"), by="org-buyer") == "not-its-turn"


def test_a_party_forwards_to_one_of_its_own_kind_and_lets_go_of_the_pen() -> None:
    person = Party(id="clerk", kind="person", account="person-1", name="李四", turn=1)
    same_turn = msgspec.structs.replace(SELLER, turn=1)
    envelope = Envelope(terms_of(BUYER, same_turn, person)).send()
    to_a_person = Forwarded(account="person-1", name="李四")
    assert _refused(envelope, to_a_person, by="org-seller", party="seller") == "other-kind"
    to_an_organisation = Forwarded(account="org-third", name="Third GmbH")
    envelope.say(Began(), by="org-seller", party="seller")
    envelope.say(to_an_organisation, by="org-seller", party="seller")
    assert envelope.state.pen is None
    assert _refused(
        envelope, Forwarded(account="org-buyer", name="x"), by=NETWORK, party="clerk"
    ) == ("other-kind")
    envelope.say(Forwarded(account="person-2", name="王五"), by=NETWORK, party="clerk")
    envelope.sign("clerk")
    assert _refused(envelope, to_a_person, by=NETWORK, party="clerk") == "not-its-turn"


def test_an_organisation_acknowledges_what_there_is_and_not_acknowledgements() -> None:
    envelope = _completed()
    newest = Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head)
    wrong = msgspec.structs.replace(newest, head="0" * 64)
    assert _refused(envelope, wrong, by="org-seller") == "not-seen"
    assert _refused(envelope, newest, by="org-third") == "not-its-own"
    assert _refused(envelope, newest, by=NETWORK) == "not-its-own"
    envelope.say(newest, by="org-seller")
    envelope.say(newest, by="org-buyer")
    assert envelope.state.acknowledged == {"org-seller": 4, "org-buyer": 4}
    newest = Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head)
    assert _refused(envelope, newest, by="org-seller") == "nothing-new"


def test_nobody_keeps_an_envelope_from_its_end_by_talking() -> None:
    envelope = Envelope().send()
    full = msgspec.structs.replace(
        envelope.state, sequence=MOST_ENTRIES, hashes=(envelope.state.head,) * MOST_ENTRIES
    )
    envelope.state = full
    assert _refused(envelope, Reminded(party="buyer"), by="org-buyer") == "too-much"
    envelope.sign("buyer")
    envelope.sign("seller")
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    assert envelope.state.status == "completed"


def test_time_does_not_run_back_even_if_the_clock_of_the_network_does() -> None:
    envelope = Envelope().send()
    first = envelope.state.at
    envelope.now -= timedelta(hours=1)
    envelope.say(Opened(), by="org-buyer", party="buyer")
    assert envelope.state.at == first
