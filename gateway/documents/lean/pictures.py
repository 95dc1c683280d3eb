"""Whether any page may draw a picture, which may lie over something."""

import re
from typing import Final

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.drawn import content_of, drawn_by_fonts, drawn_by_page
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.survey import Seen

_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
# What stands before it is looked at from behind: a pattern that begins with letters is searched for
# by them, and any other at each place, which took half of all that a contract's proof cost.
_INLINE_PICTURE: Final = re.compile(rb"BI(?<!" + _REGULAR + rb"BI)(?!" + _REGULAR + rb")")
# /ImageB, /ImageC and /ImageI stand in the list of procedures (§14.2) of most documents.
_PICTURE: Final = re.compile(rb"/Image(?!" + _REGULAR + rb")")


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


def _may_have_inline_picture(lean: LeanDocument, seen: Seen | None) -> bool:
    plain = None if seen is None else content_of(lean, seen)
    return plain is None or _INLINE_PICTURE.search(plain) is not None
