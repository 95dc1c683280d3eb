"""The bridge of each company of ours: it listens to the network, and knows how it stands."""

import asyncio
import contextlib
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Act, SignedStatement, Statement
from cloud_bridge.errors import NetworkAwayError, NetworkError, NetworkLiesError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Card
from gateway.envelopes.carriage.clock_agreement import ClockAgreement
from gateway.envelopes.carriage.errors import (
    BridgeAwayProblem,
    CardMissingProblem,
    NotBridgedProblem,
)
from gateway.envelopes.carriage.failing import Failing
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.outbox import Outbox
from gateway.envelopes.carriage.reconciling import Reconciliation, Reconciling
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.errors import Problem
from gateway.jobs.backoff import Backoff
from gateway.randomness import chance
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.rows.networks import change_standing

_WAIT_SECONDS = 25.0
_BACKOFF = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=1))
# Things of an envelope come in quick succession: whoever asks for each by itself asks many times.
_GATHER_SECONDS = 0.05
_MANY_ITEMS = 50
_CARD_SECONDS = 24 * 3600.0
_CARD_SECONDS_LEAST = 30.0
_REFUSED_SECONDS = 300.0
_ROOTS_SECONDS = 60.0
_LONGEST_TOLD = 500
_LONGEST_NAME = 200

Pause = Callable[[float], Awaitable[None]]

_log = structlog.get_logger("envelopes")


class CardSource(Protocol):
    """Where the card comes from that a company speaks by; see `carriage.own_card`."""

    def current(self) -> Card | None:
        """The card; None: there is none yet, or it no longer says what is so."""
        ...

    def why_none(self) -> str:
        """What our clock has to do with that there is none; empty: nothing."""
        ...

    async def ensure(self) -> Card:
        """Have one that counts for a while, and have the network know it."""
        ...


