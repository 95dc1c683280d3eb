"""The entries of an envelope: how the network makes one, and how a gateway believes one.

Both go through the same rules (`state.allow`). What a gateway does not find allowed, the network
should not have taken: it is named, and never part of the record.
"""

from datetime import datetime
from typing import Final

import msgspec

from cloud_bridge.cards import CardBook, counts_at
from cloud_bridge.envelopes import chain, statements
from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, Link, parse_link, statement_digest
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import NETWORK, SignedStatement, Statement
from cloud_bridge.errors import NotAllowedError, RecordBrokenError
from cloud_bridge.key_pairs import SigningKey, verify

_encoder: Final = msgspec.json.Encoder()


def append(
    state: EnvelopeState,
    signed: SignedStatement,
    *,
    at: datetime,
    network: SigningKey,
    author_key: str,
) -> tuple[EnvelopeState, Entry]:
    """The network's side: give a statement its place.

    A statement that came before is looked up first: `state.statement_ids` has the sequence of its
    entry, which is the answer if it is by the same author.

    Args:
        state: after the newest entry.
        signed: what somebody says.
        at: the network's present moment; should its clock have run back, the entry has the moment
            of the one before.
        network: the network's key.
        author_key: the signing key of the author's card whose serial `signed` names; the network's
            own for what it says itself.

    Raises:
        NotAllowedError: the envelope does not let this be said now.
        RecordBrokenError: `author-signature`: the author's key did not sign it.
    """
    _refuse_forged(signed, author_key, state.sequence + 1)
    statement = _read(signed, state.sequence + 1)
    moment = at if state.at is None else max(at, state.at)
    folding.allow(state, statement, at=moment)
    link = Link(
        envelope=state.terms.envelope,
        sequence=state.sequence + 1,
        previous=state.head,
        statement=statement_digest(signed),
        at=moment,
    )
    encoded = _encoder.encode(link)
    entry = Entry(link=encoded, signed=signed, signature=network.sign(chain.DOMAIN + encoded))
    return folding.apply(state, statement, at=moment, hash=entry.hash), entry


def extend(
    state: EnvelopeState, entry: Entry, *, network_key: str, cards: CardBook
) -> EnvelopeState:
    """A gateway's side: the state after an entry that the network told.

    Raises:
        RecordBrokenError: the entry cannot be the next one; the fault says why.
    """
    link = placed(entry, network_key=network_key)
    number = f"entry {link.sequence} of envelope {state.terms.envelope}"
    _refuse_other_place(state, entry, link, number)
    statement = authored(entry, link, network_key=network_key, cards=cards)
    if statement.envelope != state.terms.envelope or statement.terms != state.terms_digest:
        raise RecordBrokenError(f"{number} is of other terms", fault="other-terms")
    try:
        folding.allow(state, statement, at=link.at)
    except NotAllowedError as error:
        raise RecordBrokenError(
            f"{number} should not have been taken by the network ({error.reason}): {error}",
            fault="not-allowed",
        ) from error
    return folding.apply(state, statement, at=link.at, hash=entry.hash)


def check(record: EnvelopeRecord, *, network_key: str, cards: CardBook) -> EnvelopeState:
    """All of a record, from its terms on.

    Raises:
        RecordBrokenError: the first fault in it.
    """
    try:
        state = folding.begin(record.terms)
    except NotAllowedError as error:
        raise RecordBrokenError(f"the terms: {error}", fault="not-allowed") from error
    for entry in record.entries:
        state = extend(state, entry, network_key=network_key, cards=cards)
    return state


def placed(entry: Entry, *, network_key: str) -> Link:
    """The place that the network gave a statement, by its signature.

    Raises:
        RecordBrokenError: `network-signature`; `hash`: it is another statement's place; `time`.
    """
    if not verify(network_key, chain.DOMAIN + entry.link, entry.signature):
        raise RecordBrokenError(
            "the network's key did not sign the place of an entry", fault="network-signature"
        )
    try:
        link = parse_link(entry)
    except msgspec.ValidationError as error:
        raise RecordBrokenError(
            f"the network signed what is no place of an entry: {error}", fault="hash"
        ) from error
    if link.statement != statement_digest(entry.signed):
        raise RecordBrokenError(
            f"entry {link.sequence} of envelope {link.envelope} has another statement than the one "
            "whose place the network signed",
            fault="hash",
        )
    if link.at.tzinfo is None:
        raise RecordBrokenError(
            f"entry {link.sequence} of envelope {link.envelope} has a moment without time zone",
            fault="time",
        )
    return link


def authored(entry: Entry, link: Link, *, network_key: str, cards: CardBook) -> Statement:
    """What an entry says, by its author's signature.

    Raises:
        RecordBrokenError: `author-signature`, `card-unknown` or `card-untrusted`.
    """
    statement = _read(entry.signed, link.sequence)
    key = _author_key(statement.author, entry.signed, link, network_key, cards)
    _refuse_forged(entry.signed, key, link.sequence)
    return statement


def _refuse_other_place(state: EnvelopeState, entry: Entry, link: Link, number: str) -> None:
    if link.envelope != state.terms.envelope:
        raise RecordBrokenError(
            f"an entry of envelope {link.envelope} was told as one of {state.terms.envelope}",
            fault="other-terms",
        )
    if link.sequence > state.sequence + 1:
        raise RecordBrokenError(
            f"entries {state.sequence + 1} to {link.sequence - 1} are missing before {number}",
            fault="gap",
        )
    if 1 <= link.sequence <= state.sequence and state.hashes[link.sequence - 1] == entry.hash:
        raise RecordBrokenError(f"{number} came again after entry {state.sequence}", fault="order")
    if link.sequence <= state.sequence or link.previous != state.head:
        raise RecordBrokenError(
            f"{number} is another one than we hold, or follows another one: the network has told "
            "two stories",
            fault="forked",
        )
    if state.at is not None and link.at < state.at:
        raise RecordBrokenError(f"{number} is older than the one before it", fault="time")


def _read(signed: SignedStatement, number: int) -> Statement:
    try:
        return statements.parse(signed)
    except msgspec.ValidationError as error:
        raise RecordBrokenError(
            f"what stands in entry {number} is no statement: {error}", fault="author-signature"
        ) from error


def _refuse_forged(signed: SignedStatement, key: str, number: int) -> None:
    if not verify(key, statements.DOMAIN + signed.statement, signed.signature):
        raise RecordBrokenError(
            f"the statement of entry {number} is not signed by its author's key",
            fault="author-signature",
        )


def _author_key(
    author: str, signed: SignedStatement, link: Link, network_key: str, cards: CardBook
) -> str:
    if author == NETWORK:
        if signed.card:
            raise RecordBrokenError(
                f"entry {link.sequence} is the network's and names a card", fault="card-unknown"
            )
        return network_key
    card = cards.card(author, signed.card)
    if card is None:
        raise RecordBrokenError(
            f"entry {link.sequence} is signed by card {signed.card} of {author}, which we do not "
            "have",
            fault="card-unknown",
        )
    if card.organisation != author or not counts_at(card, link.at):
        raise RecordBrokenError(
            f"entry {link.sequence} of {link.at.isoformat()} is signed by card {card.serial} of "
            f"{author}, which does not count then",
            fault="card-untrusted",
        )
    return card.signing_key
