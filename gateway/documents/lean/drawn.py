"""What pages and fonts draw: the streams, and what they say."""

import base64
from collections.abc import Iterator
from typing import Final

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.pages import Page
from gateway.documents.lean.survey import Seen, targets, unpacked
from gateway.documents.lean.tokens import Dictionary, read_dictionary, reference

_DRAWN_FONT: Final = b"/Type3"
_IN_LETTERS: Final = b"/ASCII85Decode"
_MOST_LETTERS: Final = 1 << 16
"""Bytes that are read letter by letter, which takes long."""
_LARGEST_KEPT: Final = 1 << 18
"""Bytes of one content that stays unpacked."""
_MOST_KEPT: Final = 64


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


def content_of(lean: LeanDocument, seen: Seen) -> bytes | None:
    """What a stream says; None: it is packed in a way that is not undone here.

    Several look at the same content, one after the other, so what is small stays unpacked.
    """
    if seen.data is None or seen.entries is None:
        return None
    if seen.data not in lean.contents:
        plain = _unpacked(lean, seen.data, seen.entries)
        if plain is None or len(plain) > _LARGEST_KEPT or len(lean.contents) >= _MOST_KEPT:
            return plain
        lean.contents[seen.data] = plain
    return lean.contents[seen.data]


def _unpacked(lean: LeanDocument, where: tuple[int, int], entries: Dictionary) -> bytes | None:
    # What a predictor made of content (§7.4.4.4) is not undone here.
    if b"/DecodeParms" in entries:
        return None
    data = lean.bytes[where[0] : where[1]]
    packing = entries.get(b"/Filter", b"")
    if _IN_LETTERS in packing:
        if len(data) > _MOST_LETTERS:
            return None
        try:
            data = base64.a85decode(data.strip(), adobe=True)
        except ValueError:
            return None
    return unpacked(data) if packing else data
