"""Why a partner's keys are believed: its card is signed with its seal.

The proof is a signature container over the card's JSON, as the signing cycle makes it. Its
certificate must lead to a root that the partner's gateway trusts, and bear the organisation's name.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from cloud_bridge.containers import (
    ContainerError,
    RootMissingError,
    Signer,
    UntrustedError,
    who_signed,
)
from cloud_bridge.errors import CardWithoutRootError, RecordBrokenError
from cloud_bridge.model import Card, SignedCard
from cloud_bridge.plain_json import decode

LARGEST_CARD: Final = 64 << 10
"""Bytes of card and proof together."""
_HIGHEST_SERIAL: Final = (1 << 31) - 1


class CardBook(Protocol):
    """Cards that were believed: checked, or pinned."""

    def card(self, organisation: str, serial: int) -> Card | None:
        """An organisation's card of that serial; None: there is none that we believe."""
        ...


def card_bytes(card: Card) -> bytes:
    """The JSON that the seal signs."""
    return msgspec.json.encode(card)


def check_card(signed: SignedCard, *, roots: Sequence[bytes], at: datetime) -> Card:
    """The card, if it is to be believed at a moment.

    Args:
        signed: the card and its proof.
        roots: certificates that we trust to say who an organisation is, DER.
        at: when certificates and card must count, aware.

    Raises:
        CardWithoutRootError: `card-untrusted`: another root may vouch for it.
        RecordBrokenError: `card-untrusted`; the message says which of it does not hold.
    """
    if len(signed.card) + len(signed.proof) > LARGEST_CARD:
        raise _untrusted(signed, f"it is larger than {LARGEST_CARD} bytes")
    try:
        card = decode(signed.card, Card)
        signer = who_signed(signed.proof, signed.card)
        signer.lead_to(roots, at=at)
        card = _bounded(card, signer)
    except msgspec.ValidationError as error:
        raise _untrusted(signed, f"it is no card: {error}") from error
    except RootMissingError as error:
        words = str(_untrusted(signed, str(error)))
        raise CardWithoutRootError(words, fault="card-untrusted") from error
    except (ContainerError, UntrustedError) as error:
        raise _untrusted(signed, str(error)) from error
    if not 1 <= card.serial <= _HIGHEST_SERIAL:
        raise _untrusted(signed, f"its serial is not 1 to {_HIGHEST_SERIAL}")
    if not signer.bears(card.name):
        told = ", ".join(sorted(signer.names)) or "no name"
        raise _untrusted(signed, f"it is {card.name}'s, but its certificate is of {told}")
    if not counts_at(card, at):
        raise _untrusted(signed, "it does not count yet, or no longer")
    return card


def as_believed(signed: SignedCard) -> Card:
    """A card that was believed, as `check_card` gave it: it counts while its certificate does.

    Whoever verifies a transcript asks whether the certificate was valid when the card was used. By
    a card that outlives its certificate a partner could sign here, and deny it there.
    """
    card = decode(signed.card, Card)
    try:
        return _bounded(card, _signer(signed.card, signed.proof))
    except ContainerError:
        return card  # our own, which nobody had to prove to us


def _bounded(card: Card, signer: Signer) -> Card:
    if card.issued_at.tzinfo is None or card.expires_at.tzinfo is None:
        return card  # and counts at no moment
    chain = signer.chain()
    return msgspec.structs.replace(
        card,
        issued_at=max(card.issued_at, *(each.not_valid_before_utc for each in chain)),
        expires_at=min(card.expires_at, *(each.not_valid_after_utc for each in chain)),
    )


def is_of(signed: SignedCard, names: Collection[str]) -> bool:
    """Whether a believed card is of one of these names; where none is told, of any.

    Whoever keeps the directory could else give as an organisation's card that of another company,
    which a root vouches for as well: the id on the network is nobody's name.
    """
    told = [each for each in names if each]
    try:
        return not told or any(_signer(signed.card, signed.proof).bears(each) for each in told)
    except ContainerError:
        return False


@lru_cache(maxsize=4096)
def _signer(card: bytes, proof: bytes) -> Signer:
    return who_signed(proof, card)


def counts_at(card: Card, moment: datetime) -> bool:
    """Whether a card counts at a moment.

    Of a statement that is when the network received it, and not when its author says that it was
    made: the network asks this before it takes one, gateways before they believe one.
    """
    if card.issued_at.tzinfo is None or card.expires_at.tzinfo is None:
        return False
    return card.issued_at <= moment < card.expires_at


def _untrusted(signed: SignedCard, why: str) -> RecordBrokenError:
    digest = hashlib.sha256(signed.card).hexdigest()
    words = f"card {digest[:16]}… is not to be believed: {why}"
    return RecordBrokenError(words, fault="card-untrusted")
