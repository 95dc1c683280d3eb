"""What is refused before it leaves, what our policies decline, and what waits to be looked at."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import (
    Declined,
    parse,
)
from gateway.envelopes.errors import (
    EnvelopeOfOtherCompanyProblem,
    EnvelopeSenselessProblem,
    EnvelopeUnknownProblem,
)
from gateway.envelopes.ground import Inbound
from gateway.signing.errors import DeniedProblem
from tests.envelope_house import (
    CALLER,
    WEST,
    Room,
    Town,
    parties,
    play,
    settle,
)
from tests.envelope_logs import told_in_the_log


def test_what_is_hopeless_is_refused_before_it_leaves(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(title="禁止的合同")
        with pytest.raises(EnvelopeSenselessProblem):
            await east.create(expires_at=town.clock.now() - timedelta(days=1))
        with pytest.raises(EnvelopeSenselessProblem):
            await east.create(parties=())
        with pytest.raises(EnvelopeSenselessProblem, match="normalize"):
            await east.create(document_type="written-anew")
        with pytest.raises(EnvelopeOfOtherCompanyProblem):
            await east.create(company="south")
        assert town.network.envelopes == {}
        page = await east.service.listing(CALLER, status=None, after=None, most=9)
        assert page.envelopes == ()

    play(tmp_path, scene)


def test_what_our_policies_refuse_is_declined_in_a_word_that_says_no_more(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        # East would send and sign it; the partner's policies refuse what comes from others.
        id_ = (await east.create(title="拒收的合同", parties=parties(turns=(2, 1)))).envelope.id
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "declined"
            assert room.signed == 0
            assert room.events.types == ["envelope.declined"]
        (said,) = (
            parse(each.signed)
            for each in town.network.envelopes[id_].entries
            if isinstance(parse(each.signed).act, Declined)
        )
        assert said.act == Declined(reason="policy")
        for room in (east, west):
            seller = next(each for each in (await room.show(id_)).parties if each.id == "seller")
            assert (seller.state, seller.reason) == ("declined", "policy")
        # At home it is told which rule, and where the audit log says so; abroad it is not.
        at_home = (await west.show(id_)).next_hint
        assert "not-these" in at_home
        assert "not-these" not in (await east.show(id_)).next_hint
        assert "declined" in await told_in_the_log(west)

    play(tmp_path, scene)


def test_a_contract_that_no_rule_fits_waits_for_somebody_to_look_at_it(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("signing", "look-at-it")
        assert "inbound" in told.next_hint
        assert west.signed == 0
        await west.service.decline(CALLER, id_, reason="not-ours")
        await settle(east, west)
        assert (await east.show(id_)).status == "declined"

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_what_is_larger_than_we_take_is_not_even_fetched(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.most_bytes = 1000
        small = town.joined(west.company)
        id_ = (await east.create()).envelope.id
        await settle(east, small)
        told = await small.show(id_)
        assert (told.status, told.next_step) == ("signing", "look-at-it")
        assert "at most 1,000 are taken" in told.next_hint
        assert (WEST, "content") not in town.network.asked
        assert small.signed == 0

    play(tmp_path, scene)


def test_another_companys_envelope_does_not_exist(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, _west: Room) -> None:
        with pytest.raises(EnvelopeUnknownProblem):
            await east.show("00000000-0000-4000-8000-000000000001")

    play(tmp_path, scene)
