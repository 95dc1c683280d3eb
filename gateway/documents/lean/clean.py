"""Proof, in a fraction of a millisecond, that the intake rules would find nothing.

`gateway.documents.inspection` looks at every object with two readers and is precise, but slow.
Most documents have nothing that any rule is about, and that can be seen without understanding
them: nothing is in the file but objects that are named and hang together, and of the words that
rules look for none occurs. Whatever is not seen at once is left to the inspection, so this room
never names a finding; it says True or nothing. A differential test holds it to that.
"""

import re
from collections import Counter

import pypdfium2

from gateway.documents.inspection.bounds import (
    HIGHEST_RATIO,
    LARGEST_OBJECT_STREAMS,
    LARGEST_STREAM,
    LARGEST_TOTAL,
    MOST_PAGES,
    MOST_PIXELS,
)
from gateway.documents.inspection.words import (
    ACTIONS,
    ACTIVE_KEYS,
    EXTERNAL_KEYS,
    FILE_KEYS,
    FILE_KINDS,
    MARKS,
    MEDIA,
)
from gateway.documents.lean.crossref import Section
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.fonts import have_their_fonts
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.survey import Seen, mentioned, targets, text_of, unpacked
from gateway.documents.lean.tokens import (
    NAME,
    integer,
    number,
    read_array,
    read_dictionary,
    reference,
    refuse_twins,
)
from gateway.documents.opened_pages import OpenedPages
from gateway.revisions.lists import LISTS

_SMALLEST_UNITS = 20.0
_FARTHEST_UNITS = 1_000_000
_CORNERS = 4

_NAME_ENDS = rb"(?![^\x00-\x20()<>\[\]{}/%])"
_SPACE = rb"[\x00\t\n\x0c\r ]*"
_OTHER_WORDS = (
    # Forms, annotations that are more than links, layers, boxes that hide
    *("/AcroForm", "/Widget", "/AP", "/OCProperties", "/OCGs", "/VE", "/CropBox"),
    # Structure that this proof does not follow
    *("/Encrypt", "/Extends", "/Crypt"),
)
_OF_STREAMS = "/F"  # elsewhere the name of a font, or an annotation's flags
_WORDS = re.compile(
    rb"(?:"
    + b"|".join(
        re.escape(word.encode())
        for word in sorted(
            {*ACTIONS, *MEDIA, *ACTIVE_KEYS, *FILE_KEYS, *FILE_KINDS, *EXTERNAL_KEYS, *_OTHER_WORDS}
            - {_OF_STREAMS}
        )
    )
    + rb")"
    + _NAME_ENDS
)
"""Where one of these occurs as a name, wherever that is, the inspection has to look."""

_PAIRS = re.compile(rb"(" + NAME + rb")" + _SPACE + rb"(" + NAME + rb"|\(u?\)|\[)?")
"""Keys with the name, text or bracket behind them, and some elements of arrays.

In a dictionary names stand in pairs at most, the first a key, so what comes first in a run of names
is a key, and a key cannot be taken for a value.
"""

_DRAWN_BY = re.compile(rb"/(?:" + b"|".join(sorted(LISTS)) + rb")" + _SPACE + rb"([0-9]{1,10}) 0 R")
_LISTED = re.compile(rb"/Annots" + _SPACE + rb"([0-9]{1,10}) 0 R")
_MARKS = frozenset(mark.encode() for mark in MARKS)
_ELSEWHERE = b"/F"
_PLAIN_PACKINGS = (
    b"/FlateDecode",
    b"[/FlateDecode]",
    b"[ /FlateDecode ]",
    b"[/ASCII85Decode/FlateDecode]",
    b"[ /ASCII85Decode /FlateDecode ]",
)


def is_clean(
    lean: LeanDocument,
    tree: PageTree,
    objects: dict[int, Seen],
    opened: OpenedPages,
) -> bool:
    """Whether the inspection would surely find nothing without drawing. False says nothing.

    Args:
        lean: the document.
        tree: its pages.
        objects: its objects, as `survey` gave them: there is nothing else in the file.
        opened: the same document, or what it became by signatures.
    """
    try:
        return (
            tree.count <= MOST_PAGES
            and count_revisions(lean) == 1
            and _has_no_word(lean, objects)
            and _has_plain_streams(lean, objects)
            and _hangs_together(lean, objects)
            and _has_one_use_of_each(lean, objects)
            and _has_plain_pages(lean, tree)
            and have_their_fonts(lean, objects, tree)
            and _another_agrees(opened, tree.count)
        )
    except InDoubtError:
        return False


