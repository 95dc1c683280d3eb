"""What holds an envelope up, by words that stay; and which of them only wait, pass or are told."""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection

from cloud_bridge.errors import NetworkLiesError, RecordBrokenError
from gateway.store.rows.envelope_owed import never_taken
from gateway.store.rows.envelopes import EnvelopeRow

LONGEST: Final = 1000
"""Characters that are kept of a trouble's words, and of what is done next."""

_troubles = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_encode = msgspec.json.Encoder().encode

NO_ROOM: Final = "content-quota"
"""The network's word for: our contents have no room there now."""

NARROW: Final = "network-way-too-narrow"
"""Our word for: a proxy or firewall in between lets no body of this size through."""

NO_CARD: Final = "card-unknown"
"""A partner's card is not on the network yet, or not known here."""

FROZEN: Final = "frozen"
"""Our word for: officers have frozen what we have sealed, and it has not left yet."""

STAMP_OVER_TEXT: Final = "stamp-over-text"
"""As the intake rule: a partner's stamp, after which none of ours comes, lies over text."""

REFUSED: Final = "refused-"
"""How it begins where the network has not taken something of ours; its word follows."""

NOT_COMPARED: Final = "not-compared"
"""Our word for: the network answers, and fails for this envelope. It holds nothing up, and ends
with a comparison: that something else went on proves nothing of it."""

_WAITS: Final = frozenset({FROZEN, NARROW, f"{REFUSED}{NO_ROOM}"})
"""What only waits, and holds nothing up besides."""

PASSING: Final = frozenset({NO_CARD, "card-untrusted", "party-name", "time"}) | _WAITS
"""They end when a root is trusted, a partner publishes its card, there is room, a proxy's limit is
raised, officers end a freeze, or the moment comes that an entry was dated: the only lie of them,
and of an honest network with a wrong clock none."""

JUDGED_ANEW: Final = frozenset({"revision-untrusted", "revision-person-untrusted"})
"""May end as well when a root is trusted: what holds an envelope for these is judged again."""

MISSING: Final = "missing"
"""The network has signed more of an envelope than it gives."""

KEPT_FROM_US: Final = frozenset({MISSING, "gap"})
"""End once the network gives all that it has signed again, as where its operator has put a backup
back: nothing contradicts then, and both companies hold the same."""

TOLD: Final = frozenset({STAMP_OVER_TEXT})
"""What somebody is to know: it holds nothing up, nor does it keep held what may go on."""

LIES: Final = frozenset(
    {
        "card-older",
        "card-swapped",
        "content",
        "forked",
        "gap",
        "hash",
        "author-signature",
        MISSING,
        "network-key",
        "network-signature",
        "not-allowed",
        "order",
        "organisation",
        "other-terms",
        "statement",
        "time",
        "unreadable",
    }
)
"""What a network that is honest does not say, by the words of faults and lies."""


class Trouble(msgspec.Struct, frozen=True):
    """Why an envelope does not go on: a word that stays, and what happened.

    `holds`: nothing more is signed in it.
    """

    type: str
    words: str
    holds: bool = True

    @property
    def is_lie(self) -> bool:
        """Whether the network has said what cannot be."""
        return self.type in LIES


def trouble_of(error: RecordBrokenError | NetworkLiesError) -> Trouble:
    """Of a record that does not hold, or of what cannot be."""
    type_ = error.fault if isinstance(error, RecordBrokenError) else error.lie
    return Trouble(type_, str(error)[:LONGEST])


def troubles_in(row: EnvelopeRow) -> tuple[tuple[str, str], ...]:
    """What holds an envelope up, by types and words."""
    return _troubles.decode(row.trouble)


def types_in(kept: bytes) -> frozenset[str]:
    """The types of troubles, as an envelope's row has them."""
    return frozenset(type_ for type_, _ in _troubles.decode(kept))


def lasting_in(row: EnvelopeRow) -> tuple[tuple[str, str], ...]:
    """The same without what ends by itself."""
    return tuple(each for each in troubles_in(row) if each[0] not in PASSING)


def blocking_in(row: EnvelopeRow, never_taken: Collection[str]) -> set[str]:
    """The types of what holds it up, whether it ends by itself or not.

    Args:
        row: the envelope's.
        never_taken: the network's words for why it will never have the envelope or a content. Where
            it refuses a statement and nothing else, that is only told.
    """
    types = {type_ for type_, _ in troubles_in(row)} - TOLD - _WAITS - {NOT_COMPARED}
    said = {type_ for type_ in types if type_.startswith(REFUSED)}
    return types - said | (said & {f"{REFUSED}{word}" for word in never_taken})


def holding_in(row: EnvelopeRow, never_taken: Collection[str]) -> set[str]:
    """The types of what keeps it held until somebody does something; see `blocking_in`."""
    return blocking_in(row, never_taken) - PASSING


def holding_now(connection: Connection, row: EnvelopeRow) -> set[str]:
    """The same within a unit of work."""
    return holding_in(row, never_taken(connection, row.organisation, row.id))


def written(troubles: Iterable[tuple[str, str]]) -> bytes:
    """As an envelope's row has them."""
    return _encode(tuple(troubles))
