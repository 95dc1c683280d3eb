"""The lean way to prepare a PDF: read what must be read, write what changes, hash once.

It gives the same objects as the second way (`gateway.documents.pdf.press`, pyHanko), which a
differential test shows over every sample and thousands of generated documents. Whatever it does
not handle with certainty it hands over.
"""

import hashlib
import re

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.form import (
    add_to_form,
    add_to_page,
    effective_version,
    refuse_signed,
)
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.stamp import EncodedStamp, decimals
from gateway.documents.lean.tokens import Buffer, Dictionary, read_array, reference, written
from gateway.documents.lean.update import GappedUpdate, UpdateBuilder
from gateway.documents.model import Preparation, Prepared, StampPosition
from gateway.documents.pdf.container import ContainerPress
from gateway.documents.pdf.geometry import Area, PageGeometry
from gateway.documents.pdf.placing import area_beside, area_on_page, find_keyword, page_index
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import BesideKeyword, DocumentFacts, Invisible, Placement

_PLAIN = re.compile(r"[A-Za-z0-9-]{1,60}")
_ID_BYTES = 16
_LEAST_VERSION = (1, 7)
_PADES_IS_PART_OF = (2, 0)
_PADES = b"<</ESIC<</Type/DeveloperExtensions/BaseVersion/1.7/ExtensionLevel 1>>>>"
_PERMISSIONS = {"no-changes": 1, "form-filling": 2}


