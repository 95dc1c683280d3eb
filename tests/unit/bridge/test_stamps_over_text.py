"""A partner that signs last may put its stamp over what was agreed: that is found and told."""

import asyncio
from pathlib import Path

import pytest

from gateway.envelopes.ground import Inbound
from gateway.envelopes.model import NewFile
from policies.model import OnPage
from tests.cheating_partners import cheats, state_revision
from tests.envelope_house import NAME, POLICY, Room, Town, parties, play, settle
from tests.envelope_logs import leaves, told_in_the_log
from tests.hostile.samples import TEXT
from tests.unit.documents.drafts import one_page

LINE = one_page(TEXT)
OVER_IT = OnPage(page=1, left_mm=40, top_mm=40)
BESIDE_IT = OnPage(page=1, left_mm=40, top_mm=150)
FINDING = {"rule": "stamp-over-text", "detail": "page 1 has a text under the stamp"}
REFUSING = POLICY.replace(
    "metadata: {name: contract}\nspec:\n",
    "metadata: {name: contract}\nspec:\n  intake: {refuse: [stamp-over-text]}\n",
)
NOT_BY_ITSELF = {"another-type": Inbound("contract", "company-east")}


async def signed_by_the_partner(
    town: Town, east: Room, west: Room, placement: OnPage, *, last: bool = True
) -> str:
    """East signs first (or is to sign after it), and the partner puts its stamp there."""
    turns = (1, 2) if last else (2, 1)
    made = await east.create(files=[NewFile(NAME, LINE)], parties=parties(turns=turns))
    id_ = made.envelope.id
    await east.company.listen()
    await east.work()
    await west.company.listen()
    base = await east.final(id_)
    document = await asyncio.to_thread(cheats(town).sealed, base, placement, at=town.clock.now())
    await state_revision(town, west, id_, base, document)
    await settle(east)
    return id_


async def findings(room: Room) -> list[object]:
    return [each.get("findings") for each in await leaves(room) if each.get("what") == "verified"]


@pytest.mark.parametrize("policy", [POLICY, REFUSING], ids=["accepted", "refused"])
def test_a_stamp_over_text_of_who_signs_last_is_recorded_and_told_where_it_is_refused(
    tmp_path: Path, policy: str
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await signed_by_the_partner(town, east, west, OVER_IT)
        told = await east.show(id_)
        # All have signed: it counts, and nothing is held up any more.
        assert (told.status, east.events.types) == ("completed", ["envelope.completed"])
        assert await findings(east) == [[FINDING]]
        # Whoever is told of the end is told that something is to be looked at.
        assert east.events.events[0].data["troubles"] == [type_ for type_, _ in told.trouble]
        if policy == POLICY:
            assert told.trouble == ()
        else:
            ((type_, words),) = told.trouble
            assert type_ == "stamp-over-text"
            assert f"{NAME}, signed by seller: page 1 has a text under the stamp" in words
            assert "stamp-over-text" in await told_in_the_log(east)

    play(tmp_path, scene, inbound=NOT_BY_ITSELF, policy=policy)


def test_a_stamp_where_nothing_stands_is_no_finding(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await signed_by_the_partner(town, east, west, BESIDE_IT)
        assert ((await east.show(id_)).status, (await east.show(id_)).trouble) == ("completed", ())
        assert await findings(east) == [None]

    play(tmp_path, scene, inbound=NOT_BY_ITSELF, policy=REFUSING)


def test_where_we_are_to_sign_after_it_our_own_intake_declines(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await signed_by_the_partner(town, east, west, OVER_IT, last=False)
        told = await east.show(id_)
        assert (told.status, told.trouble, east.signed) == ("declined", (), 0)
        assert "stamp-over-text" in told.next_hint
        assert await findings(east) == [None]  # its denial has them among its facts

    play(tmp_path, scene, inbound=NOT_BY_ITSELF, policy=REFUSING)
