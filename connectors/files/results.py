"""Results on their way out: `done` has sealed documents, `failed` what could not be sealed.

`NAME.result.json` comes after a sealed document, so whoever finds it finds both. Then the original
goes, or goes to `failed`; where it is gone already, the delivery was made before.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import msgspec

from connectors.errors import ConnectorAwayError, DeliveryRefusedError, TooLargeError
from connectors.files.arrivals import ACCEPTED, DONE, FAILED, MARK, TAKEN, companions, told_name
from connectors.files.intake import place_of
from connectors.files.tree import FileTree
from connectors.model import Delivery

_RESULT = ".result.json"
_MOST_RESULT_BYTES = 1 << 20
_MOST_SAME_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is written beside its place already, and only has to be renamed.

    `complete`: all of it was in its place already, but the original has not gone.
    """

    delivery: Delivery
    path: str
    source: str | None
    complete: bool


class FileResults:
    """Writes results. One errand at a time."""

    def __init__(self, *, with_json: bool) -> None:
        """`with_json`: JSON lies beside documents, and goes where they go."""
        self._with_json = with_json
        self._promised: set[str] = set()

    def deliver(self, tree: FileTree, deliveries: Sequence[Delivery]) -> None:
        """All of them, whole or not at all, durable when it returns.

        Raises:
            OSError: the folder cannot be used; what is not done can be delivered again.
        """
        self._promised = set()
        once = {each.id: each for each in deliveries}.values()
        prepared = [each for each in (self._prepare(tree, one) for one in once) if each]
        if prepared:
            self._put_in_place(tree, prepared)
        # Also where an earlier try ended before this.
        for folder in {place_of(each.fetched)[0] for each in once if each.fetched is not None}:
            tree.remove_empty(f"{ACCEPTED}/{folder}", but=MARK)

    def _put_in_place(self, tree: FileTree, prepared: Sequence[_Prepared]) -> None:
        tree.sync()
        for each in prepared:
            if not each.complete:
                _rename(tree, each)
        # Before the originals go.
        tree.sync()
        for each in prepared:
            self._end_original(tree, each)

    def _prepare(self, tree: FileTree, delivery: Delivery) -> _Prepared | None:
        source = None
        if delivery.fetched is not None:
            source = _original(tree, delivery.fetched)
            # Of a summary, what it answers is the list of the documents, which may have failed.
            if source is None and delivery.kind != "summary":
                return None
        path, complete = self._place(tree, delivery)
        if complete:
            return None if source is None else _Prepared(delivery, path, source, complete)
        self._promised.add(path)
        if delivery.content:
            tree.write(_begun(path), delivery.content)
        if delivery.kind != "summary":
            tree.write(_begun(f"{path}{_RESULT}"), _result_of(delivery))
        return _Prepared(delivery, path, source, complete)

    def _place(self, tree: FileTree, delivery: Delivery) -> tuple[str, bool]:
        """Where it goes, and whether it is there."""
        folder = FAILED if delivery.kind == "failed" else DONE
        for path in _paths(f"{folder}/{told_name(delivery.name)}"):
            if path in self._promised:
                continue
            if delivery.kind == "summary":
                if not tree.is_there(path):
                    return path, False
                if _has(tree, path, delivery.content):
                    return path, True
            elif tree.is_there(f"{path}{_RESULT}"):
                if _delivered_there(tree, f"{path}{_RESULT}") == delivery.id:
                    return path, True
            # Begun and broken off: the content is ours where it is the same.
            elif not tree.is_there(path) or _has(tree, path, delivery.content):
                return path, False
        raise DeliveryRefusedError(
            f"there are {_MOST_SAME_NAMES:,} files called {delivery.name} there"
        )

    def _end_original(self, tree: FileTree, prepared: _Prepared) -> None:
        source, path = prepared.source, prepared.path
        if source is None:
            return
        kind = prepared.delivery.kind
        if kind == "summary":
            path = f"{DONE}/{source.split('/', 2)[2]}"
        # The document goes last: as long as it is there, the delivery is made again.
        beside = zip(companions(source), companions(path), strict=True) if self._with_json else ()
        for original, target in (*beside, (source, path)):
            kept = kind != "sealed" and tree.is_there(original)
            if kept and not tree.is_there(target):
                tree.move(original, target)
            else:
                tree.remove(original)


def _rename(tree: FileTree, prepared: _Prepared) -> None:
    path, delivery = prepared.path, prepared.delivery
    if delivery.content:
        tree.replace(_begun(path), path)
    if delivery.kind != "summary":
        tree.replace(_begun(f"{path}{_RESULT}"), f"{path}{_RESULT}")


def _original(tree: FileTree, fetched: str) -> str | None:
    """Where the file is that was fetched; None: it is gone, as it was delivered."""
    folder, path = place_of(fetched)
    if not folder or not path or ".." in {folder, *path.split("/")}:
        raise DeliveryRefusedError(f"{fetched} is no file that came by this folder")
    if tree.is_there(f"{ACCEPTED}/{folder}/{path}"):
        return f"{ACCEPTED}/{folder}/{path}"
    if tree.is_there(f"{TAKEN}/{folder}/{path}"):
        # Were it taken away now, what is fetched again would not be what was fetched before.
        raise ConnectorAwayError(f"{path} is answered before it was acknowledged; it will be")
    return None


def _paths(path: str) -> Iterator[str]:
    """`a.pdf`, `a.2.pdf`, `a.3.pdf` and so on."""
    stem, dot, suffix = path.rpartition(".")
    if "/" in suffix or not stem:
        stem, dot, suffix = path, "", ""
    yield path
    for number in count(2):
        if number > _MOST_SAME_NAMES:
            return
        yield f"{stem}.{number}{dot}{suffix}"


def _begun(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.part"


def _result_of(delivery: Delivery) -> bytes:
    told = {**delivery.result, "delivery": delivery.id, "kind": delivery.kind}
    return msgspec.json.format(msgspec.json.encode(told, order="sorted"), indent=2) + b"\n"


def _delivered_there(tree: FileTree, path: str) -> str | None:
    try:
        told = json.loads(tree.read(path, most_bytes=_MOST_RESULT_BYTES))
    except (ValueError, TooLargeError, FileNotFoundError):
        return None
    found = told.get("delivery") if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _has(tree: FileTree, path: str, content: bytes) -> bool:
    try:
        return tree.read(path, most_bytes=len(content)) == content
    except (TooLargeError, FileNotFoundError):
        return False
