"""Somebody who drops files into a watched folder, and looks what became of them."""

import asyncio
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos.model import FolderLine, FolderResults
from tests.running_gateway import RECEIPT

_BETWEEN_SECONDS = 0.3
_PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0
_ONE_BROKEN_OF = 10


class FolderStorm:
    """Files come under another name and are renamed when they are whole; one in ten is no PDF."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._dropped: list[str] = []

    async def blow(self, *, until: Callable[[], bool]) -> None:
        """Drop files until then."""
        while not until():
            number = next(self._numbers)
            is_broken = number % _ONE_BROKEN_OF == _ONE_BROKEN_OF - 1
            self._drop(f"F{number}_12800.pdf", b"no PDF" if is_broken else RECEIPT)
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def results(self) -> FolderResults:
        """What is found once every file has a result, or when patience is at its end."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(list(self._lines())) < len(self._dropped) or list(self._left()):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        return FolderResults(
            dropped=tuple(self._dropped), lines=tuple(self._lines()), left=tuple(self._left())
        )

    def _drop(self, name: str, content: bytes) -> None:
        inbox = self._folder / "inbox"
        begun = inbox / f"{name}.part"
        begun.write_bytes(content)
        self._dropped.append(name)
        begun.rename(inbox / name)

    def _lines(self) -> Iterator[FolderLine]:
        for place in ("done", "failed"):
            for path in sorted((self._folder / place).glob("*.result.json")):
                told = json.loads(path.read_text(encoding="utf-8"))
                name = path.name.removesuffix(".result.json")
                document = self._folder / place / name
                yield FolderLine(
                    name=name,
                    state=told["state"],
                    document=told.get("documentId"),
                    digest=hashlib.sha256(document.read_bytes()).hexdigest()
                    if document.exists()
                    else None,
                )

    def _left(self) -> Iterator[str]:
        for place in ("inbox", "taken", "accepted"):
            for path in (self._folder / place).rglob("*"):
                if path.is_file():
                    yield str(path.relative_to(self._folder))
