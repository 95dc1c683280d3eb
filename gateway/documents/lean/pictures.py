"""Whether any page may draw a picture, which may lie over something."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.pages import Page, PageTree
from gateway.documents.lean.survey import Seen, targets, unpacked
from gateway.documents.lean.tokens import read_dictionary, reference

_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
# What stands before it is looked at from behind: a pattern that begins with letters is searched for
# by them, and any other at each place, which took half of all that a contract's proof cost.
_INLINE_PICTURE: Final = re.compile(rb"BI(?<!" + _REGULAR + rb"BI)(?!" + _REGULAR + rb")")
# /ImageB, /ImageC and /ImageI stand in the list of procedures (§14.2) of most documents.
_PICTURE: Final = re.compile(rb"/Image(?!" + _REGULAR + rb")")
_DRAWN_FONT: Final = b"/Type3"


def may_draw_pictures(lean: LeanDocument, objects: dict[int, Seen], tree: PageTree) -> bool:
    """Whether any page may have a picture: one that is an object, or one within its content.

    Args:
        lean: the document.
        objects: its objects, in whose names nothing is written by escapes, and no form is.
        tree: its pages.

    Raises:
        InDoubtError: what a page or a font draws is listed in no usual way.
    """
    together = b"\n".join([seen.text for seen in objects.values()])
    if _PICTURE.search(together) is not None:
        return True
    drawn = {
        each
        for index in range(tree.count)
        for each in drawn_by_page(lean, objects, tree.page(index))
    }
    drawn.update(drawn_by_fonts(lean, objects))
    return any(_may_have_inline_picture(lean, objects.get(each)) for each in drawn)


def drawn_by_page(lean: LeanDocument, objects: dict[int, Seen], page: Page) -> Iterator[int]:
    """The streams that a page consists of."""
    contents = page.entries.get(b"/Contents", b"[]")
    single = reference(contents)
    if single is not None and objects[single].data is not None:
        yield single
    else:
        yield from targets(lean.value(contents))


def drawn_by_fonts(lean: LeanDocument, objects: dict[int, Seen]) -> Iterator[int]:
    """The streams in which fonts draw their characters (§9.6.4), of all fonts that are drawn.

    Raises:
        InDoubtError: a font is not an object of its own.
    """
    for seen in objects.values():
        if _DRAWN_FONT in seen.text:
            font, _ = read_dictionary(seen.raw)
            if font.get(b"/Subtype") != _DRAWN_FONT or seen.text.count(_DRAWN_FONT) > 1:
                raise InDoubtError("syntax", "a font that is part of another object")
            yield from targets(lean.value(font.get(b"/CharProcs", b"<<>>")))


def _may_have_inline_picture(lean: LeanDocument, seen: Seen | None) -> bool:
    # What a predictor made of content (§7.4.4.4) is not undone here.
    if seen is None or seen.data is None or seen.entries is None or b"/DecodeParms" in seen.entries:
        return True
    plain: bytes | None = lean.bytes[seen.data[0] : seen.data[1]]
    if plain is not None and b"/Filter" in seen.entries:
        plain = unpacked(plain)
    return plain is None or _INLINE_PICTURE.search(plain) is not None
