"""A network takes what a card's key signed while the card counts, as gateways believe it."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.cards import card_bytes
from cloud_bridge.envelopes.statements import Opened
from cloud_bridge.model import SignedCard
from tests.network_house import ProblemAnswer, network_house
from tests.seals_of_companies import sign_card


async def test_what_comes_after_a_card_has_expired_is_not_taken_whenever_it_was_said(
    tmp_path: Path,
) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        buyer.serial = 2
        card = msgspec.structs.replace(buyer.card, expires_at=house.time.now() + timedelta(hours=1))
        await buyer.ask("PUT", "/v1/card", sign_card(card, buyer.seal))
        house.published[buyer.id, 2] = card
        opened = await draft.statement(Opened(), by=buyer, party="buyer")
        house.time.move(timedelta(hours=2))
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.state(opened, envelope=draft.id)
        assert refused.value.type == "statement-invalid"
        assert (await draft.now()).sequence == 1


async def test_moments_without_a_time_zone_are_refused_and_not_stumbled_over(
    tmp_path: Path,
) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        without = house.time.now().replace(tzinfo=None)
        with pytest.raises(ProblemAnswer) as refused:
            await draft.say(Opened(), by=buyer, party="buyer", at=without)
        assert refused.value.type == "not-allowed"
        buyer.serial = 2
        card = msgspec.structs.replace(buyer.card, issued_at=without)
        signed = sign_card(card, buyer.seal)
        for each in (signed, SignedCard(card=card_bytes(card), proof=b"")):
            with pytest.raises(ProblemAnswer) as refused:
                await buyer.ask("PUT", "/v1/card", each)
            assert refused.value.type == "card-invalid"
