"""A network that gives another content than the one that was asked for."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.encryption import plain
from cloud_bridge.wire import Content
from tests.envelope_house import (
    Room,
    Town,
    play,
    settle,
)


def another(content: Content) -> Content:
    return plain(b"another", envelope=content.head.envelope)


def another_under_its_name(content: Content) -> Content:
    told = another(content)
    head = msgspec.structs.replace(told.head, digest=content.head.digest)
    return msgspec.structs.replace(told, head=head)


@pytest.mark.parametrize("brings", [True, False], ids=["with the feed", "when it is asked"])
@pytest.mark.parametrize("lie", [another, another_under_its_name])
def test_a_network_that_gives_another_content_is_a_lie_and_nothing_is_signed(
    tmp_path: Path, lie: Callable[[Content], Content], *, brings: bool
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.brings = brings
        id_ = (await east.create()).envelope.id
        await east.company.listen()
        await east.work()
        town.network.tell = lambda told: lie(told) if isinstance(told, Content) else told
        await settle(west)
        told = await west.show(id_)
        assert (told.status, told.trouble[0][0]) == ("held", "content")
        assert west.signed == 0
        town.network.tell = lambda told: told
        await settle(west)
        assert west.signed == 0

    play(tmp_path, scene)
