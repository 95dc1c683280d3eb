"""What an envelope waits for is told as it is, and the network is not blamed for what is ours."""

from datetime import timedelta
from pathlib import Path

from tests.envelope_house import Room, Town, parties, play, settle

_SHORT = "This gateway's disk is short (12 MiB are free, 500 MiB are wanted)."


def test_while_the_disk_is_short_that_is_what_is_told(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        east.still = _SHORT
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        assert (await east.show(id_)).next_step == "send"
        assert (await east.show(id_)).next_hint == _SHORT
        east.still = ""
        assert "network" in (await east.show(id_)).next_hint
        await east.work()
        await west.company.listen()
        west.still = _SHORT
        assert (await west.show(id_)).next_step == "sign"
        assert (await west.show(id_)).next_hint == _SHORT
        await settle(west)
        east.still = _SHORT
        assert (await east.show(id_)).next_hint.startswith("It is the turn of org-west")
        west.still = ""
        await settle(east, west)
        assert (await east.show(id_)).next_hint.startswith("Everybody has signed")

    play(tmp_path, scene)


def test_a_clock_that_was_put_ahead_is_what_is_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        await east.work()
        await west.company.listen()
        town.clock.moment += timedelta(hours=1)
        await west.work()
        told = await west.show(id_)
        assert "The gateway's clock cannot be right" in told.next_hint
        assert "NTP" in told.next_hint

    play(tmp_path, scene)
