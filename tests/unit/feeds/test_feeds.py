"""Feeds: what a folder brings is sealed once and comes back once, whatever fails in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.errors import ConnectorAwayError
from connectors.folder.connector import FolderConnector, FolderSettings
from connectors.model import Delivery, Fetched
from gateway.batches.errors import DeliverToUnknownProblem
from gateway.declarations.library import DeclaredConnector
from gateway.declarations.mapping import MappingSpec
from gateway.feeds.feed import Feed
from gateway.feeds.intake import FeedIntake
from gateway.feeds.owing import OwedResults
from gateway.feeds.results import FeedResults, Stores
from gateway.feeds.texts import DocumentTexts
from gateway.seals.in_force import InForce
from gateway.store.database import open_reader
from gateway.store.feeds import FeedReader
from policies.objects.systems import System
from strictyaml import load
from tests.batch_house import BatchHouse, batch_house, item
from tests.contracts.connector_places import HandMovedTime
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock

_MAPPING = """
fileName: '(?P<number>WB-[0-9]+)[.]pdf'
seal: company-east
documentType: receipt
businessNumber: {group: number}
"""


class Failing(FolderConnector):
    """A folder whose connector fails once, at what is named, before or after it was done."""

    def __init__(self, settings: FolderSettings, fails_at: str) -> None:
        super().__init__(settings, time=HandMovedTime())
        self._fails_at = fails_at

    def _fail(self, where: str) -> None:
        if self._fails_at == where:
            self._fails_at = ""
            raise ConnectorAwayError(f"it died {where}")

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        self._fail("before acknowledge")
        await super().acknowledge(fetched)
        self._fail("after acknowledge")

    async def deliver(self, delivery: Delivery) -> None:
        self._fail("before deliver")
        await super().deliver(delivery)
        self._fail("after deliver")


@dataclass
class Feeding:
    """A house with one feed, whose folder the test fills."""

    house: BatchHouse
    feed: Feed
    root: Path
    reader: FeedReader
    in_force: list[InForce]

    def drop(self, *names: str, content: bytes = RECEIPT) -> None:
        for name in names:
            (self.root / "inbox" / name).write_bytes(content)

    async def go_on(self) -> None:
        """All that a running feed would do, until nothing is left."""
        for _ in range(8):
            for errand in (self.feed.fetch, self.feed.deliver):
                with suppress(ConnectorAwayError):
                    await errand()
            await self.house.work()

    def results(self) -> dict[str, dict[str, Any]]:
        found = {}
        for path in self.root.glob("*/*.result.json"):
            found[path.name.removesuffix(".result.json")] = json.loads(path.read_text("utf-8"))
        return found


@asynccontextmanager
async def feeding(
    directory: Path,
    *,
    fails_at: str = "",
    spoken_for: bool = True,
    returns_to: tuple[str, ...] = ("wms-inbox",),
) -> AsyncIterator[Feeding]:
    root = directory / "wms"
    (root / "inbox").mkdir(parents=True)
    settings = FolderSettings(name="wms-inbox", path=root, settle_seconds=0)
    declared = DeclaredConnector(
        name="wms-inbox",
        system="tms",
        settings=settings,
        mapping=load(_MAPPING, file="m.yaml", model=MappingSpec).value,
        returns_to=returns_to,
        poll_seconds=1,
        most=100,
    )
    owing = OwedResults(in_force=lambda: in_force[0], clock=FakeClock())
    owing.know("wms-inbox", speaks_for="tms")
    async with (
        batch_house(directory, owing=owing) as house,
        Failing(settings, fails_at) as connector,
    ):
        reader = FeedReader(open_reader(directory / "test.sqlite"))
        in_force = [_speaking(house.house.in_force, "wms-inbox" if spoken_for else "another")]
        assert declared.mapping is not None
        handing_over = asyncio.Lock()
        intake = FeedIntake(
            declared,
            declared.mapping,
            connector=connector,
            batches=house.room.service,
            lane=house.house.lane,
            reader=reader,
            in_force=lambda: in_force[0],
            clock=house.house.clock,
            texts=DocumentTexts(
                house.house.press, in_force=lambda: in_force[0], clock=house.house.clock
            ),
            handing_over=handing_over,
        )
        stores = Stores(house.batches, house.items, house.house.reader, house.house.archive, reader)
        results = FeedResults(
            "wms-inbox",
            connector=connector,
            stores=stores,
            lane=house.house.lane,
            handing_over=handing_over,
            systems=lambda: in_force[0].bundle.systems,
        )
        feed = Feed(declared, intake=intake, results=results, in_force=lambda: in_force[0])
        yield Feeding(house, feed, root, reader, in_force)
        reader.close()


def _speaking(in_force: InForce, connector: str) -> InForce:
    bundle = in_force.bundle
    tms: System = msgspec.structs.replace(bundle.systems["tms"], connectors=frozenset({connector}))
    systems = {**bundle.systems, "tms": tms}
    return replace(in_force, bundle=replace(bundle, systems=systems))


@pytest.mark.parametrize(
    "fails_at",
    ["", "before acknowledge", "after acknowledge", "before deliver", "after deliver"],
)
async def test_each_document_comes_back_once_wherever_the_connector_dies(
    tmp_path: Path, fails_at: str
) -> None:
    async with feeding(tmp_path, fails_at=fails_at) as feeding_:
        feeding_.drop("WB-1.pdf", "WB-2.pdf", "strange.pdf")
        await feeding_.go_on()
        results = feeding_.results()
        assert {name: result["state"] for name, result in results.items()} == {
            "WB-1.pdf": "sealed",
            "WB-2.pdf": "sealed",
            "strange.pdf": "failed",
        }
        assert results["strange.pdf"]["problem"]["type"] == "feed-name"
        assert (feeding_.root / "done" / "WB-1.pdf").read_bytes().startswith(RECEIPT)
        assert len(list((feeding_.root / "done").glob("*.results.csv"))) == 1
        assert await feeding_.reader.owed("wms-inbox", most=10) == ()
        assert len(feeding_.house.ended) == 1


async def test_the_same_receipt_in_another_round_has_a_result_again_and_no_second_seal(
    tmp_path: Path,
) -> None:
    async with feeding(tmp_path) as feeding_:
        for _ in range(2):
            feeding_.drop("WB-1.pdf")
            await feeding_.go_on()
        results = feeding_.results()
        assert [result["state"] for _, result in sorted(results.items())] == ["repeated", "sealed"]
        assert len({result["documentId"] for result in results.values()}) == 1


async def test_nothing_is_taken_for_a_system_whose_officers_do_not_agree(tmp_path: Path) -> None:
    async with feeding(tmp_path, spoken_for=False) as feeding_:
        feeding_.drop("WB-1.pdf")
        await feeding_.go_on()
        assert feeding_.feed.standing.refused is not None
        assert "do not let the connector wms-inbox speak" in feeding_.feed.standing.refused
        assert (feeding_.root / "inbox" / "WB-1.pdf").exists()


async def test_results_wait_while_the_officers_do_not_let_the_connector_have_them(
    tmp_path: Path,
) -> None:
    async with feeding(tmp_path) as feeding_:
        feeding_.drop("WB-1.pdf")
        await feeding_.feed.fetch()
        await feeding_.house.work()
        agreed = feeding_.in_force[0]
        feeding_.in_force[0] = _speaking(agreed, "another")
        assert await feeding_.feed.deliver() == 0
        assert feeding_.results() == {}
        feeding_.in_force[0] = agreed
        assert await feeding_.feed.deliver() == 1


async def test_results_that_go_elsewhere_are_owed_to_that_connector(tmp_path: Path) -> None:
    async with feeding(tmp_path, returns_to=("archive",)) as feeding_:
        feeding_.drop("WB-1.pdf")
        await feeding_.go_on()
        assert feeding_.results() == {}
        (owed,) = await feeding_.reader.owed("archive", most=10)
        assert (owed.source, owed.system) == ("wms-inbox", "tms")


async def test_a_batch_that_came_another_way_is_brought_where_it_asks_for(tmp_path: Path) -> None:
    async with feeding(tmp_path) as feeding_:
        documents = (item("WB-1"), item("WB-2", b"no PDF"))
        batch = await feeding_.house.submit(*documents, deliver_to="wms-inbox")
        again = await feeding_.house.submit(*documents, deliver_to="wms-inbox")
        assert again.id == batch.id
        await feeding_.go_on()
        states = {name: result["state"] for name, result in feeding_.results().items()}
        assert states == {"WB-1.pdf": "sealed", "WB-2.pdf": "failed"}
        assert (feeding_.root / "done" / "WB-1.pdf").read_bytes().startswith(RECEIPT)
        assert (feeding_.root / "done" / f"{batch.id}.results.csv").exists()
        assert await feeding_.reader.owed("wms-inbox", most=10) == ()


@pytest.mark.parametrize(("target", "spoken_for"), [("nowhere", True), ("wms-inbox", False)])
async def test_results_go_nowhere_that_the_officers_do_not_know(
    tmp_path: Path, target: str, *, spoken_for: bool
) -> None:
    async with feeding(tmp_path, spoken_for=spoken_for) as feeding_:
        with pytest.raises(DeliverToUnknownProblem):
            await feeding_.house.submit(item("WB-1"), deliver_to=target)
        assert await feeding_.house.work() == 0
