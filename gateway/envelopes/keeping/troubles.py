"""What holds an envelope up: kept with it, recorded, told in the log and counted."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import Connection

from cloud_bridge.errors import RecordBrokenError
from gateway.audit.record import Record
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.store.envelope_owed import never_taken
from gateway.store.envelopes import EnvelopeRow, change_envelope, envelope_by_id
from gateway.store.lane import Transaction

_LONGEST = 1000
_troubles = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_encode = msgspec.json.Encoder().encode

NO_ROOM: Final = "content-quota"
"""The network's word for: our contents have no room there now."""

NARROW: Final = "network-way-too-narrow"
"""Our word for: a proxy or firewall in between lets no body of this size through."""

FROZEN: Final = "frozen"
"""Our word for: officers have frozen what we have sealed, and it has not left yet."""

STAMP_OVER_TEXT: Final = "stamp-over-text"
"""As the intake rule: a partner's stamp, after which none of ours comes, lies over text."""

REFUSED: Final = "refused-"
"""How it begins where the network has not taken something of ours; its word follows."""

_WAITS: Final = frozenset({FROZEN, NARROW, f"{REFUSED}{NO_ROOM}"})
"""What only waits, and holds nothing up besides."""

PASSING: Final = frozenset({"card-unknown", "card-untrusted", "party-name", "time"}) | _WAITS
"""They end when a root is trusted, a partner publishes its card, there is room, a proxy's limit is
raised, officers end a freeze, or the moment comes that an entry was dated: the only lie of them,
and of an honest network with a wrong clock none."""

JUDGED_ANEW: Final = frozenset({"revision-untrusted", "revision-person-untrusted"})
"""May end as well when a root is trusted: what holds an envelope for these is judged again."""

TOLD: Final = frozenset({STAMP_OVER_TEXT})
"""What somebody is to know: it holds nothing up, nor does it keep held what may go on."""

OVER: Final = frozenset({"declined", "withdrawn", "expired"})
"""Ends in which nothing was agreed: what is wrong there holds up nothing more."""

_log = structlog.get_logger("envelopes")


LIES: Final = frozenset(
    {
        "card-older",
        "card-swapped",
        "content",
        "forked",
        "gap",
        "hash",
        "author-signature",
        "missing",
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


def trouble_of(broken: RecordBrokenError) -> Trouble:
    """Of a record that does not hold."""
    return Trouble(broken.fault, str(broken)[:_LONGEST])


def troubles_in(row: EnvelopeRow) -> tuple[tuple[str, str], ...]:
    """What holds an envelope up, by types and words."""
    return _troubles.decode(row.trouble)


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
    types = {type_ for type_, _ in troubles_in(row)} - TOLD - _WAITS
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


def _is_more(trouble: Trouble, before: str, *, is_held: bool) -> bool:
    """Whether it says more than what was told by the same word."""
    if trouble.words in before:
        return False
    # A content may be refused in the word in which a statement was, which held nothing up.
    is_worse = trouble.holds and not is_held and trouble.type.startswith(REFUSED)
    return trouble.type in TOLD or is_worse


def _is_held(row: EnvelopeRow | None) -> bool:
    return row is not None and row.status == "held"


class Troubles:
    """Writes down what holds a company's envelopes up."""

    def __init__(self, member: Member, ground: Ground, tally: Tally) -> None:
        self._member = member
        self._ground = ground
        self._tally = tally

    async def tell(self, envelope: str, trouble: Trouble) -> None:
        """Keep it with the envelope, if it is ours to keep, and record it once."""
        await self._ground.lane.write(lambda unit: self.put(unit, envelope, trouble))

    def put(self, unit: Transaction, envelope: str, trouble: Trouble) -> None:
        """The same within a unit of work, before its first write.

        What our company has taken back stays so, whatever is wrong with it besides.
        """
        row = envelope_by_id(unit.connection, self._member.organisation, envelope)
        known = {} if row is None else dict(troubles_in(row))
        before = known.get(trouble.type)
        if before is not None and not _is_more(trouble, before, is_held=_is_held(row)):
            return
        words = trouble.words if before is None else f"{before}; {trouble.words}"[:_LONGEST]
        now = self._ground.clock.now()
        content = self._told(envelope, trouble)
        self._ground.audit.append(unit, Record(kind="envelope-trouble", at=now, content=content))
        if row is not None:
            changes: dict[str, Any] = {
                "trouble": written((known | {trouble.type: words}).items()),
                "changed_at": now,
            }
            if trouble.holds and row.status != "withdrawn":
                changes |= {"status": "held", "step": "look-at-it", "hint": trouble.words}
            change_envelope(unit, self._member.organisation, envelope, **changes)
        unit.after_commit(self._say, (envelope, trouble))

    def end_passing(self, unit: Transaction, envelope: str) -> None:
        """Something went on, so that what may pass has passed; what holds the envelope stays."""
        row = envelope_by_id(unit.connection, self._member.organisation, envelope)
        if row is None or row.status == "held":
            return
        left = lasting_in(row)
        if left != troubles_in(row):
            change_envelope(unit, self._member.organisation, envelope, trouble=written(left))

    def _told(self, envelope: str, trouble: Trouble) -> Mapping[str, str | bool]:
        return {
            "organisation": self._member.organisation,
            "company": self._member.company,
            "envelope": envelope,
            "trouble": trouble.type,
            "words": trouble.words,
            "lie": trouble.is_lie,
        }

    def _say(self, every: list[tuple[str, Trouble]]) -> None:
        for envelope, trouble in every:
            event = "network_lies" if trouble.is_lie else "envelope_trouble"
            _log.error(
                event,
                organisation=self._member.organisation,
                envelope=envelope,
                trouble=trouble.type,
                error=trouble.words,
            )
            if trouble.is_lie:
                self._tally.lie(trouble.type)
