"""A company's own card: sealed as its policies allow, published, renewed, and never forked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace as replaced

import gateway.envelopes.partners.cards
from cloud_bridge.cards import check_card
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.keys import EncryptionKey
from cloud_bridge.model import Card, SignedCard
from gateway.batches.receipts.press import ReceiptPress
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.carriage.errors import CardMissingProblem
from gateway.envelopes.carriage.own_card import CARD_TYPE, OwnCard
from gateway.envelopes.partners.cards import Cards
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.errors import DeniedProblem
from gateway.signing.service import SigningService
from policies.model import Caller
from tests.bridge_house import Authority, Company, company
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock, House, ordinary_surroundings

_NAME = "org-east 有限公司"
"""As in the certificate of the house's seals."""

_POLICY = f"""
apiVersion: sealgate/v1
kind: DocumentType
metadata: {{name: {CARD_TYPE}}}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {{name: cards}}
spec:
  seals: [receipt-east]
  documentTypes: [{CARD_TYPE}]
  permit:
    - id: automatic
      systems: [tms]
      when: doc.pages == 0
tests:
  - name: a document of that type is not sealed
    request: {{system: tms, doc: {{pages: 1}}}}
    expect: denied
"""


def signing_cards(house: House) -> SigningService:
    return SigningService(
        in_force=lambda: house.in_force,
        press=ReceiptPress(),
        signer=house.signer,
        audit=house.audit,
        lane=house.lane,
        reader=house.reader,
        archive=house.archive,
        clock=house.clock,
        clock_guard=ClockGuard(house.audit.newest),
        surroundings=ordinary_surroundings(house.slots, house.lane),
    )


def own_card_of(at: Company, **changes: Any) -> OwnCard:  # noqa: ANN401 - fields of its member
    ordinary = {"name": _NAME, "card_seal": "receipt-east"}
    return OwnCard(
        replace(at.bridge.member, **{**ordinary, **changes}),
        at.ground,
        signing=signing_cards(at.house),
        caller=lambda name: Caller(system=name, company="east"),
    )


def root_of(house: House) -> bytes:
    """The house's own CA, which stands behind the seal's certificate."""
    pem = (house.directory / "policies" / "seal.pem").read_bytes()
    return x509.load_pem_x509_certificates(pem)[-1].public_bytes(Encoding.DER)


@pytest.fixture
async def east(
    tmp_path: Path, network: MemoryNetwork, trusted: Authority, clock: FakeClock
) -> AsyncIterator[Company]:
    side = network.register("org-east", _NAME)
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(
            company(
                tmp_path / "east",
                "org-east",
                lambda _lane, _key: side,
                network_key=network.key.public,
                trusted=trusted,
                clock=clock,
            )
        )
        (made.house.directory / "policies" / "cards.yaml").write_text(_POLICY)
        made.house.reload()
        yield made


