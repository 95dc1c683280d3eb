"""Whether each text is drawn by a font that its page has, and sets in the usual way."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.documents.inspection.content_words import taken_otherwise
from gateway.documents.inspection.font_names import KINDS, fonts_named_by
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.drawn import content_of, drawn_by_fonts, drawn_by_page
from gateway.documents.lean.pages import Page, PageTree
from gateway.documents.lean.survey import Seen, text_of
from gateway.documents.lean.tokens import SPACE, read_dictionary, reference

_KIND: Final = re.compile(
    rb"/Subtype" + SPACE + rb"/(?:" + "|".join(KINDS).encode() + rb")(?![^\x00-\x20()<>\[\]{}/%])"
)
_OF_A_STATE: Final = re.compile(rb"/Font" + SPACE + rb"(?:\[|([0-9]{1,10}) 0 R)")
_TILES: Final = re.compile(rb"/PatternType" + SPACE + rb"(?!2)")


def have_their_fonts(lean: LeanDocument, objects: dict[int, Seen], tree: PageTree) -> bool:
    """Whether the inspection would find no fault with fonts. False says nothing.

    Args:
        lean: the document.
        objects: its objects, in whose names nothing is written by escapes, and no form is.
        tree: its pages.

    Raises:
        InDoubtError: what a page or a font draws is listed in no usual way.
    """
    together = b"\n".join([seen.text for seen in objects.values()])
    if _TILES.search(together) is not None:
        return False
    for number in _OF_A_STATE.findall(together):
        if not number or objects[int(number)].text[:2] != b"<<":
            return False
    if any(_named(lean, objects, [each]) for each in drawn_by_fonts(lean, objects)):
        return False
    known: dict[bytes, frozenset[bytes]] = {}
    for index in range(tree.count):
        page = tree.page(index)
        names = _named(lean, objects, drawn_by_page(lean, objects, page))
        resources = _resources(page)
        if resources not in known:
            known[resources] = frozenset(_fonts(lean, objects, resources))
        if not names <= known[resources]:
            return False
    return True


def _resources(page: Page) -> bytes:
    return page.entries.get(b"/Resources", page.inherited.get(b"/Resources", b"<<>>"))


def _fonts(lean: LeanDocument, objects: dict[int, Seen], resources: bytes) -> Iterator[bytes]:
    """The names of those that are there, without their slash."""
    entries, _ = read_dictionary(lean.value(resources))
    fonts, _ = read_dictionary(lean.value(entries.get(b"/Font", b"<<>>")))
    for name, font in fonts.items():
        number = reference(font)
        text = text_of(font) if number is None else objects[number].text
        if text[:2] == b"<<" and _KIND.search(text) is not None:
            yield name[1:]


def _named(
    lean: LeanDocument, objects: dict[int, Seen], numbers: Iterable[int]
) -> frozenset[bytes]:
    """The fonts that content names, which are streams one behind the other."""
    parts = [content_of(lean, objects[each]) for each in numbers]
    content = b"\n".join([each for each in parts if each is not None])
    names = fonts_named_by(content)
    if None in parts or names is None or taken_otherwise(content):
        raise InDoubtError("syntax", "content that readers may read otherwise")
    return names