class LeanPress:
    """Prepares PDFs for one seal."""

    def __init__(
        self, material: SealMaterial, artwork: Artwork | None, containers: ContainerPress
    ) -> None:
        self._certifies = material.kind == "certification"
        self._permission = _PERMISSIONS[material.permission]
        self._stamp = None if artwork is None else EncodedStamp(artwork)
        self._containers = containers

    def prepare(self, document: Buffer, preparation: Preparation) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`.

        Raises:
            InDoubtError: the document has to go the second way.
            DocumentProblem: what was asked for cannot be.
        """
        lean = LeanDocument(document)
        root_number = reference(lean.references.trailer.get(b"/Root", b""))
        if root_number is None or _PLAIN.fullmatch(preparation.document_id) is None:
            raise InDoubtError("syntax", "no /Root, or an id that needs escapes")
        root = lean.dictionary(root_number)
        if root.get(b"/Type") != b"/Catalog" or b"/Extensions" in root:
            raise InDoubtError("extensions", "a catalogue that is odd or has extensions")
        refuse_signed(lean, root)
        tree = PageTree(lean, root)
        version = effective_version(lean, root)
        facts = DocumentFacts(
            pages=tree.count,
            size_bytes=len(document),
            revisions=count_revisions(lean),
            signatures=0,
            pdf_version=f"{version[0]}.{version[1]}",
        )
        place = self._place(document, preparation.placement, tree)
        gapped = self._write(lean, root_number, root, tree, place, preparation, version)
        return self._prepared(document, gapped, facts, place)

    def _place(
        self, document: Buffer, placement: Placement | None, tree: PageTree
    ) -> tuple[int, PageGeometry, Area] | None:
        if tree.count == 0:
            raise InDoubtError("page-tree", "no pages")
        if self._stamp is None or placement is None or isinstance(placement, Invisible):
            return None
        size = {"width_mm": self._stamp.width_mm, "height_mm": self._stamp.height_mm}
        if isinstance(placement, BesideKeyword):
            index, box, geometry = find_keyword(
                bytes(document), placement, pages=tree.count, geometry_of=tree.geometry
            )
            return index, geometry, area_beside(placement, box, geometry, **size)
        index = page_index(placement, pages=tree.count)
        geometry = tree.geometry(index)
        return index, geometry, area_on_page(placement, geometry, **size)

    def _write(  # noqa: PLR0917 - straight, and called once
        self,
        lean: LeanDocument,
        root_number: int,
        root: Dictionary,
        tree: PageTree,
        place: tuple[int, PageGeometry, Area] | None,
        preparation: Preparation,
        version: tuple[int, int],
    ) -> GappedUpdate:
        document = lean.bytes
        update = UpdateBuilder(
            lean.references,
            length=len(document),
            ends_in_newline=document[-1:] in (b"\r", b"\n"),
        )
        field, signature = update.number(), update.number()
        page = tree.page(0 if place is None else place[0])
        add_to_page(lean, page, update, [field])
        root = dict(root)
        add_to_form(lean, root, update, field)
        if version < _LEAST_VERSION:
            root[b"/Version"] = b"/1.7"
        if version < _PADES_IS_PART_OF:
            root[b"/Extensions"] = _PADES
        if self._certifies:
            root[b"/Perms"] = b"<</DocMDP %d 0 R>>" % signature
        update.put(root_number, written(root))
        look = b"/Rect[0 0 0 0]"
        if place is not None and self._stamp is not None:
            box = place[1].to_user_space(place[2])
            look = b"/Rect%b/AP<</N %d 0 R>>" % (
                decimals(box.x0, box.y0, box.x1, box.y1),
                self._stamp.put(update, place[1]),
            )
        update.put(
            field,
            b"<</FT/Sig/T(Seal-%b)/Type/Annot/Subtype/Widget/F 132%b/P %d 0 R/V %d 0 R>>"
            % (
                preparation.document_id.encode(),
                look,
                page.number,
                signature,
            ),
        )
        return update.finish(
            signature,
            b"<<\n/Type/Sig\n/Contents ",
            self._signature_entries(preparation),
            room=2 * self._containers.room,
            id_=_id(lean, preparation.document_id),
        )

    def _signature_entries(self, preparation: Preparation) -> bytes:
        reference_ = (
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
            b"/TransformParams<</Type/TransformParams/V/1.2/P %d>>>>]\n" % self._permission
            if self._certifies
            else b""
        )
        return (
            b"\n/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\n/M(D:%bZ)\n"
            b"/Reason(Sealgate record %b)\n/Prop_Build<</App<</Name/Sealgate>>>>\n%b>>"
            % (
                preparation.signed_at.strftime("%Y%m%d%H%M%S").encode(),
                preparation.document_id.encode(),
                reference_,
            )
        )

    def _prepared(
        self,
        document: Buffer,
        gapped: GappedUpdate,
        facts: DocumentFacts,
        place: tuple[int, PageGeometry, Area] | None,
    ) -> Prepared:
        state = hashlib.sha256(document)
        input_digest = state.digest()
        if self._containers.digest_name != "sha256":
            state = hashlib.new(self._containers.digest_name, document)
        state.update(gapped.before)
        state.update(gapped.after)
        to_be_signed = self._containers.to_be_signed(state.digest())
        room = 2 * self._containers.room
        return Prepared(
            facts=facts,
            input_digest=input_digest,
            to_be_signed=to_be_signed,
            digest=self._containers.digest(to_be_signed),
            update=b"".join((gapped.before, b"<", b"0" * room, b">", gapped.after)),
            container_at=len(gapped.before) + 1,
            container_room=room,
            stamp=_position(place),
        )


def _id(lean: LeanDocument, document_id: str) -> bytes:
    """§14.4: the first half stays; the second is a function of what is prepared, not of dice."""
    derived = b"<%b>" % hashlib.sha256(document_id.encode()).digest()[:_ID_BYTES].hex().encode()
    raw = lean.references.trailer.get(b"/ID")
    halves = [derived, derived] if raw is None else read_array(lean.value(raw))
    if len(halves) != 2 or any(half[:1] not in (b"<", b"(") for half in halves):  # noqa: PLR2004 - two halves
        raise InDoubtError("syntax", "an /ID that is none")
    return b"[%b %b]" % (halves[0], derived)


def _position(place: tuple[int, PageGeometry, Area] | None) -> StampPosition | None:
    if place is None:
        return None
    index, _, area = place
    return StampPosition(
        page=index + 1,
        left_mm=area.left_mm,
        top_mm=area.top_mm,
        width_mm=area.width_mm,
        height_mm=area.height_mm,
    )
