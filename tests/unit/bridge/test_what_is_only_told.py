"""A trouble that is only told holds nothing up, is not lost, and keeps nothing held."""

from pathlib import Path
from unittest.mock import patch

import pytest

from gateway.envelopes.ground import Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import Trouble
from gateway.store.envelopes import change_envelope
from gateway.verification.model import AskedRevision, RevisionJudgement
from tests.envelope_house import CALLER, EAST, OwnJudge, Room, Town, play, settle
from tests.envelope_logs import leaves
from tests.memory_network import Side
from tests.unit.bridge.test_what_has_no_room import refusing

STAMP = Trouble("stamp-over-text", "one.pdf: page 1 has a text under the stamp", holds=False)
OTHER_STAMP = Trouble("stamp-over-text", "two.pdf: page 7 has a text under the stamp", holds=False)
REFUSED = Trouble("refused-not-allowed", "a reminder came too late", holds=False)
UNTRUSTED = Trouble("card-untrusted", "nobody trusts it")
OF_NO_ROOT = Trouble("revision-untrusted", "its CA is none of ours")


async def tell(room: Room, envelope: str, *troubles: Trouble) -> None:
    company = room.company
    writing = Troubles(company.bridge.member, company.ground, Tally())
    for each in troubles:
        await writing.tell(envelope, each)


async def completed(east: Room, west: Room) -> str:
    id_ = (await east.create()).envelope.id
    await east.work()
    await settle(east, west)
    assert (await east.show(id_)).status == "completed"
    return id_


@pytest.mark.parametrize("only_told", [STAMP, REFUSED], ids=["a stamp", "a word of ours"])
def test_what_held_it_besides_passes_and_what_was_only_told_stays_told(
    tmp_path: Path, only_told: Trouble
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = await completed(east, west)
        await tell(east, id_, only_told, UNTRUSTED)
        assert (await east.show(id_)).status == "held"

        await east.company.bridge.reconcile()
        await settle(east, west)

        told = await east.show(id_)
        assert (told.status, told.trouble) == ("completed", ((only_told.type, only_told.words),))

    play(tmp_path, scene)


@pytest.mark.parametrize("only_told", [STAMP, REFUSED], ids=["a stamp", "a word of ours"])
def test_what_is_trusted_now_goes_on_whatever_was_only_told(
    tmp_path: Path, only_told: Trouble
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = await completed(east, west)
        await tell(east, id_, only_told, OF_NO_ROOT)
        assert (await east.show(id_)).status == "held"

        await east.company.bridge.reconcile()  # which judges it anew, and finds it sound
        await settle(east, west)

        told = await east.show(id_)
        assert (told.status, told.trouble) == ("completed", ((only_told.type, only_told.words),))
        released = [each for each in await leaves(east) if each.get("what") == "released"]
        assert [each["troubles"] for each in released] == [[OF_NO_ROOT.type]]

    play(tmp_path, scene)


def test_a_document_that_the_network_never_takes_keeps_it_held_whatever_passes(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        with patch.object(Side, "put_content", refusing("not-allowed")):
            await east.work()
        assert (await east.show(id_)).status == "held"
        await tell(east, id_, UNTRUSTED, OF_NO_ROOT)

        await east.company.bridge.reconcile()
        await settle(east, west)

        told = await east.show(id_)
        assert (told.status, "refused-not-allowed" in dict(told.trouble)) == ("held", True)

    play(tmp_path, scene)


def test_a_document_that_is_refused_in_the_word_that_a_statement_was_holds_it(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, _west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await tell(east, id_, REFUSED)
        with patch.object(Side, "put_content", refusing("not-allowed")):
            await east.work()

        told = await east.show(id_)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert dict(told.trouble) == {"refused-not-allowed": f"{REFUSED.words}; not this"}

    play(tmp_path, scene)


def test_what_is_judged_anew_is_released_and_the_stamp_that_was_found_then_stays_told(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = await completed(east, west)
        await tell(east, id_, OF_NO_ROOT)
        bridge, envelopes = east.company.bridge, east.company.ground.envelopes
        row, state = await envelopes.by_id(EAST, id_), await bridge.state(id_)
        assert row is not None
        assert state is not None
        await tell(east, id_, STAMP)

        await east.service._ending.release(bridge, row, state)

        told = await east.show(id_)
        assert (told.status, told.trouble) == ("completed", ((STAMP.type, STAMP.words),))

    play(tmp_path, scene)


def test_what_was_found_to_hold_it_meanwhile_is_not_released(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = await completed(east, west)
        await tell(east, id_, OF_NO_ROOT)
        bridge, envelopes = east.company.bridge, east.company.ground.envelopes
        row, state = await envelopes.by_id(EAST, id_), await bridge.state(id_)
        assert row is not None
        assert state is not None
        await tell(east, id_, Trouble("forked", "it tells two stories"))

        await east.service._ending.release(bridge, row, state)

        assert (await east.show(id_)).status == "held"

    play(tmp_path, scene)


def test_every_stamp_is_told_and_each_once(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = await completed(east, west)
        await tell(east, id_, STAMP, OTHER_STAMP, STAMP)
        ((_, words),) = (await east.show(id_)).trouble
        assert words == f"{STAMP.words}; {OTHER_STAMP.words}"

    play(tmp_path, scene)


def test_what_was_taken_back_stays_so_whatever_is_wrong_with_it_besides(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        town.network.is_full = True
        id_ = (await east.create()).envelope.id
        await east.work()
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await tell(east, id_, UNTRUSTED)
        told = await east.show(id_)
        assert (told.status, told.next_hint) == (
            "withdrawn",
            "It was withdrawn before it was sent: mistake",
        )
        assert [type_ for type_, _ in told.trouble] == ["card-untrusted"]

    play(tmp_path, scene)


def test_what_another_node_took_back_since_the_rows_were_read_does_not_go_out(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        town.network.is_full = True
        id_ = (await east.create()).envelope.id
        await east.work()
        await east.company.ground.lane.write(
            lambda unit: change_envelope(unit, EAST, id_, status="withdrawn")
        )
        town.network.is_full = False
        assert not await east.company.bridge.outbox.send(id_)
        assert town.network.envelopes == {}

    play(tmp_path, scene)


class _TooSlowUnderStamps(OwnJudge):
    """Finds nothing out where it is to look under stamps, too."""

    async def judge_revision(
        self, base: bytes, document: bytes, asked: AskedRevision
    ) -> RevisionJudgement:
        if asked.looks_under:
            return RevisionJudgement(fault="could-not-tell", why="it took longer than 30 s")
        return await super().judge_revision(base, document, asked)


def test_a_contract_is_not_left_for_want_of_a_look_under_its_stamps(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        east.advancing._verifying._judge = _TooSlowUnderStamps()
        await completed(east, west)

    play(tmp_path, scene)
