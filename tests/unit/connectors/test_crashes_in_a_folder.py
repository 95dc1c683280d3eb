"""Whenever a connector dies at its folder: nothing is lost, nothing comes twice."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.files.arrivals import Wanted
from connectors.files.intake import FileIntake
from connectors.files.results import FileResults
from connectors.folder.tree import FolderTree
from connectors.model import Delivery, Fetched
from tests.contracts.connector_places import HandMovedTime

_CHANGES = ("move", "replace", "write", "remove", "remove_empty", "sync")
_FILES = {f"{name}.pdf": name.encode() for name in ("a", "b", "c", "d")}


class Died(BaseException):
    """The process is gone."""


class Mortal:
    """A folder whose user dies before its n-th change, or right after it."""

    def __init__(self, tree: FolderTree, *, changes: int) -> None:
        self._tree = tree
        self.left = changes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method of the tree
        real = getattr(self._tree, name)
        if name not in _CHANGES:
            return real

        def change(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as it came
            if self.left <= 0:
                raise Died
            self.left -= 1
            return real(*given, **named)

        return change


class Gateway:
    """What outlives the process: what is durable, by the id under which it came."""

    def __init__(self, beside: str | None) -> None:
        self._wanted = Wanted((".pdf",), beside)
        self.accepted: dict[str, Fetched] = {}
        self.owed: list[str] = []

    def live(self, tree: Any) -> None:  # noqa: ANN401 - a tree that may die
        """One life: fetch, keep, acknowledge, deliver, until nothing is left to do."""
        intake = FileIntake(self._wanted, settle_seconds=0, max_bytes=99, time=HandMovedTime())
        results = FileResults(with_json=self._wanted.beside == "json")
        for _ in range(6):
            page = intake.fetch(tree, most=4)
            for each in page:
                if each.id not in self.accepted:
                    self.accepted[each.id] = each
                    self.owed.append(each.id)
            intake.acknowledge(tree, page)
            results.deliver(tree, [_result_of(self.accepted[id_]) for id_ in self.owed])
            self.owed.clear()


def _result_of(fetched: Fetched) -> Delivery:
    sealed = fetched.content != b"d"
    return Delivery(
        id=f"result of {fetched.id}",
        kind="sealed" if sealed else "failed",
        name=fetched.name,
        content=b"sealed " + fetched.content if sealed else b"",
        result={},
        fetched=fetched.id,
    )


def _drop(root: Path, beside: str | None) -> None:
    (root / "inbox").mkdir(parents=True)
    for name, content in _FILES.items():
        (root / "inbox" / name).write_bytes(content)
        if beside == "json":
            (root / "inbox" / f"{name}.json").write_text("{}")


def _changes_of_a_whole_life(root: Path, beside: str | None) -> int:
    _drop(root, beside)
    with FolderTree.opened(root) as tree:
        mortal = Mortal(tree, changes=10_000)
        Gateway(beside).live(mortal)
        return 10_000 - mortal.left


def _lives(root: Path, beside: str | None) -> Iterator[int]:
    yield from range(_changes_of_a_whole_life(root, beside) + 1)


@pytest.mark.parametrize("beside", [None, "json"])
def test_a_death_before_any_change_loses_nothing_and_repeats_nothing(
    tmp_path: Path, beside: str | None
) -> None:
    for changes in _lives(tmp_path / "whole", beside):
        root = tmp_path / str(changes)
        _drop(root, beside)
        gateway = Gateway(beside)
        with FolderTree.opened(root) as tree:
            try:
                gateway.live(Mortal(tree, changes=changes))
            except Died:
                gateway.live(tree)

        done = {path.name: path.read_bytes() for path in (root / "done").glob("*.pdf")}
        assert done == {f"{name}.pdf": f"sealed {name}".encode() for name in "abc"}, changes
        told = [json.loads(path.read_text())["delivery"] for path in root.glob("*/*.result.json")]
        assert len(told) == len(set(told)) == 4, changes
        assert (root / "failed" / "d.pdf").read_bytes() == b"d", changes
        for place in ("inbox", "taken", "accepted"):
            left = [path for path in (root / place).rglob("*") if path.is_file()]
            assert left == [], (changes, left)
