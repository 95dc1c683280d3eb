"""The page tree: counted by its nodes, and one page found in it (ISO 32000-2 §7.7.3)."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    Dictionary,
    integer,
    number,
    read_array,
    read_dictionary,
    reference,
)
from gateway.documents.placing.geometry import PageGeometry, Rectangle, Rotation
from gateway.documents.placing.places import Annotation, SignatureField

_DEEPEST = 64
_MOST_NODES = 20_000
_FARTHEST_UNITS = 1_000_000
_LARGEST_USER_UNIT = 75_000  # what Acrobat supports
_TURNED: dict[float, Rotation] = {0: 0, 90: 90, 180: 180, 270: 270}
_PAGE = re.compile(rb"/Type[\x00\t\n\x0c\r ]*/Page(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])")
_INHERITED = (b"/MediaBox", b"/CropBox", b"/Rotate", b"/Resources")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its object's number, its dictionary, and what it inherits (§7.7.3.4)."""

    number: int
    entries: Dictionary
    inherited: Dictionary


class Leaf(NamedTuple):
    """A page that was not read yet, the node it hangs on, and what it inherits."""

    number: int
    parent: int | None
    inherited: Dictionary


class PageTree:
    """The pages of a document: `places.Pages`. Only nodes and what is asked for are read.

    Raises:
        InDoubtError: from every method, where the tree is not exactly as expected.
    """

    def __init__(self, document: LeanDocument, root: Dictionary) -> None:
        self._document = document
        self.leaves: list[Leaf] = []
        self._seen: set[int] = set()
        self._pages: dict[int, Page] = {}
        top = reference(root.get(b"/Pages", b""))
        if top is None:
            raise InDoubtError("page-tree", "the catalogue has no /Pages")
        self._walk(top, None, {}, 0)

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self.leaves)

    def page(self, index: int) -> Page:
        """A page by its index, from 0."""
        page = self._pages.get(index)
        if page is None:
            leaf = self.leaves[index]
            entries = self._document.dictionary(leaf.number)
            # Readers that climb from the page must inherit what we do, who came down to it.
            if entries.get(b"/Type") != b"/Page" or _parent(entries) != leaf.parent:
                raise InDoubtError("page-tree", f"object {leaf.number} is no page, or another's")
            page = Page(leaf.number, entries, leaf.inherited)
            self._pages[index] = page
        return page

    def geometry(self, index: int) -> PageGeometry:
        """The visible page: the CropBox cut to the MediaBox, rotation and user unit."""
        page = self.page(index)
        media = self._box(page, b"/MediaBox")
        if media is None:
            raise InDoubtError("page", "no /MediaBox")
        crop = self._box(page, b"/CropBox") or media
        visible = Rectangle(
            max(media.x0, crop.x0),
            max(media.y0, crop.y0),
            min(media.x1, crop.x1),
            min(media.y1, crop.y1),
        )
        if visible.x1 <= visible.x0 or visible.y1 <= visible.y0:
            raise InDoubtError("page", "an empty visible area")
        turned = number(self._entry(page, b"/Rotate") or b"0") % 360
        unit = number(self._document.value(page.entries.get(b"/UserUnit", b"1")))
        if turned not in _TURNED or not 0 < unit <= _LARGEST_USER_UNIT:
            raise InDoubtError("page", "an odd /Rotate or /UserUnit")
        return PageGeometry(box=visible, rotation=_TURNED[turned], user_unit=unit)

    def annotations(self, index: int) -> tuple[Annotation, ...]:
        """See `gateway.documents.placing.places.Pages`."""
        raise InDoubtError("placement", f"what lies on page {index + 1} is asked for")

    def signature_fields(self) -> tuple[SignatureField, ...]:
        """See `gateway.documents.placing.places.Pages`."""
        raise InDoubtError("placement", "a field of the document's own is asked for")

    def _walk(self, number_: int, parent: int | None, inherited: Dictionary, depth: int) -> None:
        # Every leaf is reached once, and its own dictionary says that it is one; /Count of each
        # node must be what there is, because readers find pages by it.
        if depth > _DEEPEST or len(self._seen) > _MOST_NODES or number_ in self._seen:
            raise InDoubtError("page-tree", "too deep, too large, or with a loop")
        self._seen.add(number_)
        raw = self._document.raw_object(number_)
        if depth and b"/Kids" not in raw and b"#" not in raw and _PAGE.search(raw) is not None:
            # Without /Kids it cannot stand for more than itself, whatever else it holds. It is
            # cut into entries only when it is to be sealed: of 200 pages that is one.
            self.leaves.append(Leaf(number_, parent, inherited))
            return
        entries, _ = read_dictionary(raw)
        kind = entries.get(b"/Type")
        if depth and kind == b"/Page" and b"/Kids" not in entries:
            self.leaves.append(Leaf(number_, parent, inherited))
            return
        if kind != b"/Pages" or _parent(entries) != parent:
            raise InDoubtError("page-tree", f"object {number_} is no node, or another's")
        before = len(self.leaves)
        own = {**inherited, **{key: entries[key] for key in _INHERITED if key in entries}}
        for raw in read_array(self._document.value(entries.get(b"/Kids", b""))):
            kid = reference(raw)
            if kid is None:
                raise InDoubtError("page-tree", "a kid that is no reference")
            self._walk(kid, number_, own, depth + 1)
        if integer(self._document.value(entries.get(b"/Count", b""))) != len(self.leaves) - before:
            raise InDoubtError("page-tree", "a /Count that lies")

    def _entry(self, page: Page, key: bytes) -> bytes | None:
        raw = page.entries.get(key, page.inherited.get(key))
        value = None if raw is None else self._document.value(raw)
        if value == b"null":
            raise InDoubtError("page", f"{key.decode()} is null")
        return value

    def _box(self, page: Page, key: bytes) -> Rectangle | None:
        raw = self._entry(page, key)
        if raw is None:
            return None
        values = [number(self._document.value(each)) for each in read_array(raw)]
        if len(values) != 4 or any(abs(each) > _FARTHEST_UNITS for each in values):  # noqa: PLR2004 - a rectangle
            raise InDoubtError("page", "a box that is none")
        x0, y0, x1, y1 = values
        return Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _parent(entries: Dictionary) -> int | None:
    return reference(entries.get(b"/Parent", b""))
