"""What may be said of an envelope, by whom and when. What is not allowed here is not taken."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cloud_bridge.envelopes.model import EnvelopeState, PartyState
from cloud_bridge.envelopes.signing_rules import LONGEST_TEXT, wrong_with
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
    Statement,
    Voided,
    Withdrawn,
)
from cloud_bridge.envelopes.terms import is_line
from cloud_bridge.envelopes.turns import holder_of_the_pen
from cloud_bridge.errors import NotAllowedError

MOST_ENTRIES: Final = 1000
"""Beyond so many, an envelope takes only what brings it to its end."""
OF_THE_NETWORK: Final = "network:"
"""How ids of statements begin that only the network may use: nobody takes them before it does."""
_LONGEST_ID: Final = 200
_BY_PARTIES = Opened | Began | Claimed | Signed | Declined | Forwarded
_BY_THE_INITIATOR = Sent | Withdrawn | Copied | Reminded
_WHILE_SIGNING = (
    Opened | Began | Claimed | Signed | Declined | Forwarded | Withdrawn | Reminded | Expired
)
_WITHOUT_END = Opened | Began | Claimed | Forwarded | Copied | Reminded | Acknowledged

Wrong = tuple[str, str]


def allow(state: EnvelopeState, statement: Statement, *, at: datetime) -> None:
    """Whether the statement may become the next entry, received at a moment.

    Raises:
        NotAllowedError: it may not. `said-already` of a statement that is an entry already.
    """
    for reason, words in _wrong(state, statement, at):
        raise NotAllowedError(f"envelope {state.terms.envelope}: {words}", reason=reason)


def _wrong(state: EnvelopeState, statement: Statement, at: datetime) -> Iterator[Wrong]:
    yield from _form(state, statement)
    yield from _what_was_seen(state, statement)
    yield from _author(state, statement)
    act = statement.act
    each = state.party(statement.party)
    yield from _moment(state, each, act, at)
    match act:
        case Opened() | Began() | Claimed() | Signed() | Declined() | Forwarded():
            if each is not None:
                yield from _by_a_party(state, each, act, at)
        case Sent() | Withdrawn() | Copied() | Reminded():
            yield from _by_the_initiator(state, act)
        case Expired() | Completed() | Voided():
            yield from _by_the_network(state, act, at)
        case Acknowledged():
            yield from _acknowledged(state, statement.author, act)


def _form(state: EnvelopeState, statement: Statement) -> Iterator[Wrong]:
    if statement.envelope != state.terms.envelope or statement.terms != state.terms_digest:
        yield "other-terms", "the statement is of another envelope, or of other terms"
    if not 0 < len(statement.id) <= _LONGEST_ID or statement.at.tzinfo is None:
        yield "senseless", "the statement has no id, a very long one, or a moment without zone"
    if statement.author != NETWORK and statement.id.startswith(OF_THE_NETWORK):
        yield "senseless", f"ids that begin with {OF_THE_NETWORK} are the network's"
    if statement.id in state.statement_ids:
        sequence = state.statement_ids[statement.id]
        yield "said-already", f"statement {statement.id} is entry {sequence} already"
    if state.sequence >= MOST_ENTRIES and isinstance(statement.act, _WITHOUT_END):
        yield "too-much", f"it has {state.sequence} entries, and takes only what ends it"


def _what_was_seen(state: EnvelopeState, statement: Statement) -> Iterator[Wrong]:
    if state.sequence == 0:
        if statement.seen or statement.head:
            yield "not-seen", "it names an entry as seen, but there is none yet"
    elif not 1 <= statement.seen <= state.sequence:
        yield "not-seen", f"it names entry {statement.seen} as seen, which there is not"
    elif state.hashes[statement.seen - 1] != statement.head:
        yield "not-seen", f"it names another entry {statement.seen} than the one that there is"


def _author(state: EnvelopeState, statement: Statement) -> Iterator[Wrong]:
    act, author = statement.act, statement.author
    if isinstance(act, _BY_PARTIES):
        each = state.party(statement.party)
        if each is None:
            yield "no-party", f"there is no party {statement.party!r}"
            return
        speaks = each.party.account if each.party.kind == "organisation" else NETWORK
        if author != speaks:
            yield "not-its-own", f"{author} does not speak for party {statement.party}"
        return
    if statement.party:
        yield "not-its-own", "this is said of the envelope, not for a party of it"
    if isinstance(act, _BY_THE_INITIATOR):
        if author != state.terms.initiator:
            yield "not-its-own", "only who sent the envelope says this"
    elif isinstance(act, Acknowledged):
        if author not in state.organisations:
            yield "not-its-own", f"{author} is no organisation of the envelope"
    elif author != NETWORK:
        yield "not-its-own", "only the network says this"


def _moment(
    state: EnvelopeState, each: PartyState | None, act: Act, at: datetime
) -> Iterator[Wrong]:
    if (state.status == "draft") != isinstance(act, Sent):
        yield "not-now", "an envelope is sent once, before anything else"
    of_a_copy = each is not None and each.state == "copy"
    if isinstance(act, _WHILE_SIGNING) and not of_a_copy:
        if state.status != "signing":
            yield "over", f"it is {state.status}"
        elif not state.missing:
            yield "over", "everybody has signed"
        elif at >= state.terms.expires_at and not isinstance(act, Expired):
            yield "over", f"its time was over at {state.terms.expires_at.isoformat()}"


def _by_a_party(
    state: EnvelopeState, each: PartyState, act: _BY_PARTIES, at: datetime
) -> Iterator[Wrong]:
    if each.state == "copy":
        if not isinstance(act, Opened) or each.at is not None:
            yield "not-its-turn", f"party {each.party.id} only gets a copy, which it opens once"
        return
    yield from _turn(each, act)
    match act:
        case Opened() if each.state == "opened":
            yield "said-already", f"party {each.party.id} has opened it before"
        case Began():
            yield from _with_the_pen(state, each, at)
        case Signed():
            yield from _with_the_pen(state, each, at)
            yield from wrong_with(state, each, act)
        case Claimed():
            yield from _claimed(each, act)
        case Forwarded():
            yield from _forwarded(state, each, act)
        case Declined() if not act.reason or len(act.reason) + len(act.remark) > LONGEST_TEXT:
            yield "senseless", "it is not told why, or at too great length"
        case _:
            pass


def _turn(each: PartyState, act: _BY_PARTIES) -> Iterator[Wrong]:
    if not each.missing:
        yield "not-its-turn", f"party {each.party.id} is {each.state}"
    elif isinstance(act, Opened | Began | Claimed | Signed) and each.state == "waiting":
        yield "not-its-turn", f"others sign before party {each.party.id}"


def _claimed(each: PartyState, act: Claimed) -> Iterator[Wrong]:
    if each.party.kind != "bearer":
        yield "not-its-turn", f"party {each.party.id} is known, nobody claims it"
    elif each.claimed is not None:
        yield "claimed", f"party {each.party.id} was claimed by somebody else"
    elif not (act.name or act.contact) or not act.method:
        yield "unchecked", "it is not told who claims, or how that was checked"
    elif not (is_line(act.name) and is_line(act.contact)):
        yield "senseless", "who claims has a name or contact that nobody can read"


def _with_the_pen(state: EnvelopeState, each: PartyState, at: datetime) -> Iterator[Wrong]:
    holder = holder_of_the_pen(state, at=at)
    if holder not in {None, each.party.id}:
        yield "others-pen", f"party {holder} is signing: wait until it has, or its time is over"
    if each.party.kind == "bearer" and each.claimed is None:
        yield "not-claimed", f"nobody has claimed party {each.party.id} yet"


def _forwarded(state: EnvelopeState, each: PartyState, act: Forwarded) -> Iterator[Wrong]:
    party = each.party
    if party.kind == "bearer":
        yield "senseless", "who holds the goods has no account that could forward"
    elif not (act.account and act.name and is_line(act.account) and is_line(act.name)) or (
        act.account == party.account
    ):
        yield "senseless", "it is not told to whom else it is forwarded"
    known = {one.party.kind for one in state.parties_of(act.account)}
    if act.account == state.terms.initiator:
        known.add("organisation")
    if known - {party.kind}:
        yield "other-kind", "a person forwards to a person, an organisation to an organisation"


def _by_the_initiator(state: EnvelopeState, act: _BY_THE_INITIATOR) -> Iterator[Wrong]:
    match act:
        case Sent():
            if act.terms != state.terms_digest:
                yield "other-terms", "what was sent are other terms"
        case Withdrawn():
            if not act.reason or len(act.reason) > LONGEST_TEXT:
                yield "senseless", "it is not told why, or at too great length"
        case Copied():
            yield from _copied(state, act)
        case Reminded():
            each = state.party(act.party)
            if each is None or not each.has_its_turn:
                yield "not-its-turn", f"it is not the turn of {act.party!r}"


def _copied(state: EnvelopeState, act: Copied) -> Iterator[Wrong]:
    if state.status not in {"signing", "completed"}:
        yield "over", f"it is {state.status}"
    are_lines = is_line(act.account) and is_line(act.name)
    if not act.account or not act.name or not are_lines or act.kind == "bearer":
        yield "senseless", "it is not told who gets a copy"
    elif state.parties_of(act.account):
        yield "senseless", f"{act.account} is a party already"


def _by_the_network(
    state: EnvelopeState, act: Expired | Completed | Voided, at: datetime
) -> Iterator[Wrong]:
    match act:
        case Expired():
            if at < state.terms.expires_at:
                yield "too-early", f"it has time until {state.terms.expires_at.isoformat()}"
        case Completed():
            if state.status != "signing":
                yield "over", f"it is {state.status}"
            elif state.missing:
                yield "too-early", f"{', '.join(state.missing)} has not signed"
            elif act.final != state.current:
                yield "other-base", "its final digests are not those of the last revisions"
        case Voided():
            if state.status != "completed":
                yield "not-now", "only what is completed can be declared void"
            elif not act.by or act.by == state.terms.envelope:
                yield "senseless", "it is not told by which cancellation agreement"


def _acknowledged(state: EnvelopeState, author: str, act: Acknowledged) -> Iterator[Wrong]:
    before = state.acknowledged.get(author, 0)
    if not 1 <= act.sequence <= state.sequence or state.hashes[act.sequence - 1] != act.head:
        yield "not-seen", f"there is no entry {act.sequence} with that hash"
    elif act.sequence <= before or before >= state.substance:
        yield "nothing-new", f"{author} has acknowledged everything that happened"
