"""The bridges of our companies to the cloud account network, opened, and listening."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.keys import EncryptionKey, SigningKey
from gateway.config import BridgeCompanyConfig, BridgeConfig
from gateway.envelopes.brought import Brought
from gateway.envelopes.carriage.carrying import Bridge, Bridges
from gateway.envelopes.carriage.egress import Ledger, forget_egress
from gateway.envelopes.carriage.errors import KeyFileError
from gateway.envelopes.carriage.own_card import OwnCard
from gateway.envelopes.ground import Ground, Inbound, Member
from gateway.envelopes.partners.cards import Cards
from gateway.envelopes.partners.roots import roots_in
from gateway.envelopes.records import Records
from gateway.errors import Problem
from gateway.freezes.outgoing import Outgoing
from gateway.jobs.crew import Crew, Terms
from gateway.jobs.interfaces import JobHandler
from gateway.returns.interfaces import EventOutbox
from gateway.signing.callers import caller_now
from gateway.signing.service import SigningService
from gateway.store.engines.moments import moment
from gateway.store.rows.envelope_contents import EnvelopeContentReader
from gateway.store.rows.envelope_owed import OwedReader
from gateway.store.rows.envelopes import EnvelopeReader
from gateway.store.rows.networks import NetworkReader
from gateway.wiring.duties import take_on
from gateway.wiring.house import House
from gateway.wiring.rooms.waiting import pauses

Key = TypeVar("Key", SigningKey, EncryptionKey)

_AT_ONCE = 64
_COUNT_SECONDS = 5.0
_HOUR_SECONDS = 3600.0
_DAY_SECONDS = 24 * _HOUR_SECONDS
_OPEN_TO_OTHERS = 0o077

_log = structlog.get_logger("envelopes")


@dataclass(frozen=True, slots=True)
class Bridging:
    """What carries envelopes, opened.

    Attributes:
        ground: what all companies share.
        bridges: of each company.
        config: of all of it.
    """

    ground: Ground
    bridges: Bridges
    config: BridgeConfig

    def start(self, house: House, stack: contextlib.AsyncExitStack) -> None:
        """Listen for every company, until the stack is left."""
        duties = [(f"bridge {each.member.organisation}", each.run()) for each in self.bridges]
        duties.append(("bridge figures", self._count(house)))
        duties.append(("bridge ledger", forget_what_left(house, self.config)))
        for name, duty in duties:
            take_on(duty, name=name, stack=stack)

    async def _count(self, house: House) -> None:
        while True:
            for bridge in self.bridges:
                try:
                    await self._measure(house, bridge)
                except Problem as problem:
                    _log.error("bridge_not_counted", error=problem.detail)
            await asyncio.sleep(_COUNT_SECONDS)

    async def _measure(self, house: House, bridge: Bridge) -> None:
        owed, since = await self.ground.owed.count(bridge.member.organisation)
        now, tally = house.clock.now(), bridge.tally
        oldest = 0.0 if since is None else (now - moment(since)).total_seconds()
        away = tally.away_since
        house.metrics.outside.set_bridge(
            bridge.member.organisation,
            entries=tally.entries,
            sent=tally.sent,
            refused=tally.refused,
            owed=owed,
            oldest_seconds=max(0.0, oldest),
            away_seconds=0.0 if away is None else max(0.0, (now - away).total_seconds()),
            is_up=bridge.is_here,
            answered_at=tally.answered_at,
            not_compared=len(bridge.failing),
            lies=tally.lies,
        )


async def open_bridges(
    house: House,
    config: BridgeConfig,
    stack: contextlib.AsyncExitStack,
    signing_cards: SigningService,
    events: EventOutbox,
) -> Bridging:
    """Open the bridge of each company; nothing is sent yet.

    Args:
        house: all that they stand on.
        config: the network, and who of ours is on it.
        stack: closes them.
        signing_cards: the signing cycle for documents that are no PDF.
        events: for those who asked to be told.

    Raises:
        KeyFileError: a company's key cannot be used, or a file of the operator's is not there.
        OSError: a certificate cannot be read.
    """
    if (missing := "; ".join(config.missing)) != "":
        raise KeyFileError(missing)
    ground = await _ground(house, config, stack, events)
    bridges: list[Bridge] = []
    for company in config.companies:
        member = await _member(house, config, company, stack)
        own_card = OwnCard(
            member,
            ground,
            signing=signing_cards,
            caller=lambda name: caller_now(house.policies.current, name, at=house.clock.now()),
        )
        bridges.append(
            Bridge(
                member, ground, own_card, reconcile_seconds=config.reconcile_hours * _HOUR_SECONDS
            )
        )
    return Bridging(ground, Bridges(bridges), config)


def envelope_crew(house: House, handler: JobHandler, bridges: Bridges) -> Crew:
    """Those who look at envelopes: nothing is claimed while the network answers nobody."""
    paused = pauses(house)
    terms = Terms(places=_AT_ONCE, paused=lambda: paused("envelope"), probe=bridges.prove)
    return Crew("envelope", handler, terms, queue=house.queue, lane=house.lane, clock=house.clock)


async def _ground(
    house: House, config: BridgeConfig, stack: contextlib.AsyncExitStack, events: EventOutbox
) -> Ground:
    envelopes, owed = EnvelopeReader(house.readers), OwedReader(house.readers)
    contents, networks = EnvelopeContentReader(house.readers), NetworkReader(house.readers)
    for reader in (envelopes, owed, contents, networks):
        stack.callback(reader.close)
    roots = partial(roots_in, config.trusted_roots)
    cards = Cards(lane=house.lane, reader=networks, roots=roots, clock=house.clock)
    await cards.load()
    return Ground(
        lane=house.lane,
        content=house.content,
        envelopes=envelopes,
        owed=owed,
        contents=contents,
        brought=Brought(house.clock),
        networks=networks,
        queue=house.queue,
        audit=house.audit,
        events=events,
        cards=cards,
        records=Records(envelopes),
        clock=house.clock,
        roots=roots,
        freezes=Outgoing(
            book=house.freezes.book,
            lane=house.lane,
            documents=house.reader,
            in_force=lambda: house.policies.current,
        ),
    )


async def _member(
    house: House,
    config: BridgeConfig,
    company: BridgeCompanyConfig,
    stack: contextlib.AsyncExitStack,
) -> Member:
    signing_key = read_key(company.signing_key, SigningKey)
    ledger = Ledger(company.organisation, config.url, lane=house.lane, clock=house.clock)
    network = open_client(
        company.organisation,
        way_of(config, company),
        key=signing_key,
        requests_per_second=config.requests_per_second,
        ledger=ledger,
        time=house.clock,
    )
    return Member(
        company=company.company,
        organisation=company.organisation,
        name=company.name,
        system=company.system,
        card_seal=company.card_seal,
        inbound={
            each.type: Inbound(each.document_type, each.seal) for each in company.inbound or ()
        },
        network=await stack.enter_async_context(network),
        network_key=config.network_key,
        signing_key=signing_key,
        encryption_key=read_key(company.encryption_key, EncryptionKey),
    )


def way_of(config: BridgeConfig, company: BridgeCompanyConfig) -> Way:
    """A company's way to the network.

    Raises:
        KeyFileError: others may read its client key, which is half of who it is there.
    """
    if company.client_key is not None and company.client_key.exists():
        _refuse_open(company.client_key)
    return Way(
        url=config.url,
        network_key=config.network_key,
        ca=config.ca,
        certificate=company.client_certificate,
        key=company.client_key,
        proxy=config.proxy,
    )


def read_key(file: Path, kind: type[Key]) -> Key:
    """A company's key.

    Raises:
        KeyFileError: it cannot be read, is no key of this kind, or others may read it.
    """
    try:
        _refuse_open(file)
        return kind.from_pem(file.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(
            f"{file} cannot be used: {error}. `sealgate bridge keys` makes what is missing"
        ) from error


async def forget_what_left(house: House, config: BridgeConfig) -> None:
    """Once a day, forget what left the house long ago."""
    kept = timedelta(days=config.egress_days)
    while True:
        try:
            gone = await forget_egress(house.lane, before=house.clock.now() - kept)
            if gone:
                _log.info("forgotten", egress=gone)
        except Problem as problem:
            _log.error("not_forgotten", error=problem.detail)
        await asyncio.sleep(_DAY_SECONDS)


def _refuse_open(file: Path) -> None:
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        raise KeyFileError(f"{file} is open to others: chmod 600 {file}")
