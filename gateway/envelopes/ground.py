"""What carrying envelopes stands on, and the companies of ours that are on the network."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import EncryptionKey, SigningKey
from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.envelopes.brought import Brought
from gateway.envelopes.partners.cards import Cards
from gateway.envelopes.records import Records
from gateway.jobs.interfaces import JobQueue
from gateway.returns.interfaces import EventOutbox
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.rows.envelope_contents import EnvelopeContentReader
from gateway.store.rows.envelope_owed import OwedReader
from gateway.store.rows.envelopes import EnvelopeReader
from gateway.store.rows.networks import NetworkReader

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a contract that others send is called here, and with which seal we sign it."""

    document_type: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A company of ours on the network.

    Attributes:
        company: its name in the policies.
        organisation: its id on the network.
        name: its legal name.
        system: who asks, in the policies, for what others send.
        card_seal: the seal that vouches for its keys.
        inbound: by the sender's word for a document; `*`: all others.
        network: as this company speaks to it.
        network_key: what must have signed every entry.
        signing_key: signs statements.
        encryption_key: opens what partners encrypt.
    """

    company: str
    organisation: str
    name: str
    system: str
    card_seal: str
    inbound: Mapping[str, Inbound]
    network: CloudNetwork
    network_key: str
    signing_key: SigningKey
    encryption_key: EncryptionKey

    def inbound_of(self, type_: str) -> Inbound | None:
        """What becomes of a document that the sender calls so; None: somebody must look at it."""
        return self.inbound.get(type_) or self.inbound.get("*")


class Freezes(Protocol):
    """What officers have frozen; see `gateway.freezes.outgoing`."""

    async def against(self, system: str, keys: Iterable[str]) -> str | None:
        """Why what a system had sealed by these idempotency keys must not leave now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all companies of a gateway share.

    `roots` are certificates (DER) of those who may say who a partner is, `persons` of those who may
    say who a person is; `events` are told to those who asked.
    """

    lane: WriterLane
    content: ContentStore
    envelopes: EnvelopeReader
    owed: OwedReader
    contents: EnvelopeContentReader
    brought: Brought
    networks: NetworkReader
    queue: JobQueue
    audit: AuditLog
    events: EventOutbox
    cards: Cards
    records: Records
    clock: Clock
    roots: Callable[[], Sequence[bytes]]
    freezes: Freezes
    persons: Callable[[], Sequence[bytes]] = tuple


@dataclass(slots=True)
class Tally:
    """What a company's bridge has done and seen since the start.

    Attributes:
        entries: taken in.
        sent: things that were owed and are there.
        refused: things that were owed and never will be.
        lies: by what they were.
        away_since: by the clock; None: the network answers.
        answered_at: by the clock, when it last did as it should; None: not yet.
        why: it is away, in words.
        unkept: troubles of envelopes of which nothing is here, since `unkept_since`.
        unkept_since: by the clock; None: there was none.
    """

    entries: int = 0
    sent: int = 0
    refused: int = 0
    lies: dict[str, int] = field(default_factory=dict)
    away_since: datetime | None = None
    answered_at: datetime | None = None
    why: str = ""
    unkept: int = 0
    unkept_since: datetime | None = None

    def lie(self, lie: str) -> None:
        """One more."""
        self.lies[lie] = self.lies.get(lie, 0) + 1

    def of_none(self, at: datetime) -> int:
        """One more trouble of an envelope of which nothing is here; gives how many in an hour."""
        since = self.unkept_since
        if since is None or not timedelta() <= at - since < _HOUR:
            self.unkept, self.unkept_since = 0, at
        self.unkept += 1
        return self.unkept
