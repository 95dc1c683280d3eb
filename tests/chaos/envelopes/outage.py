"""A network that is away for a working day, while contracts wait at the gateway that sends them.

Network, HTTP, databases, bridges, outbox, inbox, jobs and comparison are the real ones, in one
process with one clock that is moved. What is not real is the signature: a company's signing cycle
is `_Signs`, which adds bytes to the document; what it does is counted.
"""

import asyncio
import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from cloud_bridge.encryption import opened
from cloud_bridge.envelopes.record import check
from cloud_bridge.envelopes.state import EnvelopeState, may_sign
from cloud_bridge.envelopes.statements import Acknowledged, Act, Revision, Signed, parse
from cloud_bridge.errors import NetworkAwayError
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.carriage.reconciling import Reconciliation
from gateway.jobs.model import ClaimedJob
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelope_owed import is_owed
from tests.bridge_house import Company, company, contract
from tests.envelope_house import EAST, WEST
from tests.served_house import ServedStreet, served_street
from tests.servers.proxy import FaultProxy

_AT_ONCE = 64
_CUT_AFTER_BYTES = 500_000
_MOST_ROUNDS_AN_ENVELOPE = 30


@dataclass
class _Signs:
    """A company that signs whatever comes, once it is its turn."""

    at: Company
    used: Counter[str] = field(default_factory=Counter)

    async def work(self, job: ClaimedJob) -> None:
        """Go as far as it goes; the job comes again when the network is away."""
        queue, lane = self.at.ground.queue, self.at.ground.lane
        envelope = job.key.split("/")[1]
        try:
            await self._go(envelope)
        except NetworkAwayError:
            now = self.at.clock.now()
            await lane.write(lambda unit: queue.retry(unit, job.lease, not_before=now, reason=b""))
        else:
            await lane.write(lambda unit: queue.finish(unit, job.lease))

    async def _go(self, envelope: str) -> None:
        outbox = self.at.bridge.outbox
        await outbox.send(envelope)
        state = await self.at.bridge.state(envelope)
        assert state is not None
        if state.status == "completed":
            await self._say(state, Acknowledged(sequence=state.sequence, head=state.head), "ended")
        ours = {each.party.id for each in state.parties_of(self.at.id)}
        for party in ours.intersection(may_sign(state, at=self.at.clock.now())):
            await self._sign(state, party)
        await outbox.send(envelope)

    async def _sign(self, state: EnvelopeState, party: str) -> None:
        envelope, (document,) = state.terms.envelope, state.terms.documents
        base = await self._content(envelope, state.current[document.name])
        signed = base + f" signed by {party}".encode()
        digest = hashlib.sha256(signed).hexdigest()
        revision = Revision(
            document=document.name,
            base=state.current[document.name],
            digest=digest,
            size=len(signed),
            container=b"\x30\x03\x02\x01\x01",
            field=f"Signature-{party}",
        )
        await self.at.keep(envelope, document.name, signed)
        if await self._say(state, Signed(revisions=(revision,)), "signed", digest, party=party):
            self.used[envelope] += 1

    async def _content(self, envelope: str, digest: str) -> bytes:
        kept = await self.at.ground.contents.by_digest(self.at.id, envelope, digest)
        if kept is not None:
            return await self.at.ground.content.get(kept.location, kept.size)
        content = await self.at.bridge.network.content(envelope, digest)
        return opened(content, organisation=self.at.id, key=self.at.bridge.member.encryption_key)

    async def _say(
        self, state: EnvelopeState, act: Act, id_: str, *before: str, party: str = ""
    ) -> bool:
        """Owe a word, and contents before it; False: it was owed already."""
        envelope, now = state.terms.envelope, self.at.clock.now()
        said = self.at.bridge.statement(state, act, id=f"{self.at.id}:{id_}", party=party)

        def unit(transaction: Transaction) -> bool:
            connection = transaction.connection
            if is_owed(connection, self.at.id, envelope, parse(said).id) != "no":
                return False
            owe(transaction, self.at.id, envelope, *before, said, at=now)
            return True

        return await self.at.ground.lane.write(unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endured:
    """What an outage came to.

    Attributes:
        envelopes: that waited.
        seconds: real ones, from the network's return until every envelope had ended at both
            companies, and both had compared.
        reports: of the comparison at the end, of each company.
        faults: what was not as it should be.
    """

    envelopes: int
    seconds: float
    reports: Sequence[Reconciliation]
    faults: Sequence[str]


async def endure_outage(directory: Path, *, envelopes: int, hours: float = 8.0) -> Endured:
    """Have so many contracts wait while the network is away so long; then let it come back."""
    async with (
        served_street(directory) as street,
        _ways(street) as ways,
        contextlib.AsyncExitStack() as stack,
    ):
        east, west = [
            await stack.enter_async_context(_company(street, each)) for each in (EAST, WEST)
        ]
        for each in (east, west):
            assert await each.listen() == 0
        for way in ways:
            await way.go_away()
        every = [
            contract(number, buyer=EAST, seller=WEST, clock=street.clock)
            for number in range(envelopes)
        ]
        for terms in every:
            await east.owe_envelope(terms)
        for _ in range(int(hours)):
            street.clock.move(timedelta(hours=1))
            assert await east.listen() > 0
            assert await west.listen() > 0
        for way in ways:
            await way.come_back()
        # In the middle of it every connection of the sender dies once more.
        ways[0].cut_at = ways[0].passed + _CUT_AFTER_BYTES
        began = time.monotonic()
        houses = [_Signs(each) for each in (east, west)]
        names = [each.envelope for each in every]
        await _catch_up(houses, names)
        reports = [await each.bridge.reconcile() for each in (east, west)]
        seconds = time.monotonic() - began
        faults = [
            *[fault for each in names async for fault in _faults_of(each, houses, street)],
            *[fault for each in reports for fault in _unproved(each, envelopes)],
        ]
        for each in (east, west):
            owed, _ = await each.ground.owed.count(each.id)
            faults += [f"{each.id} still owes {owed}"] if owed else []
            faults += [f"{each.id} calls it a lie: {lie}" for lie in each.bridge.tally.lies]
    return Endured(envelopes=envelopes, seconds=seconds, reports=reports, faults=faults)


async def _catch_up(houses: Sequence[_Signs], envelopes: Sequence[str]) -> None:
    waiting = set(envelopes)
    for _ in range(_MOST_ROUNDS_AN_ENVELOPE * len(envelopes)):
        worked = 0
        for house in houses:
            await house.at.listen()
            claimed = await house.at.ground.queue.claim("envelope", most=_AT_ONCE)
            await asyncio.gather(*map(house.work, claimed))
            worked += len(claimed)
        if worked == 0:
            waiting = {each for each in waiting if not await _has_ended(each, houses)}
            if not waiting:
                return


async def _has_ended(envelope: str, houses: Sequence[_Signs]) -> bool:
    states = [await house.at.bridge.state(envelope) for house in houses]
    return (
        all(each is not None and each.status == "completed" for each in states)
        and len({None if each is None else each.head for each in states}) == 1
    )


async def _faults_of(
    envelope: str, houses: Sequence[_Signs], street: ServedStreet
) -> AsyncIterator[str]:
    records = [await house.at.bridge.network.envelope(envelope) for house in houses]
    network, cards = street.network_key, houses[0].at.ground.cards
    state = check(records[0], network_key=network, cards=cards)
    acts = [parse(each.signed) for each in records[0].entries]
    signed = [each.party for each in acts if isinstance(each.act, Signed)]
    if state.status != "completed" or signed != ["buyer", "seller"]:
        yield f"{envelope} is {state.status}, signed by {signed}"
    for house in houses:
        kept = await house.at.ground.records.entries(house.at.id, envelope)
        if kept != records[0].entries:
            yield f"{envelope}: {house.at.id} holds another record than the network"
        if house.used[envelope] != 1:
            yield f"{envelope}: {house.at.id} signed {house.used[envelope]} times"


def _unproved(report: Reconciliation, envelopes: int) -> list[str]:
    if (report.checked, report.fetched, report.owed, report.is_clean) == (envelopes, 0, 0, True):
        return []
    return [f"the comparison does not prove it: {report}"]


@contextlib.asynccontextmanager
async def _ways(street: ServedStreet) -> AsyncIterator[list[FaultProxy]]:
    ways = [FaultProxy(street.port) for _ in (EAST, WEST)]
    for organisation, way in zip((EAST, WEST), ways, strict=True):
        await way.come_back()
        street.ports[organisation] = way.port
    yield ways
    for way in ways:
        await way.go_away()


def _company(
    street: ServedStreet, organisation: str
) -> contextlib.AbstractAsyncContextManager[Company]:
    return company(
        street.directory / organisation,
        organisation,
        partial(street.connect, organisation),
        network_key=street.network_key,
        trusted=street.trusted,
        clock=street.clock,
        seals_by=street.seals_by,
    )
