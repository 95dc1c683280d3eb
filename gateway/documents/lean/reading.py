"""A document as the lean way reads it, with the signatures that it came with; and its proof."""

from contextlib import ExitStack
from typing import Final, NamedTuple

import msgspec

from gateway.documents.inspection.sheets import Sheet
from gateway.documents.lean.clean import is_clean, unpack_to_little
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.form import effective_version, refuse_signed
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.pictures import may_draw_pictures
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.signed import Before, Stamp, read_signature
from gateway.documents.lean.survey import Seen, survey, survey_update
from gateway.documents.lean.tokens import Dictionary, read_array, reference
from gateway.documents.opened_pages import OpenedPages
from policies.model import DocumentFacts

_MOST_SIGNATURES: Final = 8
_PATTERN: Final = b"/PatternType"


class LeanReading(NamedTuple):
    """A document that the lean way can read: its catalogue, its pages, and the facts.

    Attributes:
        document: with its newest cross-references.
        root_number: the catalogue's.
        root: the catalogue.
        pages: its pages.
        facts: what policies may ask.
        objects: all that there are in the file, those that a signature replaced as they are now;
            None where it may hold something else besides.
        stamps: of the signatures that it came with, the first one first.
        unsigned: what it was before the first of them; None: what it is.
    """

    document: LeanDocument
    root_number: int
    root: Dictionary
    pages: PageTree
    facts: DocumentFacts
    objects: dict[int, Seen] | None
    stamps: tuple[Stamp, ...] = ()
    unsigned: "LeanReading | None" = None

    def is_clean(self, *, look_under: bool, opened: OpenedPages | None = None) -> bool:
        """Whether the inspection would surely find nothing; see `clean`. False says nothing.

        Args:
            look_under: whether it matters what lies under pictures and stamps.
            opened: its pages, for whoever asks more of them than this.
        """
        base = self.unsigned or self
        if base.objects is None or self.objects is None:
            return False
        if not unpack_to_little(self.document, self.objects):
            return False
        with ExitStack() as stack:
            if opened is None:
                opened = stack.enter_context(OpenedPages(self.document.bytes))
            is_plain = is_clean(base.document, base.pages, base.objects, opened)
        return is_plain and not (look_under and self.may_cover())

    def may_cover(self) -> bool:
        """Whether text of a clean document may lie under something."""
        base = self.unsigned or self
        if base.objects is None or any(stamp.box is not None for stamp in self.stamps):
            return True
        try:
            return may_draw_pictures(base.document, base.objects, base.pages)
        except InDoubtError:
            return True

    def sheets(self) -> list[Sheet] | None:
        """The pages of a document that is clean but for what lies under something, to be drawn.

        None: it has patterns, of which it is open whether anybody can draw them, or pages that are
        odd.
        """
        if self.objects is None or any(_PATTERN in seen.text for seen in self.objects.values()):
            return None
        try:
            return [self._sheet(index) for index in range(self.pages.count)]
        except InDoubtError:
            return None

    def _sheet(self, index: int) -> Sheet:
        page = self.pages.page(index)
        stamps = [stamp for stamp in self.stamps if stamp.page == page.number]
        boxes = [stamp.box for stamp in stamps if stamp.box is not None]
        plain = len(boxes) == len(stamps) == _annotations(self.document, page.entries)
        return Sheet(visible=None, covers=boxes, stamps=boxes, is_drawn_as_written=plain)


def read(document: bytes) -> LeanReading:
    """Read what a signature needs of a document.

    Raises:
        InDoubtError: the document has to go the second way.
    """
    return _read(document, most=_MOST_SIGNATURES)


def _read(document: bytes, *, most: int) -> LeanReading:
    lean = LeanDocument(document)
    if len(lean.references.sections) == 1 or document.find(b"/ByteRange") < 0:
        return _read_unsigned(lean)
    if most == 0:
        raise InDoubtError("signed", "too many signatures")
    begins, written = survey_update(lean)
    return _signed(_read(document[:begins], most=most - 1), lean, written)


def _signed(before: LeanReading, lean: LeanDocument, written: dict[int, Seen]) -> LeanReading:
    """The document after one more update, which signs it."""
    if before.objects is None:  # then it may hold what only pyHanko would refuse
        raise InDoubtError("signed", "a signature on what is not wholly known")
    known = Before(before.document, before.root_number, before.root, before.pages, before.objects)
    root, stamp = read_signature(known, lean, written)
    if any(stamp.name == earlier.name for earlier in before.stamps):
        raise InDoubtError("signed", "two fields with one name")
    objects = before.objects | written
    _know(lean, objects)
    major, minor = effective_version(lean, root)
    facts = msgspec.structs.replace(
        before.facts,
        size_bytes=len(lean.bytes),
        revisions=before.facts.revisions + 1,
        signatures=before.facts.signatures + 1,
        pdf_version=f"{major}.{minor}",
    )
    return LeanReading(
        document=lean,
        root_number=before.root_number,
        root=root,
        pages=PageTree(lean, root),
        facts=facts,
        objects=objects,
        stamps=(*before.stamps, stamp),
        unsigned=before.unsigned or before,
    )


def _read_unsigned(lean: LeanDocument) -> LeanReading:
    objects = _all_objects(lean)
    root_number = reference(lean.references.trailer.get(b"/Root", b""))
    if root_number is None:
        raise InDoubtError("syntax", "no /Root")
    root = lean.dictionary(root_number)
    refuse_signed(lean, root)
    if root.get(b"/Type") != b"/Catalog" or b"/Extensions" in root:
        raise InDoubtError("extensions", "a catalogue that is odd or has extensions")
    pages = PageTree(lean, root)
    if pages.count == 0:
        raise InDoubtError("page-tree", "no pages")
    major, minor = effective_version(lean, root)
    facts = DocumentFacts(
        pages=pages.count,
        size_bytes=len(lean.bytes),
        revisions=count_revisions(lean),
        signatures=0,
        pdf_version=f"{major}.{minor}",
    )
    return LeanReading(lean, root_number, root, pages, facts, objects)


def _all_objects(lean: LeanDocument) -> dict[int, Seen] | None:
    try:
        objects = survey(lean)
    except InDoubtError:
        return None
    _know(lean, objects)
    return objects


def _know(lean: LeanDocument, objects: dict[int, Seen]) -> None:
    lean.know({seen.number: seen.raw for seen in objects.values() if seen.data is None})


def _annotations(lean: LeanDocument, page: Dictionary) -> int:
    return len(read_array(lean.value(page.get(b"/Annots", b"[]"))))
