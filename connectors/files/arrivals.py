"""Which files of a folder may be taken now: whole ones, with all that belongs to them.

Nothing here touches a file, so that a folder of this machine and one behind SFTP have one manner.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.names import safe_name

MANIFESTS: Final = (".csv", ".jsonl")
MARK: Final = ".whole"
"""A file in a folder that was taken: all that belongs to it is in it."""
INBOX: Final = "inbox"
STOCK: Final = "stock"
TAKEN: Final = "taken"
ACCEPTED: Final = "accepted"
DONE: Final = "done"
FAILED: Final = "failed"

_BEGUN: Final = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
_MOST_DEEP: Final = 8

FileState = tuple[int, ...]
"""What changes when a file is written to: its number, size, and when it was changed."""


class Settling:
    """Since when each file has been as it is, by a clock that never runs back."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, tuple[FileState, float]] = {}

    def settled(self, seen: Mapping[str, FileState], *, now: float) -> list[str]:
        """The names of those that have not changed for long enough, sorted."""
        since = self._since
        self._since = {
            name: since[name] if name in since and since[name][0] == state else (state, now)
            for name, state in seen.items()
        }
        return sorted(
            name for name, (_, first) in self._since.items() if now - first >= self._seconds
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, see `FolderSettings`."""

    suffixes: tuple[str, ...]
    beside: str | None

    def is_document(self, name: str) -> bool:
        """By its suffix."""
        return name.lower().endswith(self.suffixes)

    def concerns(self, name: str) -> bool:
        """Whether the file is any of our business: what is being written is not, yet."""
        last = name.rpartition("/")[2].lower()
        if last.startswith((".", "~$")) or last.endswith(_BEGUN) or name.count("/") >= _MOST_DEEP:
            return False
        return self.is_document(last) or self._goes_beside(last)

    def _goes_beside(self, last: str) -> bool:
        match self.beside:
            case "json":
                return last.endswith(".json")
            case "manifest":
                return last.endswith(MANIFESTS)
            case _:
                return False

    def ready(self, settled: Iterable[str], *, seen: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """What can be taken, each time what is to be taken together: companions before documents.

        Args:
            settled: names of the files that are whole.
            seen: names of all that concern us.
        """
        whole = sorted(settled)
        match self.beside:
            case "json":
                known = set(whole)
                for name in filter(self.is_document, whole):
                    companion = next((each for each in companions(name) if each in known), None)
                    if companion is not None:
                        yield companion, name
            case "manifest":
                yield from self._with_manifest(whole, set(seen).difference(whole))
            case _:
                yield from ((name,) for name in whole if self.is_document(name))

    def _with_manifest(self, whole: list[str], unsettled: set[str]) -> Iterator[tuple[str, ...]]:
        """The whole of each folder that has a manifest, once nothing in it changes any more."""
        by_folder: dict[str, list[str]] = {}
        for name in whole:
            by_folder.setdefault(name.rpartition("/")[0], []).append(name)
        changing = {name.rpartition("/")[0] for name in unsettled}
        for folder, names in sorted(by_folder.items()):
            lists = [name for name in names if name.lower().endswith(MANIFESTS)]
            if lists and folder not in changing:
                yield (*lists, *(name for name in names if self.is_document(name)))


def companions(name: str) -> tuple[str, str]:
    """What the JSON beside a document may be called: `a.pdf` has `a.json` or `a.pdf.json`."""
    return f"{name.rpartition('.')[0]}.json", f"{name}.json"


def told_name(name: str) -> str:
    """A path below the folder as text that can be told and stored, each part fit to be a name.

    Names that are no UTF-8 are taken for GBK (GB 18030), as Windows shares and old FTP clients
    write them.
    """
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    return "/".join(
        safe_name(part) for part in [*filter(None, text.split("/"))][-_MOST_DEEP:]
    ) or safe_name("")


def text_of(content: bytes) -> str:
    """What stands in a small text file: UTF-8 with or without a mark, else GB 18030."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")
