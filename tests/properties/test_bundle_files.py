"""In whatever order bundle files come and go, and whenever a gateway stops: only forwards."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bundles.copies import BundleCopies
from gateway.bundles.lineage import ActivatedRow
from gateway.bundles.reading import manifest_of, peek
from gateway.seals.bundle_source import BundleSource
from gateway.seals.last_good import last_good
from tests.bundle_house import FIRST, GROUP, KEYS, SECOND, changed, prepare, put
from tests.sealed_bundles import AT

THIRD = changed("doc.pages < 2").published(after=peek(SECOND))
LINE = (FIRST, SECOND, THIRD)
FILES = {
    "first": FIRST,
    "second": SECOND,
    "third": THIRD,
    "cut": THIRD[: len(THIRD) // 2],
    "unsigned": GROUP.built(after=peek(SECOND)),
    "replayed": GROUP.rolled_back(FIRST, after=peek(FIRST)),
}
"""`replayed` was signed as a rollback to follow the first one, and never sent. It is a second 2."""

steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(sorted(FILES.keys() - {"replayed"}))),
        st.tuples(st.just("remove"), st.sampled_from(sorted(FILES))),
        st.tuples(st.just("look"), st.just("")),
        st.tuples(st.just("restart"), st.just("")),
    ),
    max_size=12,
)


class Node:
    """What a gateway remembers: its copies and the manifests on record, and a source."""

    def __init__(self, directory: Path) -> None:
        prepare(directory)
        self.directory = directory
        self.copies = BundleCopies(directory / "bundles")
        self.statements: list[str] = []
        self.numbers: list[int] = []
        self.source = self.start()

    def start(self) -> BundleSource:
        root = self.directory / "root.json"
        rows = [ActivatedRow(manifest_of(each).sequence, each) for each in self.statements[::-1]]
        first = last_good(rows, copies=self.copies, root=root)
        return BundleSource(
            self.directory / "incoming",
            root=root,
            keys=lambda: KEYS,
            first=first,
        )

    def look(self) -> None:
        while True:
            look = self.source.look(self.source.listed(), at=AT)
            self.source.settle(look)
            if look.found is None:
                return
            self.copies.keep(look.found.data, look.found.manifest)
            self.statements.append(look.found.sealed.statement)
            self.source.put_in_force(look.found)
            self.numbers.append(look.found.manifest.sequence)

    def do(self, step: str, name: str) -> None:
        if step == "put":
            put(self.directory, FILES[name], name=name)
        elif step == "remove":
            (self.directory / "incoming" / f"{name}.sealbundle").unlink(missing_ok=True)
        elif step == "look":
            self.look()
        else:
            self.source = self.start()


@settings(max_examples=60)
@given(steps)
def test_numbers_only_grow_and_the_line_is_reached_whatever_came_before(
    drawn: list[tuple[str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        node = Node(Path(directory))
        for step, name in drawn:
            node.do(step, name)
            standing = node.source.standing
            if standing is not None:
                known = peek(LINE[standing.manifest.sequence - 1])
                assert standing.manifest == known
                assert node.source.current.bundle.digest == known.content
        for name in ("third", "second", "first"):
            node.do("put", name)
        node.look()
        # A new gateway may begin with any that its first officers have signed.
        reached = list(range(node.numbers[0], 4))
        assert node.numbers == reached
        node.do("put", "replayed")
        node.do("restart", "")
        node.look()
        assert node.numbers == reached
