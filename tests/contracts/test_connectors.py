"""What every connector promises, whatever it connects to."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from connectors.errors import ConnectorAwayError
from connectors.interfaces import Connector
from connectors.model import Delivery, Fetched
from tests.contracts.connector_places import ConnectorPlace, FolderPlace
from tests.contracts.network_servers import network_place
from tests.contracts.sftp_place import SFTPPlace, SFTPServer


@pytest.fixture(scope="module")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SFTPServer]:
    server = SFTPServer(tmp_path_factory.mktemp("sshd") / "server")
    server.prepare()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["folder", "sftp", "amqp", "postgresql", "mariadb", "http", "s3"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConnectorPlace]:
    match request.param:
        case "folder":
            yield FolderPlace(tmp_path / "wms")
        case "sftp":
            server = request.getfixturevalue("sftp_server")
            yield SFTPPlace(server, tmp_path / "wms")
        case kind:
            async with network_place(kind, request, tmp_path) as place:
                yield place


async def fetched_by(connector: Connector) -> tuple[Fetched, ...]:
    return (await connector.fetch(None, most=100)).items


def sealed(fetched: Fetched, content: bytes = b"%PDF sealed") -> Delivery:
    return Delivery(
        id=f"batch/1/{fetched.id}",
        kind="sealed",
        name=fetched.name,
        content=content,
        result={"documentId": "doc-1", "businessNumber": "WB-1"},
        fetched=fetched.id,
    )


def failed(fetched: Fetched) -> Delivery:
    return Delivery(
        id=f"batch/1/{fetched.id}",
        kind="failed",
        name=fetched.name,
        content=b"",
        result={"problem": {"type": "document-refused"}},
        fetched=fetched.id,
    )


async def test_where_nothing_is_an_empty_page_is_the_answer(place: ConnectorPlace) -> None:
    async with place.connector() as connector:
        assert await fetched_by(connector) == ()


async def test_what_came_is_fetched_each_with_an_id_of_its_own(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    await place.put("回单 b.pdf", b"second")
    async with place.connector() as connector:
        found = await fetched_by(connector)
    assert {(each.name, each.content) for each in found} == {
        ("a.pdf", b"first"),
        ("回单 b.pdf", b"second"),
    }
    assert len({each.id for each in found}) == 2
    for each in found:
        assert each.digest in {None, hashlib.sha256(each.content).digest()}


async def test_no_more_is_fetched_than_was_asked_for(place: ConnectorPlace) -> None:
    for number in range(5):
        await place.put(f"{number}.pdf", b"x%d" % number)
    names: list[str] = []
    async with place.connector() as connector:
        for most in (2, 2, 2):
            page = await connector.fetch(None, most=most)
            assert len(page.items) <= most
            names += [each.name for each in page.items]
            await connector.acknowledge(page.items)
    assert sorted(names) == [f"{number}.pdf" for number in range(5)]


async def test_what_was_not_acknowledged_comes_again_under_its_id(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        once = await fetched_by(connector)
    async with place.connector() as after_a_crash:
        again = await fetched_by(after_a_crash)
    assert [(each.id, each.content) for each in again] == [(once[0].id, b"first")]


async def test_what_was_acknowledged_never_comes_again(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        found = await fetched_by(connector)
        await connector.acknowledge(found)
        assert await fetched_by(connector) == ()
    async with place.connector() as after_a_crash:
        assert await fetched_by(after_a_crash) == ()


async def test_of_several_only_those_acknowledged_are_gone(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    await place.put("b.pdf", b"second")
    async with place.connector() as connector:
        found = await fetched_by(connector)
        await connector.acknowledge(found[:1])
    async with place.connector() as after_a_crash:
        assert [each.id for each in await fetched_by(after_a_crash)] == [found[1].id]


async def test_acknowledging_twice_does_no_harm(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        found = await fetched_by(connector)
        await connector.acknowledge(found)
        await connector.acknowledge(found)
        await place.put("b.pdf", b"second")
        assert [each.name for each in await fetched_by(connector)] == ["b.pdf"]


async def test_another_content_under_an_old_name_has_another_id(place: ConnectorPlace) -> None:
    ids = []
    async with place.connector() as connector:
        for content in (b"first", b"second"):
            await place.put("a.pdf", content)
            found = await fetched_by(connector)
            await connector.acknowledge(found)
            ids += [each.id for each in found]
    assert len(set(ids)) == 2


async def test_a_result_arrives_whole(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        (found,) = await fetched_by(connector)
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
    (arrived,) = await place.arrived()
    assert arrived.content == b"%PDF sealed"
    assert arrived.result["businessNumber"] == "WB-1"


async def test_the_same_delivery_again_changes_nothing(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        (found,) = await fetched_by(connector)
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
        await connector.deliver(sealed(found))
    async with place.connector() as after_a_crash:
        await after_a_crash.deliver(sealed(found))
    assert len(await place.arrived()) == 1


async def test_what_could_not_be_sealed_is_told_with_its_reason(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        (found,) = await fetched_by(connector)
        await connector.acknowledge([found])
        await connector.deliver(failed(found))
        await connector.deliver(failed(found))
    (arrived,) = await place.arrived()
    assert arrived.result["problem"] == {"type": "document-refused"}


async def test_what_came_from_elsewhere_can_be_delivered(place: ConnectorPlace) -> None:
    delivery = Delivery(
        id="batch/1/7", kind="sealed", name="../../回单.pdf", content=b"%PDF", result={"a": 1}
    )
    async with place.connector() as connector:
        await connector.deliver(delivery)
        await connector.deliver(delivery)
    (arrived,) = await place.arrived()
    assert arrived.content == b"%PDF"


async def test_a_place_that_is_away_says_so_and_goes_on_later(place: ConnectorPlace) -> None:
    await place.put("a.pdf", b"first")
    async with place.connector() as connector:
        (found,) = await fetched_by(connector)
        await place.go_away()
        for errand in (connector.prove(), connector.deliver(sealed(found))):
            with pytest.raises(ConnectorAwayError):
                await errand
        await place.come_back()
        await connector.prove()
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
    assert len(await place.arrived()) == 1


async def test_a_server_with_another_key_is_not_spoken_to(
    sftp_server: SFTPServer, tmp_path: Path
) -> None:
    directory = sftp_server.directory
    key = (directory / "other_key.pub").read_text()
    (directory / "stale_hosts").write_text(f"[127.0.0.1]:{sftp_server.port} {key}")
    place = SFTPPlace(sftp_server, tmp_path / "wms")
    async with place.connector(known_hosts="stale_hosts") as connector:
        with pytest.raises(ConnectorAwayError, match="the server's key is not the one in"):
            await connector.prove()
