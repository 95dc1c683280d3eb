"""Proof, in a fraction of a millisecond, that the intake rules would find nothing.

`gateway.documents.inspection` looks at every object with two readers and is precise, but slow.
Most documents have nothing that any rule is about, and that can be seen without understanding
them: nothing is in the file but objects that are named and hang together, and of the words that
rules look for none occurs. Whatever is not seen at once is left to the inspection, so this room
never names a finding; it says True or nothing. A differential test holds it to that.
"""

import re
import zlib
from collections.abc import Iterable
from contextlib import closing

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
    MEDIA,
)
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.survey import Seen
from gateway.documents.lean.tokens import NAME, number, read_array, read_dictionary

_SMALLEST_UNITS = 20.0
_CORNERS = 4
_LONGEST_NUMBER = 10

_NAME_ENDS = rb"(?![^\x00-\x20()<>\[\]{}/%])"
_SPACE = rb"[\x00\t\n\x0c\r ]*"
_OTHER_WORDS = (
    # Forms, annotations that are more than links, layers, boxes that hide
    *("/AcroForm", "/Widget", "/AP", "/OCProperties", "/CropBox"),
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

_KEYS = re.compile(rb"(" + NAME + rb")" + _SPACE + rb"(?:" + NAME + rb")?")
"""Keys, and some elements of arrays: in a dictionary a name behind a name is a value."""

_NAMES = re.compile(NAME)
_TARGETS = re.compile(rb"(\d++) 0 R")
_HOLDING = re.compile(rb"/Type" + _SPACE + rb"/(?:ObjStm|XRef)" + _NAME_ENDS + rb"|/Linearized \d")
_HINTS = re.compile(rb"/H" + _SPACE + rb"\[([\d\r\n\t ]*)\]")
_MEDIA_BOX = re.compile(rb"/MediaBox" + _SPACE + rb"(\[[^\[\]]*\]|\d+ 0 R)")
_ELSEWHERE = re.compile(rb"/F" + _NAME_ENDS)
_IMAGE = re.compile(rb"/Subtype" + _SPACE + rb"/Image" + _NAME_ENDS)
_FORM = re.compile(rb"/Subtype" + _SPACE + rb"/Form" + _NAME_ENDS)
_TYPE_3 = re.compile(rb"/Type3" + _NAME_ENDS)
_FILTERS = re.compile(rb"/Filter" + _SPACE + rb"(/[A-Za-z0-9]+|\[[^\[\]]*\])")
_SIDES = re.compile(rb"/(Width|Height)" + _SPACE + rb"(\d{1,9})(?![\d.]| 0 R)")
_CONTENTS = re.compile(rb"/Contents" + _SPACE + rb"(\d+ 0 R|\[[^\[\]]*\])")
_INLINE_PICTURE = re.compile(rb"(?<![^\x00\t\n\x0c\r ])BI(?![^\x00\t\n\x0c\r /])")
_URI = re.compile(rb"/URI" + _NAME_ENDS)
_LINKS = re.compile(
    rb"/S" + _SPACE + rb"/URI" + _NAME_ENDS + rb"|/URI" + _SPACE + rb"\((?:https?|mailto|tel):",
    re.IGNORECASE,
)
_OPENINGS = re.compile(rb"/OpenAction" + _NAME_ENDS)
_JUMPS = re.compile(rb"/OpenAction" + _SPACE + rb"\[")


def is_clean(
    lean: LeanDocument, tree: PageTree, objects: dict[int, Seen], *, look_under: bool
) -> bool:
    """Whether the inspection would surely find nothing. False says nothing.

    Args:
        lean: the document.
        tree: its pages.
        objects: its objects, as `survey` gave them: there is nothing else in the file.
        look_under: whether it matters what lies under pictures.
    """
    try:
        return (
            tree.count <= MOST_PAGES
            and count_revisions(lean) == 1
            and _has_no_word(objects)
            and all(_has_no_twins(seen) for seen in objects.values())
            and _has_plain_streams(lean, objects)
            and _hangs_together(lean, objects)
            and _has_plain_boxes(lean, objects, tree)
            and not (look_under and _may_draw_pictures(lean, objects, tree))
            and _another_agrees(lean.bytes, tree.count)
        )
    except InDoubtError:
        return False


def _has_no_word(objects: dict[int, Seen]) -> bool:
    """Whether no rule's word occurs, nor a name in escapes; links and jumps must be plain."""
    together = b"\n".join([seen.text for seen in objects.values()])
    if b"/Form" in together and _FORM.search(together) is not None:
        return False  # forms may draw one another without end
    if b"#" in together or _WORDS.search(together) is not None:
        return False
    if len(_OPENINGS.findall(together)) != len(_JUMPS.findall(together)):
        return False
    links = len(_URI.findall(together)) if b"/URI" in together else 0
    return not links or links == sum(len(_LINKS.findall(seen.raw)) for seen in objects.values())


def _has_no_twins(seen: Seen) -> bool:
    """Whether no dictionary, nor one within it, has a key twice."""
    keys = _KEYS.findall(seen.text)
    if len(set(keys)) != len(keys):
        _refuse_twins(seen.text)
    return True


def _refuse_twins(text: bytes) -> None:
    """Look at each dictionary by itself.

    Raises:
        InDoubtError: one has a key twice.
    """
    within: Iterable[bytes] = ()
    if text[:2] == b"<<":
        within = read_dictionary(text)[0].values()
    elif text[:1] == b"[":
        within = read_array(text)
    for each in within:
        _refuse_twins(each)


def _has_plain_streams(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether each stream lies in the file, and they unpack to something of a usual size."""
    packed: list[tuple[int, int]] = []
    for seen in objects.values():
        if seen.data is None:
            continue
        if _ELSEWHERE.search(seen.text) is not None:
            return False
        if b"/Image" in seen.text and _IMAGE.search(seen.text) is not None:
            sides = dict(_SIDES.findall(seen.text))
            if int(sides.get(b"Width", 0)) * int(sides.get(b"Height", 0)) not in _PICTURES:
                return False
        elif b"/Filter" in seen.text:
            packings = _FILTERS.findall(seen.text)
            if len(packings) != 1 or _NAMES.findall(packings[0]) not in _PLAIN_PACKINGS:
                return False
            packed.append(seen.data)
    return lean.unpacked_bytes <= LARGEST_OBJECT_STREAMS and _unpack_to_little(lean, packed)


_PICTURES = range(1, MOST_PIXELS)
_PLAIN_PACKINGS = ([b"/FlateDecode"], [b"/ASCII85Decode", b"/FlateDecode"])


def _unpack_to_little(lean: LeanDocument, packed: list[tuple[int, int]]) -> bool:
    """Whether no stream, nor all together, can unpack to too much; large ones are unpacked."""
    sizes = [end - start for start, end in packed]
    if sum(sizes) * HIGHEST_RATIO > LARGEST_TOTAL:
        return False
    return all(
        size * HIGHEST_RATIO <= LARGEST_STREAM or _unpacked(lean.bytes[start:end]) is not None
        for size, (start, end) in zip(sizes, packed, strict=True)
    )


def _unpacked(data: bytes) -> bytes | None:
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, LARGEST_STREAM)
    except zlib.error:
        return None
    return plain if inflate.eof else None


def _hangs_together(lean: LeanDocument, objects: dict[int, Seen]) -> bool:
    """Whether every object is reached from the trailer, but for what holds the file together."""
    reached: set[int] = set()
    fresh = _targets(b" ".join(lean.references.trailer.values()))
    while fresh:
        if not fresh <= objects.keys():
            return False
        reached |= fresh
        fresh = _targets(b" ".join([objects[each].text for each in fresh])) - reached
    unreached = [objects[number_] for number_ in objects.keys() - reached]
    hints = {
        int(offset)
        for seen in unreached
        if b"/Linearized" in seen.text
        for hint in _HINTS.findall(seen.text)
        for offset in hint.split()[::2]
    }
    return all(
        _HOLDING.search(seen.text) is not None or lean.references.find(seen.number) in hints
        for seen in unreached
    )


def _targets(text: bytes) -> set[int]:
    """The numbers that ` 0 R` follows: cut apart, as an expression would try every digit first."""
    ends = [piece[-_LONGEST_NUMBER:] for piece in text.split(b" 0 R")[:-1]]
    try:
        return {int(end[len(end.rstrip(b"0123456789")) :]) for end in ends}
    except ValueError:
        raise InDoubtError("syntax", "a reference to something that has no number") from None


def _has_plain_boxes(lean: LeanDocument, objects: dict[int, Seen], tree: PageTree) -> bool:
    """Whether each page has a box of a usual size; of /CropBox `_WORDS` has taken care."""
    boxes: set[bytes] = set()
    for leaf in tree.leaves:
        page = objects[leaf.number].text
        if b"/MediaBox" in page:
            boxes.update(_MEDIA_BOX.findall(page) or [b""])
        else:
            boxes.add(leaf.inherited.get(b"/MediaBox", b""))
    return all(_is_plain_box(lean.value(box)) for box in boxes)


def _is_plain_box(raw: bytes) -> bool:
    corners = [number(each) for each in read_array(raw)]
    return (
        len(corners) == _CORNERS
        and abs(corners[2] - corners[0]) >= _SMALLEST_UNITS
        and abs(corners[3] - corners[1]) >= _SMALLEST_UNITS
    )


def _may_draw_pictures(lean: LeanDocument, objects: dict[int, Seen], tree: PageTree) -> bool:
    """Whether any page may have a picture, which may lie over something."""
    drawn: set[int] = set()
    for seen in objects.values():
        if _IMAGE.search(seen.text) is not None or _TYPE_3.search(seen.text) is not None:
            return True
        if seen.data is not None and _FORM.search(seen.text) is not None:
            drawn.add(seen.number)
    for leaf in tree.leaves:
        page = objects[leaf.number].text
        contents = _CONTENTS.findall(page)
        if len(contents) != page.count(b"/Contents"):
            return True
        drawn.update(int(each) for raw in contents for each in _TARGETS.findall(raw))
    return any(_may_have_inline_picture(lean, objects.get(each)) for each in drawn)


def _may_have_inline_picture(lean: LeanDocument, seen: Seen | None) -> bool:
    if seen is None or seen.data is None:
        return True
    plain: bytes | None = lean.bytes[seen.data[0] : seen.data[1]]
    if plain is not None and b"/Filter" in seen.text:
        plain = _unpacked(plain)
    return plain is None or _INLINE_PICTURE.search(plain) is not None


def _another_agrees(document: bytes, pages: int) -> bool:
    """Whether pdfium, which shares no line with this room, counts the same pages.

    Neither has cause to repair anything: `survey` has seen that every offset is exact. qpdf, which
    the inspection asks, reads in-memory files through Python: 13 µs for each object.
    """
    try:
        with closing(pypdfium2.PdfDocument(document)) as other:
            return len(other) == pages
    except pypdfium2.PdfiumError:
        return False
