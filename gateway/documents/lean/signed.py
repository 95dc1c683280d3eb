"""Updates that sign a document, as this room writes them (`writing`): each entry is compared.

What such an update can show is known: a stamp, or nothing. So of a document that was proved clean
before it was signed, nothing has to be inspected afterwards but what lies under its stamps. Updates
that others have written, or that do more, go the second way.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from asn1crypto import cms

from gateway.documents.inspection.bounds import HIGHEST_RATIO, LARGEST_STREAM, MOST_PIXELS
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.shapes import (
    FIELD,
    ID,
    IMAGE,
    RESOURCES,
    SIGNATURE,
    SIGNED_FORM,
    STAMP_FORM,
    doubt,
    require,
)
from gateway.documents.lean.survey import Seen
from gateway.documents.lean.tokens import (
    Dictionary,
    integer,
    number,
    read_array,
    read_dictionary,
    reference,
)
from gateway.documents.lean.update import LEFT_OUT
from gateway.documents.lean.writing import PADES
from gateway.revisions.text_boxes import Box

_OF_THE_CATALOGUE: Final = frozenset((b"/AcroForm", b"/Version", b"/Extensions"))
_VERSION: Final = b"/1.7"
_CORNERS: Final = 4


class Stamp(NamedTuple):
    """Where a signature shows.

    Attributes:
        name: of its field, as written.
        page: the number of the page's object.
        box: of its widget, in user space; None: it is invisible.
    """

    name: bytes
    page: int
    box: Box | None


class Before(NamedTuple):
    """A document before an update, and all objects that there are in it."""

    document: LeanDocument
    root_number: int
    root: Dictionary
    pages: PageTree
    objects: dict[int, Seen]


def read_signature(
    before: Before, lean: LeanDocument, written: Mapping[int, Seen]
) -> tuple[Dictionary, Stamp]:
    """The catalogue after the update, and where the signature shows.

    Args:
        before: the document before it.
        lean: the document with it.
        written: the objects of the update.

    Raises:
        InDoubtError: it is not in every entry what this room writes for one signature.
    """
    _compare_trailers(before.document, lean, written)
    return _Update(before, lean, written).read()


def _compare_trailers(
    before: LeanDocument, lean: LeanDocument, written: Mapping[int, Seen]
) -> None:
    newest, *older = lean.references.sections
    known = before.references.sections
    if [each.start for each in older] != [each.start for each in known]:
        raise doubt("an update of something else than what stands before it")
    if (newest.widths is None) != (known[0].widths is None):
        raise doubt("an update with another kind of cross-references")
    if _kept(newest.trailer) != _kept(known[0].trailer):
        raise doubt("an update with another trailer")
    if ID.fullmatch(newest.trailer.get(b"/ID", b"")) is None:
        raise doubt("an /ID that is none of ours")
    size = integer(newest.trailer.get(b"/Size"))
    if size <= max(written) or size < integer(known[0].trailer.get(b"/Size")):
        raise InDoubtError("cross-references", "an object beyond the /Size")


def _kept(trailer: Dictionary) -> Dictionary:
    return {key: value for key, value in trailer.items() if key not in LEFT_OUT}


class _Update:
    """What is new in an update is taken away as it is found; in the end nothing may be left."""

    def __init__(self, before: Before, lean: LeanDocument, written: Mapping[int, Seen]) -> None:
        self._before = before
        self._lean = lean
        self._left = dict(written)
        self._first_new = before.document.references.next_number

    def read(self) -> tuple[Dictionary, Stamp]:
        """See `read_signature`."""
        self._take_section()
        root, field_number = self._take_catalogue()
        field = self._new(field_number)
        require(field, FIELD, {b"/Rect", b"/P", b"/V"}, {b"/AP"})
        self._take_signature(_target(field[b"/V"]))
        if b"/AP" in field:
            self._take_stamp(field[b"/AP"])
        page = _target(field[b"/P"])
        self._take_page(page, field_number)
        if self._left:
            raise doubt("an update that does more than sign")
        return root, Stamp(field[b"/T"], page, _box(field) if b"/AP" in field else None)

    def _take_section(self) -> None:
        newest = self._lean.references.sections[0]
        if newest.widths is None:
            return
        own = [each for each in self._left if self._lean.references.find(each) == newest.start]
        if len(own) != 1 or own[0] < self._first_new:
            raise doubt("a section that is not its own object")
        del self._left[own[0]]

    def _take_catalogue(self) -> tuple[Dictionary, int]:
        """The catalogue, and the number of the field that is new in its form."""
        old, seen = self._before.root, self._take(self._before.root_number)
        root, _ = read_dictionary(seen.raw)
        others = {key: value for key, value in root.items() if key not in _OF_THE_CATALOGUE}
        if others != {key: old[key] for key in old if key not in _OF_THE_CATALOGUE}:
            raise doubt("an update that changes the catalogue")
        if root.get(b"/Version") not in (old.get(b"/Version"), _VERSION):
            raise doubt("an update with an odd version")
        if root.get(b"/Extensions") not in (old.get(b"/Extensions"), PADES):
            raise doubt("an update with odd extensions")
        number_ = _target(root.get(b"/AcroForm", b""))
        fields: list[bytes] = []
        if b"/AcroForm" in old:
            if old[b"/AcroForm"] != root[b"/AcroForm"]:
                raise doubt("an update with another form")
            form = self._before.document.dictionary(number_)
            fields = read_array(form.get(b"/Fields", b""))
            seen = self._take(number_)
        else:
            seen = self._take_new(number_)
        form, _ = read_dictionary(seen.raw)
        require(form, SIGNED_FORM, {b"/Fields"})
        return root, _appended(fields, read_array(form[b"/Fields"]))

    def _take_signature(self, number_: int) -> None:
        raw = self._take_new(number_).raw
        if b"%" in raw:
            raise doubt("a comment in a signature, which may hold another container")
        signature, _ = read_dictionary(raw)
        require(signature, SIGNATURE)
        found = SIGNATURE[b"/ByteRange"].fullmatch(signature[b"/ByteRange"])
        begins, ends, following = (0, 0, 0) if found is None else map(int, found.groups())
        document, references = self._lean.bytes, self._lean.references
        at = references.find(number_)
        if not isinstance(at, int) or not at < begins < ends <= ends + following == len(document):
            raise doubt("a signature over something else than the whole document")
        if document[begins:ends] != signature[b"/Contents"]:
            raise doubt("a signature that leaves out something else than itself")
        _read_container(signature[b"/Contents"])

    def _take_stamp(self, raw: bytes) -> None:
        appearance, _ = read_dictionary(raw)
        require(appearance, {}, {b"/N"})
        form = self._take_new(_target(appearance[b"/N"]))
        entries = _stream(form)
        require(entries, STAMP_FORM, {b"/Resources"})
        if _length(form) * HIGHEST_RATIO > LARGEST_STREAM:
            raise doubt("a stamp that may unpack to too much")
        resources = RESOURCES.fullmatch(entries[b"/Resources"])
        if resources is None:
            raise doubt("a stamp with odd resources")
        if resources[1] is not None:
            self._take_image(int(resources[1]), {b"/SMask"})

    def _take_image(self, number_: int, more: set[bytes]) -> None:
        entries = _stream(self._take_new(number_))
        require(entries, IMAGE, (), more)
        if int(entries[b"/Width"]) * int(entries[b"/Height"]) not in range(1, MOST_PIXELS):
            raise doubt("a stamp of too many pixels")
        if b"/SMask" in entries:
            self._take_image(_target(entries[b"/SMask"]), set())

    def _take_page(self, page: int, field: int) -> None:
        """The page itself, or what stands for its list of annotations."""
        leaves = [leaf.number for leaf in self._before.pages.leaves]
        if page not in leaves:
            raise doubt("a signature that is on no page")
        old = self._before.pages.page(leaves.index(page)).entries
        document = self._before.document
        listed = old.get(b"/Annots", b"[]")
        elsewhere = reference(listed)
        if elsewhere is not None and page not in self._left:
            self._refuse_shared(elsewhere)
            new = self._take(elsewhere).raw
        else:
            entries, _ = read_dictionary(self._take(page).raw)
            new = entries.pop(b"/Annots", b"")
            if entries != {key: old[key] for key in old if key != b"/Annots"}:
                raise doubt("an update that changes the page")
        if _appended(read_array(document.value(listed)), read_array(new)) != field:
            raise doubt("an update that adds another annotation")

    def _refuse_shared(self, list_: int) -> None:
        """What enters a list of annotations shows wherever the list is, also on another page."""
        named = re.compile(rb"(?<!\d)0*%d 0 R" % list_)
        if sum(len(named.findall(seen.text)) for seen in self._before.objects.values()) != 1:
            raise doubt("a list of annotations that is more than one page's")

    def _new(self, number_: int) -> Dictionary:
        """A dictionary that is new."""
        return read_dictionary(self._take_new(number_).raw)[0]

    def _take_new(self, number_: int) -> Seen:
        if number_ < self._first_new:
            raise doubt("something that was there before")
        return self._take(number_)

    def _take(self, number_: int) -> Seen:
        seen = self._left.pop(number_, None)
        if seen is None:
            raise doubt("something that is not in the update, or is there twice")
        return seen


def _read_container(written: bytes) -> None:
    """As far as readers take one apart before anybody asks whether it is valid (RFC 5652 §5).

    Raises:
        InDoubtError: it is none that they can read.
    """
    try:
        told = cms.ContentInfo.load(bytes.fromhex(written[1:-1].decode()))["content"]
        (signer,) = told["signer_infos"]
        kinds = signer["digest_algorithm"]["algorithm"].native, told["encap_content_info"]
        is_usual = isinstance(kinds[0], str) and kinds[1]["content_type"].native == "data"
    except (ValueError, KeyError, TypeError, AttributeError):
        raise doubt("a container that cannot be read") from None
    if not is_usual:
        raise doubt("a container of another kind")


def _appended(before: list[bytes], after: list[bytes]) -> int:
    """The number of the one object that a list has more than before."""
    if after[:-1] != before or not after:
        raise doubt("a list that is another, or has not one more")
    return _target(after[-1])


def _target(raw: bytes) -> int:
    found = reference(raw)
    if found is None:
        raise doubt("no reference where there should be one")
    return found


def _stream(seen: Seen) -> Dictionary:
    if seen.entries is None:
        raise doubt("no stream where there should be one")
    return seen.entries


def _length(seen: Seen) -> int:
    return 0 if seen.data is None else seen.data[1] - seen.data[0]


def _box(field: Dictionary) -> Box:
    corners = [number(each) for each in read_array(field[b"/Rect"])]
    if len(corners) != _CORNERS:
        raise doubt("a widget without a box")
    x0, y0, x1, y1 = corners
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
