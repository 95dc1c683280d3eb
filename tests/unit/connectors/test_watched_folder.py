"""A watched folder: what is taken when, and what its users find."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from connectors.errors import ConnectorAwayError
from connectors.folder.connector import FolderConnector, FolderSettings
from connectors.model import Delivery, Fetched
from tests.contracts.connector_places import HandMovedTime


class Folder:
    """One folder and its connector, with a time of the test's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox = root / "inbox"
        self.inbox.mkdir(parents=True)
        self.time = HandMovedTime()

    def connector(self, *, settle: float = 0.0, beside: str | None = None) -> FolderConnector:
        settings = FolderSettings(
            name="wms", path=self.root, settle_seconds=settle, beside=beside, max_bytes=100
        )
        return FolderConnector(settings, time=self.time)

    def files(self, below: str) -> list[str]:
        return sorted(
            str(path.relative_to(self.root / below))
            for path in (self.root / below).rglob("*")
            if path.is_file() and path.name != ".whole"
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "wms")


async def names(connector: FolderConnector) -> list[str]:
    return [each.name for each in (await connector.fetch(None, most=100)).items]


def sealed(fetched: Fetched, *, id_: str = "d-1", content: bytes = b"%PDF sealed") -> Delivery:
    return Delivery(
        id=id_, kind="sealed", name=fetched.name, content=content, result={}, fetched=fetched.id
    )


async def test_a_file_that_still_grows_is_not_taken(folder: Folder) -> None:
    growing = folder.inbox / "a.pdf"
    async with folder.connector(settle=2) as connector:
        growing.write_bytes(b"half")
        assert await names(connector) == []
        folder.time.pass_(1.5)
        growing.write_bytes(b"half and more")
        assert await names(connector) == []
        folder.time.pass_(1.9)
        assert await names(connector) == []
        folder.time.pass_(0.2)
        assert await names(connector) == ["a.pdf"]


async def test_a_file_that_somebody_has_open_for_writing_is_not_taken(folder: Folder) -> None:
    async with folder.connector() as connector:
        with (folder.inbox / "a.pdf").open("wb") as writing:
            writing.write(b"half")
            writing.flush()
            assert await names(connector) == []
        assert await names(connector) == ["a.pdf"]


async def test_what_changes_while_others_are_taken_has_to_settle_again(folder: Folder) -> None:
    for name in "abcd":
        (folder.inbox / f"{name}.pdf").write_bytes(b"whole")
    taken: list[bytes] = []

    async def take(connector: FolderConnector) -> list[str]:
        page = await connector.fetch(None, most=2)
        await connector.acknowledge(page.items)
        taken.extend(each.content for each in page.items)
        return [each.name for each in page.items]

    async with folder.connector(settle=2) as connector:
        assert await take(connector) == []
        folder.time.pass_(2)
        assert await take(connector) == ["a.pdf", "b.pdf"]
        (folder.inbox / "c.pdf").write_bytes(b"changed")
        (folder.inbox / "e.pdf").write_bytes(b"new")
        assert await take(connector) == ["d.pdf"]
        assert await take(connector) == []
        folder.time.pass_(1.9)
        assert await take(connector) == []
        folder.time.pass_(0.2)
        assert await take(connector) == ["c.pdf", "e.pdf"]
    assert taken == [b"whole", b"whole", b"whole", b"changed", b"new"]


async def test_documents_of_many_folders_come_back_to_as_many(folder: Folder) -> None:
    places = [f"{company}/{day}" for company in range(40) for day in range(4)]
    for place in places:
        (folder.inbox / place).mkdir(parents=True)
        (folder.inbox / place / "a.pdf").write_bytes(place.encode())
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - they have no other names
    async with folder.connector() as connector:
        page = await connector.fetch(None, most=1000)
        await connector.acknowledge(page.items)
        answers = (
            connector.deliver(sealed(each, id_=each.name, content=each.content))
            for each in page.items
        )
        await asyncio.gather(*answers)
    found = {path.parent: path.read_text() for path in (folder.root / "done").rglob("*.pdf")}
    assert found == {folder.root / "done" / place: place for place in places}
    assert folder.files("accepted") == []
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - see above