async def test_a_card_is_sealed_by_the_signing_cycle_and_partners_believe_it(
    east: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    card = await own_card_of(east).ensure()

    published = network.cards["org-east"]
    assert check_card(published, roots=[root_of(east.house)], at=clock.now()) == card
    assert (card.serial, card.organisation, card.name) == (1, "org-east", _NAME)
    assert len(east.house.signer.redeemed) == 1


async def test_the_same_card_is_published_again_and_not_sealed_again(
    east: Company, network: MemoryNetwork
) -> None:
    own_card = own_card_of(east)
    first = await own_card.ensure()
    network.cards.clear()
    assert await own_card.ensure() == first
    assert network.cards.keys() == {"org-east"}
    assert len(east.house.signer.redeemed) == 1


async def test_of_nodes_that_start_at_once_one_makes_the_card_and_the_other_has_it(
    east: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    ground, later = east.ground, FakeClock(clock.now() + timedelta(seconds=3))
    others = Cards(lane=ground.lane, reader=ground.networks, roots=ground.roots, clock=later)
    beside = replace(east, ground=replace(ground, cards=others, clock=later))

    first, second = await asyncio.gather(own_card_of(east).ensure(), own_card_of(beside).ensure())

    assert first == second
    assert len(east.house.signer.redeemed) == 2  # both were on their way
    published = network.cards["org-east"]
    assert {each.signed("org-east", 1) for each in (east.ground.cards, others)} == {published}


async def test_a_card_is_renewed_a_month_before_its_end_and_when_a_key_changes(
    east: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    own_card = own_card_of(east)
    first = await own_card.ensure()
    clock.move(timedelta(days=334))
    assert (await own_card.ensure()).serial == first.serial
    clock.move(timedelta(days=2))
    second = await own_card.ensure()
    assert second.serial == 2
    assert second.expires_at > first.expires_at
    other = own_card_of(east, encryption_key=EncryptionKey.generate())
    assert other.current() is None
    assert (await other.ensure()).serial == 3
    published = msgspec.json.decode(network.cards["org-east"].card, type=Card)
    assert published.serial == 3


async def test_a_gateway_that_lost_its_database_goes_on_behind_what_partners_have_seen(
    east: Company, network: MemoryNetwork, trusted: Authority, clock: FakeClock
) -> None:
    seen = Card(
        organisation="org-east",
        name=_NAME,
        signing_key="s",
        encryption_key="e",
        serial=7,
        issued_at=clock.now() - timedelta(days=1),
        expires_at=clock.now() + timedelta(days=1),
    )
    network.cards["org-east"] = trusted.sealed(seen)
    assert (await own_card_of(east).ensure()).serial == 8


async def test_without_a_policy_there_is_no_card(east: Company, network: MemoryNetwork) -> None:
    with pytest.raises(DeniedProblem):
        await own_card_of(east, card_seal="company-east").ensure()
    assert network.cards == {}


async def test_a_clock_behind_the_card_is_named_as_why_there_is_none(
    east: Company, clock: FakeClock
) -> None:
    own_card = own_card_of(east)
    bridge = Bridge(
        east.bridge.member, east.ground, own_card, reconcile_seconds=3600, chance=lambda: 0.0
    )
    assert await bridge.step(wait_seconds=0) == 0
    clock.moment -= timedelta(days=2)
    with pytest.raises(CardMissingProblem, match="by this machine's clock"):
        _ = bridge.card


async def test_where_a_card_ends_with_its_certificate_the_next_is_made_at_once(
    east: Company, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = clock.now() + timedelta(days=3, hours=1)  # and the certificate is renewed by then
    believed = gateway.envelopes.partners.cards.as_believed

    def by_certificate(signed: SignedCard) -> Card:
        card = believed(signed)
        return replaced(card, expires_at=ends) if card.serial == 1 else card

    monkeypatch.setattr(gateway.envelopes.partners.cards, "as_believed", by_certificate)
    bridge = Bridge(east.bridge.member, east.ground, own_card_of(east), reconcile_seconds=3600)
    for hours in (0, 24, 24, 24, 1):
        clock.move(timedelta(hours=hours))
        assert await bridge.step(wait_seconds=0) == 0
    assert bridge.card.serial == 2
    assert len(east.house.signer.redeemed) == 2


async def test_policies_that_refuse_a_card_are_not_asked_every_minute(east: Company) -> None:
    refused = own_card_of(east, card_seal="company-east")
    bridge = Bridge(
        east.bridge.member, east.ground, refused, reconcile_seconds=3600, chance=lambda: 0.0
    )
    assert await bridge.step(wait_seconds=0) == 300
    assert "company-east" in bridge.tally.why
    with pytest.raises(CardMissingProblem, match="company-east") as missing:
        _ = bridge.card
    # The title says the same: whoever reads both, reads it once.
    assert missing.value.title not in str(missing.value)
    assert "on the network yet" not in str(missing.value)


async def test_while_the_network_is_away_no_serial_is_spent(
    east: Company, network: MemoryNetwork
) -> None:
    network.is_away = True
    with pytest.raises(NetworkAwayError):
        await own_card_of(east).ensure()
    assert east.house.signer.redeemed == []
    network.is_away = False
    assert (await own_card_of(east).ensure()).serial == 1
