"""Prepare a PDF for a seal's signature and complete it: PAdES B-B by one incremental update.

The same preparation of the same bytes gives the same update, so that a request repeated after a
crash signs the very digest that its intent record names.
"""

import hashlib
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import constants
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import (
    BuildProps,
    PreparedByteRangeDigest,
    SignatureObject,
)

from gateway.documents.container import ContainerPress
from gateway.documents.errors import AlreadySignedProblem
from gateway.documents.model import Preparation, Prepared, StampPosition
from gateway.documents.pdf.appearance import Appearance
from gateway.documents.pdf.earlier import refuse_if_closed, refuse_if_hidden, refuse_if_it_breaks
from gateway.documents.pdf.geometry import Area, PageGeometry
from gateway.documents.pdf.pages import page_geometry
from gateway.documents.pdf.placing import area_beside, area_on_page, find_keyword, page_index
from gateway.documents.pdf.reading import facts_of, open_pdf, reading_refusals
from gateway.documents.pdf.update import UpdateWriter
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import BesideKeyword, Invisible, Placement

# ETSI.CAdES.detached is in ISO 32000-2; before, it is an extension (EN 319 142-1).
_PADES_IS_PART_OF = (2, 0)
_PERMISSIONS = {"no-changes": MDPPerm.NO_CHANGES, "form-filling": MDPPerm.FILL_FORMS}


class PDFPress:
    """Prepares and completes PDFs for one seal."""

    def __init__(self, material: SealMaterial, artwork: Artwork | None) -> None:
        self._material = material
        self._appearance = None if artwork is None else Appearance(artwork)
        self._containers = ContainerPress(
            certificates=material.certificates, mechanism=material.mechanism
        )

    def prepare(self, document: bytes, preparation: Preparation) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`."""
        with reading_refusals():
            reader = open_pdf(document)
            facts = facts_of(reader, document)
            self._refuse_if_signed(reader)
            writer = UpdateWriter(reader, document, document_id=preparation.document_id)
            place = self._place(document, preparation.placement, writer, pages=facts.pages)
            output, fixed = self._write(writer, preparation, place)
            refuse_if_it_breaks(reader, output)
            to_be_signed = self._containers.to_be_signed(fixed.document_digest)
            return Prepared(
                facts=facts,
                input_digest=hashlib.sha256(document).digest(),
                to_be_signed=to_be_signed,
                digest=self._containers.digest(to_be_signed),
                update=output[len(document) :],
                container_at=fixed.reserved_region_start + 1 - len(document),
                container_room=2 * self._containers.room,
                stamp=_position(place),
            )

    def complete(self, prepared: Prepared, signature: bytes) -> bytes:
        """See `gateway.documents.interfaces.DocumentPress.complete`."""
        return self._containers.complete(prepared, signature)

    def _refuse_if_signed(self, reader: PdfFileReader) -> None:
        refuse_if_closed(reader)
        refuse_if_hidden(reader)
        if self._material.kind == "certification" and reader.embedded_signatures:
            raise AlreadySignedProblem(
                f"seal {self._material.id!r} certifies, and a certification must be the first "
                f"signature; the document has {len(reader.embedded_signatures)}"
            )

    def _place(
        self,
        document: bytes,
        placement: Placement | None,
        writer: UpdateWriter,
        *,
        pages: int,
    ) -> tuple[int, PageGeometry, Area] | None:
        if self._appearance is None or placement is None or isinstance(placement, Invisible):
            return None
        size = {"width_mm": self._appearance.width_mm, "height_mm": self._appearance.height_mm}
        if isinstance(placement, BesideKeyword):
            index, box, geometry = find_keyword(
                document,
                placement,
                pages=pages,
                geometry_of=lambda index: page_geometry(writer, index),
            )
            return index, geometry, area_beside(placement, box, geometry, **size)
        index = page_index(placement, pages=pages)
        geometry = page_geometry(writer, index)
        return index, geometry, area_on_page(placement, geometry, **size)

    def _write(
        self,
        writer: UpdateWriter,
        preparation: Preparation,
        place: tuple[int, PageGeometry, Area] | None,
    ) -> tuple[bytes, PreparedByteRangeDigest]:
        """The whole output, its digest, and where the /Contents string lies in it."""
        field = f"Seal-{preparation.document_id}"
        embedding = PdfCMSEmbedder(_field_spec(field, place)).write_cms(field, writer)
        widget = next(embedding).get_object()
        if place is not None and self._appearance is not None:
            widget["/AP"] = self._appearance.add_to(writer, place[1])
        if writer.output_version < _PADES_IS_PART_OF:
            writer.register_extension(constants.ESIC_EXTENSION_1)
        signature = SignatureObject(
            timestamp=preparation.signed_at,
            subfilter=SigSeedSubFilter.PADES,
            reason=f"Sealgate record {preparation.document_id}",
            app_build_props=BuildProps(name="Sealgate"),
            bytes_reserved=2 * self._containers.room,
        )
        certify = self._material.kind == "certification"
        embedding.send(
            SigObjSetup(
                sig_placeholder=signature,
                mdp_setup=SigMDPSetup(
                    md_algorithm=self._containers.digest_name,
                    certify=certify,
                    docmdp_perms=_PERMISSIONS[self._material.permission] if certify else None,
                ),
            )
        )
        output = BytesIO()
        fixed, _ = embedding.send(
            SigIOSetup(md_algorithm=self._containers.digest_name, output=output)
        )
        return output.getvalue(), fixed


def _field_spec(field: str, place: tuple[int, PageGeometry, Area] | None) -> SigFieldSpec:
    if place is None:
        return SigFieldSpec(field, invis_sig_settings=InvisSigSettings(set_print_flag=True))
    index, geometry, area = place
    box = geometry.to_user_space(area)
    corners = tuple(round(value, 4) for value in (box.x0, box.y0, box.x1, box.y1))
    return SigFieldSpec(field, on_page=index, box=corners)  # type: ignore[arg-type]  # floats are PDF numbers


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