@pytest.mark.parametrize(
    "name", ["a.pdf.part", "a.tmp", ".a.pdf", "~$a.pdf", "a.pdf~", "a.pdf.filepart", "notes.txt"]
)
async def test_names_of_what_is_being_written_and_of_others_stay(folder: Folder, name: str) -> None:
    (folder.inbox / name).write_bytes(b"x")
    async with folder.connector() as connector:
        assert await names(connector) == []
    assert folder.files("inbox") == [name]


async def test_a_file_that_is_renamed_in_is_taken_with_its_folders(folder: Folder) -> None:
    (folder.inbox / "华东" / "2026").mkdir(parents=True)
    (folder.inbox / "华东" / "2026" / "WB-1.PDF").write_bytes(b"x")
    async with folder.connector() as connector:
        (found,) = (await connector.fetch(None, most=100)).items
        assert found.name == "华东/2026/WB-1.PDF"
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
    assert folder.files("done") == ["华东/2026/WB-1.PDF", "华东/2026/WB-1.PDF.result.json"]
    assert folder.files("accepted") == []


async def test_names_in_gbk_are_read_as_what_they_say(folder: Folder) -> None:
    (folder.inbox / os.fsdecode("回单.pdf".encode("gbk"))).write_bytes(b"x")
    async with folder.connector() as connector:
        assert await names(connector) == ["回单.pdf"]


