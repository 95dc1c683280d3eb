"""What all have signed, and is wholly here, stays completed when the network loses it for good."""

from dataclasses import replace
from pathlib import Path

from gateway.envelopes.keeping.troubles import LOST_THERE
from tests.envelope_house import CALLER, NAME, Room, Town, play, settle
from tests.unit.bridge.test_lies import recorded


def test_a_completed_contract_that_the_network_has_lost_counts_and_says_so(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        lost = town.network.envelopes.pop(id_)

        report = await east.company.bridge.reconcile()

        told = await east.show(id_)
        assert (told.status, told.next_step, told.next_hint) == ("completed", "nothing", LOST_THERE)
        assert [type_ for type_, _ in told.trouble] == ["missing"]
        # The lie is told all the same: in the log of audit, in figures, in the report.
        assert [(each["trouble"], each["lie"]) for each in recorded(east.company)] == [
            ("missing", True)
        ]
        assert east.company.bridge.tally.lies == {"missing": 1}
        assert (report.missing, report.is_clean) == ((id_,), False)
        assert "envelope.held" not in east.events.types
        assert await east.service.transcript(CALLER, id_)
        assert await east.final(id_)

        town.network.envelopes[id_] = lost
        await east.company.bridge.reconcile()

        told = await east.show(id_)
        assert (told.status, told.trouble) == ("completed", ())
        assert told.next_hint == "Everybody has signed; the documents are here."

    play(tmp_path, scene)


def test_one_that_the_network_has_lost_a_part_of_is_the_same(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.company.listen()
        await east.work()
        older = replace(town.network.envelopes[id_], entries=[*town.network.envelopes[id_].entries])
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        town.network.envelopes[id_] = older
        await east.company.bridge.reconcile()
        told = await east.show(id_)
        assert (told.status, [type_ for type_, _ in told.trouble]) == ("completed", ["missing"])

    play(tmp_path, scene)


def test_of_which_something_is_lacking_here_it_is_held(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        await west.service.attach(CALLER, id_, NAME, await east.final(id_))
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("completed", "wait-for-content")
        del town.network.envelopes[id_]
        await east.company.bridge.reconcile()
        assert (await east.show(id_)).status == "held"

    play(tmp_path, scene)
