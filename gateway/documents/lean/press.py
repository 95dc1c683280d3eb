"""The lean way to prepare a PDF: read what must be read, write what changes.

It gives the same objects as the second way (`gateway.documents.pyhanko.press`, pyHanko), which a
differential test shows over every sample and thousands of generated documents. Whatever it does
not handle with certainty it hands over.
"""

import re
from contextlib import ExitStack
from typing import NamedTuple

from gateway.documents.container import ContainerPress
from gateway.documents.lean.clean import is_clean
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.form import effective_version, refuse_signed
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.stamp import EncodedStamp
from gateway.documents.lean.survey import Seen, survey
from gateway.documents.lean.tokens import Dictionary, reference
from gateway.documents.lean.update import GappedUpdate
from gateway.documents.lean.writing import SealWriter, Signing
from gateway.documents.model import Preparation, Prepared, StampOmitted, StampPosition
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.places import StampPlace
from gateway.documents.placing.placing import places_for, positions_of
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import DocumentFacts, Placement

_PLAIN = re.compile(r"[A-Za-z0-9-]{1,60}")
_PERMISSIONS = {"no-changes": 1, "form-filling": 2}


class LeanReading(NamedTuple):
    """A document that the lean way can read: its catalogue, its pages, and the facts.

    `objects` are all that there is in the file; None where it may hold something else besides.
    """

    document: LeanDocument
    root_number: int
    root: Dictionary
    pages: PageTree
    facts: DocumentFacts
    objects: dict[int, Seen] | None

    def is_clean(self, *, look_under: bool, opened: OpenedPages | None = None) -> bool:
        """Whether the inspection would surely find nothing; see `clean`.

        Args:
            look_under: whether it matters what lies under pictures.
            opened: its pages, for whoever asks more of them than this.
        """
        if self.objects is None:
            return False
        with ExitStack() as stack:
            if opened is None:
                opened = stack.enter_context(OpenedPages(self.document.bytes))
            return is_clean(self.document, self.pages, self.objects, opened, look_under=look_under)


def read(document: bytes) -> LeanReading:
    """Read what a signature needs of a document.

    Raises:
        InDoubtError: the document has to go the second way.
    """
    lean = LeanDocument(document)
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
        size_bytes=len(document),
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
    lean.know({seen.number: seen.raw for seen in objects.values() if seen.data is None})
    return objects


class LeanPress:
    """Prepares PDFs for one seal."""

    def __init__(
        self, material: SealMaterial, artwork: Artwork | None, containers: ContainerPress
    ) -> None:
        certifies = material.kind == "certification"
        self._signing = Signing(
            stamp=None if artwork is None else EncodedStamp(artwork),
            permission=_PERMISSIONS[material.permission] if certifies else None,
            room=2 * containers.room,
        )

    def prepare(
        self, reading: LeanReading, preparation: Preparation, opened: OpenedPages | None = None
    ) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`.

        Args:
            reading: the document.
            preparation: what is asked for.
            opened: its pages, for whoever asks more of them than this.

        Raises:
            InDoubtError: the document has to go the second way.
            DocumentProblem: what was asked for cannot be.
        """
        if _PLAIN.fullmatch(preparation.document_id) is None:
            raise InDoubtError("syntax", "an id that needs escapes")
        document, root, pages = reading.document, reading.root, reading.pages
        places = self._places(document.bytes, preparation.placement, pages, opened)
        writer = SealWriter(document, root, pages, preparation)
        gapped = writer.write(reading.root_number, self._signing, places)
        has_stamp = self._signing.stamp is not None
        stamps = positions_of(preparation.placement, places, pages=pages.count) if has_stamp else ()
        return self._prepared(gapped, reading.facts, stamps)

    def _places(
        self,
        document: bytes,
        placement: Placement | None,
        tree: PageTree,
        opened: OpenedPages | None,
    ) -> tuple[StampPlace, ...]:
        stamp = self._signing.stamp
        if stamp is None:
            return ()
        return places_for(
            placement,
            width_mm=stamp.width_mm,
            height_mm=stamp.height_mm,
            pages=tree,
            document=document,
            opened=opened,
        )

    def _prepared(
        self,
        gapped: GappedUpdate,
        facts: DocumentFacts,
        stamps: tuple[StampPosition | StampOmitted, ...],
    ) -> Prepared:
        gap = b"0" * self._signing.room
        return Prepared(
            facts=facts,
            update=b"".join((gapped.before, b"<", gap, b">", gapped.after)),
            container_at=len(gapped.before) + 1,
            container_room=len(gap),
            stamps=stamps,
        )
