"""The lean way to prepare a PDF: read what must be read, write what changes.

It gives the same objects as the second way (`gateway.documents.pyhanko.press`, pyHanko), which a
differential test shows over every sample and thousands of generated documents. Whatever it does
not handle with certainty it hands over.
"""

import re
from collections.abc import Sequence

from gateway.documents.container import ContainerPress
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.form import refuse_name
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.reading import LeanReading
from gateway.documents.lean.stamp import EncodedStamp
from gateway.documents.lean.tokens import read_array, reference, refuse_twins
from gateway.documents.lean.update import GappedUpdate
from gateway.documents.lean.writing import SealWriter, Signing, field_name
from gateway.documents.model import Preparation, Prepared, StampOmitted, StampPosition
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.places import StampPlace
from gateway.documents.placing.placing import places_for, positions_of
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import DocumentFacts, Placement

_PLAIN = re.compile(r"[A-Za-z0-9-]{1,60}")
_PERMISSIONS = {"no-changes": 1, "form-filling": 2}


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
        refuse_twins(document.raw_object(reading.root_number))
        places = self._places(document.bytes, preparation.placement, pages, opened)
        for index in {each.page_index for each in places} or {0}:
            refuse_twins(document.raw_object(pages.page(index).number))
        refuse_name(document, root, field_name(preparation.document_id))
        if reading.stamps:
            self._refuse_to_break(reading, places)
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

    def _refuse_to_break(self, reading: LeanReading, places: Sequence[StampPlace]) -> None:
        """An earlier signature that says nothing of changes permits one more field with its stamp.

        Raises:
            InDoubtError: there would be more, or lists that readers cannot compare.
        """
        if self._signing.permission is not None:
            raise InDoubtError("signed", "a certification")
        if len(places) > 1 or any(each.part is not None for each in places):
            raise InDoubtError("signed", "more than one stamp, or a part of one")
        page = reading.pages.page(places[0].page_index if places else 0)
        listed = reading.document.value(page.entries.get(b"/Annots", b"[]"))
        if listed[:1] == b"[" and any(reference(each) is None for each in read_array(listed)):
            raise InDoubtError("signed", "annotations that are no objects of their own")

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