def _has_no_word(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether no rule's word occurs, and names are where they can be seen for what they are."""
    texts = [seen.text for seen in objects.values()]
    texts += [_trailer_text(section) for section in lean.references.sections]
    together = b"\n".join(texts)
    if b"#" in together or _WORDS.search(together) is not None:
        return False
    # A name by itself could be anything's /Subtype, by reference.
    return all(text[:1] != b"/" and _has_plain_pairs(text) for text in texts)


def _has_plain_pairs(text: bytes) -> bool:
    """Whether annotations are links to web addresses, the opening is a jump, no key comes twice.

    Raises:
        InDoubtError: a key comes twice.
    """
    pairs = _PAIRS.findall(text)
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        refuse_twins(text)
    if b"/URI" in text and not all(
        (key != b"/URI" or value == b"(u)") and (value != b"/URI" or key == b"/S")
        for key, value in pairs
    ):
        return False
    if any(key == b"/Subtype" and value in _MARKS for key, value in pairs):
        return False
    if b"/Rect" in text and not all(
        value == b"/Link" for key, value in pairs if key == b"/Subtype"
    ):
        return False
    return b"/OpenAction" not in text or all(
        (key != b"/OpenAction" or value == b"[") and value != b"/OpenAction" for key, value in pairs
    )


def _trailer_text(section: Section) -> bytes:
    return text_of(b"<<%b>>" % b" ".join(map(b" ".join, section.trailer.items())))


def _has_plain_streams(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether each stream lies in the file, and they unpack to something of a usual size."""
    for seen in objects.values():
        entries, data = seen.entries, seen.data
        if entries is None or data is None:
            continue
        kind = entries.get(b"/Subtype", b"/None")
        # Forms may draw one another without end.
        if _ELSEWHERE in entries or kind == b"/Form" or kind[:1] != b"/":
            return False
        if kind == b"/Image":
            sides = [entries.get(key, b"") for key in (b"/Width", b"/Height")]
            if not all(map(bytes.isdigit, sides)):
                return False
            if int(sides[0]) * int(sides[1]) not in _PICTURES:
                return False
        elif b"/Filter" in entries and entries[b"/Filter"] not in _PLAIN_PACKINGS:
            return False
    return lean.unpacked_bytes <= LARGEST_OBJECT_STREAMS and unpack_to_little(lean, objects)


_PICTURES = range(1, MOST_PIXELS)


def unpack_to_little(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether no stream, nor all together, can unpack to too much; large ones are unpacked.

    Pictures apart, whose pixels are counted.
    """
    packed = [
        seen.data
        for seen in objects.values()
        if seen.data is not None
        and seen.entries is not None
        and seen.entries.get(b"/Subtype") != b"/Image"
        and b"/Filter" in seen.entries
    ]
    sizes = [end - start for start, end in packed]
    if sum(sizes) * HIGHEST_RATIO > LARGEST_TOTAL:
        return False
    return all(
        size * HIGHEST_RATIO <= LARGEST_STREAM or unpacked(lean.bytes[start:end]) is not None
        for size, (start, end) in zip(sizes, packed, strict=True)
    )


def _hangs_together(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether every object is reached from a trailer, but for what holds the file together."""
    sections = lean.references.sections
    reached: set[int] = set()
    fresh = targets(b" ".join(map(_trailer_text, sections)))
    while fresh:
        if not fresh <= objects.keys():
            return False
        reached |= fresh
        fresh = targets(b" ".join([objects[each].text for each in fresh])) - reached
    return objects.keys() - reached <= _holding(lean, objects)


def _has_one_use_of_each(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether what a signature writes over is used for nothing else: a page could be drawn by it.

    There is no form, as `_WORDS` has seen.
    """
    together = b"\n".join([seen.text for seen in objects.values()])
    trailer = lean.references.trailer
    roles = {reference(trailer.get(key, b"")) for key in (b"/Root", b"/Info")}
    if not roles.isdisjoint(map(int, _DRAWN_BY.findall(together))):
        return False
    listed = Counter(map(int, _LISTED.findall(together)))
    if not listed:
        return True
    uses = Counter(mentioned(together))
    return all(uses[each] == count for each, count in listed.items())


def _holding(lean: LeanDocument, objects: dict[int, Seen]) -> set[int]:
    """Cross-reference streams, object streams, and what makes a file linearised (Annex F)."""
    places = {number: lean.references.find(number) for number in objects}
    starts = {section.start for section in lean.references.sections}
    holding = {place[0] for place in places.values() if isinstance(place, tuple)}
    holding |= {number for number, place in places.items() if place in starts}
    if len(lean.references.sections) == 1:
        return holding
    # `count_revisions` has seen that the first object is the linearisation dictionary.
    first = min((place, number) for number, place in places.items() if isinstance(place, int))[1]
    hints = read_array(read_dictionary(objects[first].raw)[0].get(b"/H", b"[]"))[::2]
    offsets = {integer(each) for each in hints}
    return holding | {first} | {number for number, place in places.items() if place in offsets}


def _has_plain_pages(lean: LeanDocument, tree: PageTree) -> bool:
    """Whether each page has a box of a usual size, and a list where annotations are listed.

    Of /CropBox `_WORDS` has taken care. Readers drop an /Annots that is no list.
    """
    boxes: set[bytes] = set()
    lists: set[bytes] = set()
    for index, leaf in enumerate(tree.leaves):
        entries = tree.page(index).entries
        boxes.add(entries.get(b"/MediaBox", leaf.inherited.get(b"/MediaBox", b"")))
        lists.add(entries.get(b"/Annots", b"[]"))
    return all(_is_plain_box(lean.value(box)) for box in boxes) and all(
        lean.value(each)[:1] == b"[" for each in lists
    )


def _is_plain_box(raw: bytes) -> bool:
    corners = [number(each) for each in read_array(raw)]
    return (
        len(corners) == _CORNERS
        and all(abs(each) <= _FARTHEST_UNITS for each in corners)
        and abs(corners[2] - corners[0]) >= _SMALLEST_UNITS
        and abs(corners[3] - corners[1]) >= _SMALLEST_UNITS
    )


def _another_agrees(opened: OpenedPages, pages: int) -> bool:
    """Whether pdfium, which shares no line with this room, counts the same pages.

    Neither has cause to repair anything: `survey` has seen that every offset is exact. qpdf, which
    the inspection asks, reads in-memory files through Python: 13 µs for each object.
    """
    try:
        return opened.count == pages
    except pypdfium2.PdfiumError:
        return False