class Bridge:
    """One company's way to the network.

    Attributes:
        member: who it is there, with its keys and the network.
        inbox: takes in what it is told.
        outbox: sends what it owes.
        tally: what was done and seen.
        failing: envelopes that the network could not be asked for, though it answers.
        agreement: whether our clock goes on as the network has last borne it.
        last: the newest comparison of all records; None: there was none since the start.
    """

    def __init__(
        self,
        member: Member,
        ground: Ground,
        own_card: CardSource,
        *,
        reconcile_seconds: float,
        pause: Pause = asyncio.sleep,
        chance: Callable[[], float] = chance,
    ) -> None:
        """Join them.

        Args:
            member: for whom.
            ground: on what.
            own_card: made and published before anything else.
            reconcile_seconds: between two comparisons.
            pause: waits so many seconds, while the network is away.
            chance: for the back-off.
        """
        self.member = member
        self.tally = Tally()
        troubles = Troubles(member, ground, self.tally)
        self.failing = Failing(member, ground, troubles, chance=chance)
        self.inbox = Inbox(member, ground, self.tally, self.failing)
        self.outbox = Outbox(member, ground, self.inbox, self.tally)
        self._ground = ground
        self._own_card = own_card
        self._reconciling = Reconciling(member, ground, self.inbox, self.failing, troubles)
        self._reconcile_seconds = reconcile_seconds
        self._pause = pause
        self._chance = chance
        self._is_here = False
        self._network_name = ""
        self._failures = 0
        self._gather_seconds = 0.0
        self._compared_at = self._carded_until = self._rooted_at = float("-inf")
        self._roots: tuple[bytes, ...] = ()
        self.agreement = ClockAgreement(ground.clock)
        self._deciding: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.last: Reconciliation | None = None

    @property
    def network(self) -> CloudNetwork:
        """The network, as the company speaks to it."""
        return self.member.network

    @property
    def is_here(self) -> bool:
        """Whether the network answers, and all that it holds for us was compared, or is failing."""
        return self._is_here

    def is_compared(self, envelope: str) -> bool:
        """Whether an envelope's record was compared with the network since the start.

        Before that our database may be one that was put back: the network then knows what we have
        signed since.
        """
        return self.last is not None and envelope not in self.failing

    @property
    def card(self) -> Card:
        """The card that the company speaks by.

        Raises:
            CardMissingProblem: it has none yet.
        """
        card = self._own_card.current()
        if card is None:
            why = self._own_card.why_none() or self.tally.why or "the network has not answered yet"
            raise CardMissingProblem(f"company {self.member.company!r}: {why}")
        return card

    @contextlib.asynccontextmanager
    async def deciding(self, envelope: str) -> AsyncIterator[None]:
        """Either we sign in an envelope meanwhile, or it is ended by us: never both at once."""
        async with self._deciding.setdefault(envelope, asyncio.Lock()):
            yield

    def statement(
        self,
        state: EnvelopeState,
        act: Act,
        *,
        id: str,  # noqa: A002 - the statement's own word
        party: str = "",
    ) -> SignedStatement:
        """Say something of an envelope, as the company, upon what we hold of it.

        Args:
            state: as we hold it.
            act: what is said.
            id: the statement's own; the same id again is the same statement.
            party: for whom; empty: for the envelope.

        Raises:
            CardMissingProblem: the company has no card to speak by.
        """
        said = Statement(
            id=id,
            envelope=state.terms.envelope,
            terms=state.terms_digest,
            author=self.member.organisation,
            act=act,
            at=self._ground.clock.now(),
            party=party,
            seen=state.sequence,
            head=state.head,
        )
        return sign_statement(said, self.member.signing_key, card=self.card.serial)

    async def state(self, envelope: str) -> EnvelopeState | None:
        """How far an envelope has come, as the company holds it; None: there is none."""
        return await self._ground.records.state(self.member.organisation, envelope)

    async def run(self) -> None:
        """Listen, for as long as it is not cancelled; away is waited for."""
        while True:
            pause = await self.step() or self._gather_seconds
            if pause:
                await self._pause(pause)

    async def step(self, *, wait_seconds: float = _WAIT_SECONDS) -> float:
        """Listen once, and whatever is due besides; gives how many seconds to wait before more."""
        try:
            await self._arrive()
            await self._listen(min(wait_seconds, self.failing.seconds))
        except NetworkAwayError as away:
            return await self._away(str(away), retry_after=away.retry_after_seconds)
        except NetworkLiesError as lies:
            self.tally.lie(lies.lie)
            _log.error(
                "network_lies",
                organisation=self.member.organisation,
                trouble=lies.lie,
                error=str(lies),
            )
            return await self._away(str(lies))
        except NetworkError as error:
            return await self._away(str(error))
        except Problem as problem:
            # What policies refuse is recorded each time: it must not be asked every minute.
            pause = problem.retry_after_seconds
            return await self._away(
                str(problem), retry_after=_REFUSED_SECONDS if pause is None else pause
            )
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.exception("bridge_stumbled", organisation=self.member.organisation)
            return await self._away(type(error).__name__)
        self._failures = 0
        self.tally.answered_at = self._ground.clock.now()
        return 0.0

    async def reconcile(self) -> Reconciliation:
        """Compare all records with the network now."""
        asked, roots = self.agreement.asked(), tuple(self._ground.roots())
        self.last = await self._reconciling.run()
        self._roots = roots
        self.agreement.answered(asked)
        self._compared_at = self._ground.clock.monotonic()
        return self.last

    async def _arrive(self) -> None:
        now = self._ground.clock.monotonic()
        if not self._is_here:
            self._network_name = (await self.network.identity()).name[:_LONGEST_NAME]
        if not self._is_here or now >= self._carded_until:
            await self._own_card.ensure()
            self._carded_until = now + self._card_seconds()
        is_due = not self._is_here or now - self._compared_at >= self._reconcile_seconds
        if is_due or self._trusts_others(now):
            await self.reconcile()
        elif self.last is not None and not self.failing.seconds:
            self.last = await self._reconciling.retry()
        if not self._is_here:
            await self._here()

    def _card_seconds(self) -> float:
        """Until when there is a card: one may end with its certificate, before a day is over."""
        card = self._own_card.current()
        if card is None:
            return _CARD_SECONDS
        left = (card.expires_at - self._ground.clock.now()).total_seconds()
        return min(max(left, _CARD_SECONDS_LEAST), _CARD_SECONDS)

    def _trusts_others(self, now: float) -> bool:
        """Whether other roots are trusted than at the last comparison: what is held may go on."""
        if now - self._rooted_at < _ROOTS_SECONDS:
            return False
        self._rooted_at = now
        return tuple(self._ground.roots()) != self._roots

    async def _listen(self, wait_seconds: float) -> None:
        cursor, asked = await self.inbox.cursor(), self.agreement.asked()
        feed = await self.network.feed(cursor, wait_seconds=wait_seconds)
        self.agreement.answered(asked)
        await self.inbox.take(feed)
        if cursor and not feed.items and feed.cursor != cursor:
            # It does not know what it has told us: its database was put back. What came there since
            # may have a place behind our cursor, and what we hold may be gone.
            self._compared_at = float("-inf")
        self._gather_seconds = _GATHER_SECONDS if 0 < len(feed.items) < _MANY_ITEMS else 0.0

    async def _here(self) -> None:
        await self._keep_standing(away_since=None, why="", network=self._network_name)
        self._is_here, self.tally.away_since, self.tally.why = True, None, ""
        _log.info("network_here", organisation=self.member.organisation)

    async def _away(self, why: str, *, retry_after: float | None = None) -> float:
        self._failures += 1
        pause = _BACKOFF.after(self._failures, chance=self._chance).total_seconds()
        if self._is_here or self.tally.away_since is None:
            self.tally.away_since = self._ground.clock.now()
        if self._is_here or why != self.tally.why:
            _log.error("network_away", organisation=self.member.organisation, error=why)
        self._is_here, self.tally.why = False, why[:_LONGEST_TOLD]
        try:
            since = microseconds(self.tally.away_since)
            await self._keep_standing(away_since=since, why=self.tally.why)
        except Problem as problem:
            _log.error("standing_not_kept", error=problem.detail)
        return max(pause, retry_after or 0.0)

    async def _keep_standing(self, **changes: int | str | None) -> None:
        def write(unit: Transaction) -> None:
            change_standing(unit, self.member.organisation, **changes)

        await self._ground.lane.write(write)


class Bridges:
    """The bridges of all companies of ours that are on the network."""

    def __init__(self, bridges: Iterable[Bridge]) -> None:
        self._by_organisation = {each.member.organisation: each for each in bridges}
        self._by_company = {each.member.company: each for each in self._by_organisation.values()}

    def __iter__(self) -> Iterator[Bridge]:
        """All of them."""
        return iter(self._by_organisation.values())

    @property
    def by_organisation(self) -> Mapping[str, Bridge]:
        """By the company's id on the network."""
        return MappingProxyType(self._by_organisation)

    def of_company(self, company: str) -> Bridge:
        """The bridge of a company.

        Raises:
            NotBridgedProblem: it is not on the network.
        """
        bridge = self._by_company.get(company)
        if bridge is None:
            raise NotBridgedProblem(f"company {company!r} is not under bridge.companies")
        return bridge

    async def prove(self) -> None:
        """Return when the network answers somebody; a probe for jobs of envelopes.

        Raises:
            BridgeAwayProblem: it answers nobody.
        """
        if not any(bridge.is_here for bridge in self):
            why = next((bridge.tally.why for bridge in self if bridge.tally.why), "not asked yet")
            raise BridgeAwayProblem(f"the network does not answer: {why}")
