"""Files on their way in: `inbox`, then `taken` to be read, then `accepted` when they are durable.

What one look finds goes into one folder of `taken`, whose name is new each time, so that a file has
an id of its own even where another of its name came before. A look that broke off is undone: its
folder has no mark, and its files go back. One rename makes all of a folder accepted.

What one look has found and there was no room for is taken next, without another look: with many
thousand files waiting, the looks would cost more than the files.
"""

import hashlib
import secrets
from collections import deque
from collections.abc import Iterator, Sequence

from connectors.errors import TooLargeError
from connectors.files.arrivals import (
    ACCEPTED,
    INBOX,
    MANIFESTS,
    MARK,
    TAKEN,
    FileState,
    Settling,
    Wanted,
    companions,
    text_of,
    told_name,
)
from connectors.files.tree import FileTree
from connectors.interfaces import Time
from connectors.model import Fetched

BESIDE = "beside"
"""The field that holds the text of the JSON beside a document."""


class FileIntake:
    """Takes files. One errand at a time."""

    def __init__(
        self, wanted: Wanted, *, settle_seconds: float, max_bytes: int, time: Time
    ) -> None:
        self._wanted = wanted
        self._settling = Settling(settle_seconds)
        self._max_bytes = max_bytes
        self._time = time
        self._found: deque[tuple[str, ...]] = deque()
        self._seen: dict[str, FileState] = {}

    def fetch(self, tree: FileTree, *, most: int) -> tuple[Fetched, ...]:
        """What was taken and is not accepted, else what is in the inbox.

        Of a folder with a manifest everything is given together, however much it is.
        """
        for taken in tree.names(TAKEN):
            if not tree.is_there(f"{TAKEN}/{taken}/{MARK}"):
                self._undo(tree, taken)
            elif found := tuple(self._read(tree, taken)):
                return found
            else:
                tree.remove_empty(f"{TAKEN}/{taken}", but=MARK)
        new = self._take(tree, most)
        return () if new is None else tuple(self._read(tree, new))

    def acknowledge(self, tree: FileTree, fetched: Sequence[Fetched]) -> None:
        """They are accepted. What is accepted already stays so."""
        by_folder: dict[str, set[str]] = {}
        for each in fetched:
            folder, path = place_of(each.id)
            by_folder.setdefault(folder, set()).add(path)
        for folder, paths in by_folder.items():
            here, there = f"{TAKEN}/{folder}", f"{ACCEPTED}/{folder}"
            documents = set(self._documents(tree, folder))
            if documents <= paths and not tree.is_there(there):
                _moved(tree, here, there)
                continue
            for path in sorted(documents & paths):
                for name in (path, *companions(path)):
                    _moved(tree, f"{here}/{name}", f"{there}/{name}")

    def _take(self, tree: FileTree, most: int) -> str | None:
        # A list is for all of its folder, to which something may have been added.
        if not self._found or self._wanted.beside == "manifest":
            self._look(tree)
        taken = f"{self._time.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        targets: set[str] = set()
        while self._found and (not targets or len(targets) + len(self._found[0]) <= most):
            together = self._found.popleft()
            if not all(tree.is_quiet(f"{INBOX}/{name}", self._seen[name]) for name in together):
                continue
            for name in together:
                target = told_name(name)
                if target not in targets:
                    targets.add(target)
                    _moved(tree, f"{INBOX}/{name}", f"{TAKEN}/{taken}/{target}")
        if not targets:
            return None
        tree.write(f"{TAKEN}/{taken}/{MARK}", b"")
        return taken

    def _look(self, tree: FileTree) -> None:
        """Find what is whole now."""
        files = tree.files(INBOX)
        self._seen = {name: state for name, state in files if self._wanted.concerns(name)}
        settled = self._settling.settled(self._seen, now=self._time.monotonic())
        self._found = deque(self._wanted.ready(settled, seen=self._seen))

    def _undo(self, tree: FileTree, taken: str) -> None:
        here = f"{TAKEN}/{taken}"
        for name in list(tree.paths(here)):
            if tree.is_there(f"{INBOX}/{name}"):
                # Another came under its name meanwhile; this one goes on from where it is.
                tree.write(f"{here}/{MARK}", b"")
            else:
                _moved(tree, f"{here}/{name}", f"{INBOX}/{name}")
        tree.remove_empty(here, but=MARK if not tree.is_there(f"{here}/{MARK}") else "")

    def _documents(self, tree: FileTree, taken: str) -> Iterator[str]:
        """All but the mark and the JSON beside documents."""
        try:
            found = sorted(name for name in tree.paths(f"{TAKEN}/{taken}") if name != MARK)
        except FileNotFoundError:
            return
        yield from (
            name
            for name in found
            if self._wanted.is_document(name) or name.lower().endswith(MANIFESTS)
        )

    def _read(self, tree: FileTree, taken: str) -> Iterator[Fetched]:
        for name in self._documents(tree, taken):
            content, problem = self._content(tree, f"{TAKEN}/{taken}/{name}")
            digest = hashlib.sha256(content).digest()
            yield Fetched(
                id=f"{taken}/{name}#{digest.hex()[:16]}",
                name=name,
                content=content,
                fields=self._beside(tree, taken, name),
                digest=digest,
                problem=problem,
            )

    def _content(self, tree: FileTree, path: str) -> tuple[bytes, str]:
        try:
            return tree.read(path, most_bytes=self._max_bytes), ""
        except TooLargeError:
            return b"", f"the file has more than {self._max_bytes:,} bytes"
        except PermissionError as error:
            return b"", f"the file cannot be read: {error.strerror}"

    def _beside(self, tree: FileTree, taken: str, name: str) -> dict[str, str]:
        if self._wanted.beside != "json":
            return {}
        for companion in companions(name):
            if tree.is_there(f"{TAKEN}/{taken}/{companion}"):
                content, _ = self._content(tree, f"{TAKEN}/{taken}/{companion}")
                return {BESIDE: text_of(content)}
        return {}


def place_of(id_: str) -> tuple[str, str]:
    """The folder of `taken` or `accepted`, and the path in it, of what has this id."""
    folder, _, path = id_.rpartition("#")[0].partition("/")
    return folder, path


def _moved(tree: FileTree, source: str, target: str) -> bool:
    """Move it, if it is there; whether it was."""
    try:
        tree.move(source, target)
    except FileNotFoundError:
        return False
    return True
