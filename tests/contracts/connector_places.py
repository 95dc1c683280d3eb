"""Places that connectors connect to, as the contract suite needs them: all of them real."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from connectors.folder.connector import FolderConnector, FolderSettings
from connectors.interfaces import Connector


@dataclass
class HandMovedTime:
    """Implements `connectors.interfaces.Time`."""

    moment: datetime = datetime(2026, 11, 27, 2, tzinfo=UTC)
    seconds: float = 100.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Arrived:
    """A result as somebody at the place finds it."""

    content: bytes
    result: Mapping[str, Any]


class ConnectorPlace(Protocol):
    """One place of the test's own."""

    def connector(self) -> Connector:
        """A new one, as a process that was started again would make it. To be entered."""
        ...

    async def put(self, name: str, content: bytes) -> None:
        """Somebody brings something, whole."""
        ...

    async def arrived(self) -> list[Arrived]:
        """All results that are there now, in any order."""
        ...

    async def go_away(self) -> None:
        """Whatever the connector speaks to cannot be reached from now on."""
        ...

    async def come_back(self) -> None:
        """It can be reached again, with all that it had."""
        ...


@dataclass
class FolderPlace:
    """A folder of this machine. Files in it are whole: nothing has to settle."""

    root: Path
    time: HandMovedTime = field(default_factory=HandMovedTime)

    def __post_init__(self) -> None:
        (self.root / "inbox").mkdir(parents=True)

    def connector(self) -> Connector:
        settings = FolderSettings(name="wms", path=self.root, settle_seconds=0)
        return FolderConnector(settings, time=self.time)

    async def put(self, name: str, content: bytes) -> None:
        (self.root / "inbox" / name).write_bytes(content)

    async def arrived(self) -> list[Arrived]:
        return arrived_in(self.root)

    async def go_away(self) -> None:
        self.root.rename(self.root.with_name("unmounted"))

    async def come_back(self) -> None:
        self.root.with_name("unmounted").rename(self.root)


def arrived_in(root: Path) -> list[Arrived]:
    """Results in a folder: each has its JSON, and a document where one was sealed."""
    sealed = [
        Arrived(
            result.with_name(result.name.removesuffix(".result.json")).read_bytes(),
            json.loads(result.read_text("utf-8")),
        )
        for result in root.glob("done/**/*.result.json")
    ]
    failed = [
        Arrived(b"", json.loads(result.read_text("utf-8")))
        for result in root.glob("failed/**/*.result.json")
    ]
    return sealed + failed