async def test_no_link_is_followed_in_or_out(folder: Folder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(b"secret")
    (folder.inbox / "link.pdf").symlink_to(secret)
    (folder.inbox / "elsewhere").symlink_to(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.inbox / "a.pdf").write_bytes(b"x")
    async with folder.connector() as connector:
        (found,) = (await connector.fetch(None, most=100)).items
        assert found.name == "a.pdf"
        await connector.acknowledge([found])
        (folder.root / "done").symlink_to(outside)
        with pytest.raises(ConnectorAwayError):
            await connector.deliver(sealed(found))
    assert list(outside.iterdir()) == []


async def test_a_pipe_is_no_document(folder: Folder) -> None:
    os.mkfifo(folder.inbox / "a.pdf")
    async with folder.connector() as connector:
        assert await names(connector) == []


async def test_a_file_that_is_too_large_comes_with_a_problem(folder: Folder) -> None:
    (folder.inbox / "a.pdf").write_bytes(b"x" * 101)
    async with folder.connector() as connector:
        (found,) = (await connector.fetch(None, most=100)).items
    assert (found.content, found.problem) == (b"", "the file has more than 100 bytes")


async def test_a_document_waits_for_the_json_beside_it(folder: Folder) -> None:
    (folder.inbox / "a.pdf").write_bytes(b"x")
    async with folder.connector(beside="json") as connector:
        assert await names(connector) == []
        (folder.inbox / "a.json").write_text('{"number": "回-1"}', encoding="gbk")
        (found,) = (await connector.fetch(None, most=100)).items
        assert found.fields == {"beside": '{"number": "回-1"}'}
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
    assert folder.files("accepted") == []


async def test_a_folder_waits_for_the_list_of_its_documents(folder: Folder) -> None:
    for number in range(3):
        (folder.inbox / f"{number}.pdf").write_bytes(b"x")
    async with folder.connector(beside="manifest", settle=1) as connector:
        await names(connector)
        folder.time.pass_(1)
        assert await names(connector) == []
        (folder.inbox / "list.csv").write_text("file,number\n")
        await names(connector)
        folder.time.pass_(1)
        assert await names(connector) == ["0.pdf", "1.pdf", "2.pdf", "list.csv"]


async def test_a_taking_that_broke_off_is_undone(folder: Folder) -> None:
    broken = folder.root / "taken" / "20261127T000000Z-00000000"
    broken.mkdir(parents=True)
    (broken / "a.json").write_text("{}")
    (folder.inbox / "a.pdf").write_bytes(b"x")
    async with folder.connector(beside="json") as connector:
        (found,) = (await connector.fetch(None, most=100)).items
    assert found.fields == {"beside": "{}"}
    assert not broken.exists()


async def test_an_undone_file_does_not_replace_one_that_came_meanwhile(folder: Folder) -> None:
    broken = folder.root / "taken" / "20261127T000000Z-00000000"
    broken.mkdir(parents=True)
    (broken / "a.pdf").write_bytes(b"first")
    (folder.inbox / "a.pdf").write_bytes(b"second")
    contents = []
    async with folder.connector() as connector:
        for _ in range(3):
            page = await connector.fetch(None, most=100)
            contents += [each.content for each in page.items]
            await connector.acknowledge(page.items)
    assert sorted(contents) == [b"first", b"second"]


async def test_results_of_one_name_stand_beside_each_other(folder: Folder) -> None:
    async with folder.connector() as connector:
        for number in (1, 2):
            (folder.inbox / "a.pdf").write_bytes(b"x")
            (found,) = (await connector.fetch(None, most=100)).items
            await connector.acknowledge([found])
            await connector.deliver(sealed(found, id_=f"d-{number}", content=b"%d" % number))
    assert folder.files("done") == [
        "a.2.pdf",
        "a.2.pdf.result.json",
        "a.pdf",
        "a.pdf.result.json",
    ]


async def test_a_result_that_was_fetched_by_its_user_is_not_written_again(folder: Folder) -> None:
    (folder.inbox / "a.pdf").write_bytes(b"x")
    async with folder.connector() as connector:
        (found,) = (await connector.fetch(None, most=100)).items
        await connector.acknowledge([found])
        await connector.deliver(sealed(found))
        for path in (folder.root / "done").iterdir():
            path.unlink()
        await connector.deliver(sealed(found))
    assert folder.files("done") == []


async def test_what_failed_lies_in_failed_with_its_reason(folder: Folder) -> None:
    (folder.inbox / "a.pdf").write_bytes(b"x")
    async with folder.connector() as connector:
        (found,) = (await connector.fetch(None, most=100)).items
        await connector.acknowledge([found])
        delivery = Delivery(
            id="d", kind="failed", name="a.pdf", content=b"", result={"a": "因"}, fetched=found.id
        )
        await connector.deliver(delivery)
    assert folder.files("failed") == ["a.pdf", "a.pdf.result.json"]
    told = json.loads((folder.root / "failed" / "a.pdf.result.json").read_text(encoding="utf-8"))
    assert told == {"a": "因", "delivery": "d", "kind": "failed"}


async def test_the_results_of_a_batch_are_one_file(folder: Folder) -> None:
    summary = Delivery(id="s", kind="summary", name="b-1.csv", content=b"file\n", result={})
    async with folder.connector() as connector:
        await connector.deliver(summary)
        await connector.deliver(summary)
    assert folder.files("done") == ["b-1.csv"]


async def test_whoever_may_put_documents_there_can_read_the_results(folder: Folder) -> None:
    folder.inbox.chmod(0o2770)
    (folder.inbox / "a.pdf").write_bytes(b"x")
    before = os.umask(0o077)
    try:
        async with folder.connector() as connector:
            (found,) = (await connector.fetch(None, most=100)).items
            await connector.acknowledge([found])
            await connector.deliver(sealed(found))
    finally:
        os.umask(before)
    assert (folder.root / "done").stat().st_mode & 0o7777 == 0o2770
    assert (folder.root / "done" / "a.pdf").stat().st_mode & 0o7777 == 0o660


async def test_a_share_that_is_not_mounted_says_what_to_do(folder: Folder) -> None:
    folder.inbox.rmdir()
    async with folder.connector() as connector:
        with pytest.raises(ConnectorAwayError, match="See whether the share is mounted"):
            await connector.prove()


async def test_a_thousand_files_are_taken_read_and_answered_in_little_time(folder: Folder) -> None:
    for number in range(1000):
        (folder.inbox / f"{number}.pdf").write_bytes(b"x%d" % number)
    async with folder.connector() as connector:
        page = await connector.fetch(None, most=1000)
        assert len(page.items) == 1000
        await connector.acknowledge(page.items)
        await asyncio.gather(
            *(
                connector.deliver(sealed(each, id_=str(number)))
                for number, each in enumerate(page.items)
            )
        )
    assert len(folder.files("done")) == 2000
    assert folder.files("accepted") == []
