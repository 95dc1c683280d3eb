"""Prepare a PDF for a seal's signature and complete it: PAdES B-B by one incremental update.

The same preparation of the same bytes gives the same update, so that a request repeated after a
crash signs the very digest that its intent record names.
"""

from collections.abc import Generator
from contextlib import ExitStack
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
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
from gateway.documents.model import Preparation, Prepared
from gateway.documents.placing.frames import rectangle
from gateway.documents.placing.places import StampPlace
from gateway.documents.placing.placing import places_for, positions_of
from gateway.documents.pyhanko.annotations import add_stamp
from gateway.documents.pyhanko.appearance import Appearance, SharedAppearance
from gateway.documents.pyhanko.earlier import (
    refuse_if_closed,
    refuse_if_hidden,
    refuse_if_it_breaks,
)
from gateway.documents.pyhanko.field_terms import FieldLock, Signing, lock_of, refuse_unmet
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.pages import PyHankoPages, flags_of
from gateway.documents.pyhanko.reading import facts_of, open_pdf, reading_refusals
from gateway.documents.pyhanko.update import UpdateWriter
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import Placement

# ETSI.CAdES.detached is in ISO 32000-2; before, it is an extension (EN 319 142-1).
_PADES_IS_PART_OF = (2, 0)
_PRINT = 0b100
Embedding = Generator[Any, Any, None]

_PERMISSIONS = {"no-changes": MDPPerm.NO_CHANGES, "form-filling": MDPPerm.FILL_FORMS}


class PyHankoPress:
    """Prepares PDFs for one seal."""

    def __init__(self, material: SealMaterial, artwork: Artwork | None) -> None:
        self._material = material
        self._appearance = None if artwork is None else Appearance(artwork)
        self.containers = ContainerPress(
            certificates=material.certificates, mechanism=material.mechanism
        )

    def prepare(
        self, document: bytes, preparation: Preparation, opened: Opened | None = None
    ) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`.

        Args:
            document: the PDF.
            preparation: what is asked for.
            opened: the document as it is opened, for whoever asks more of it than this.
        """
        with reading_refusals(), ExitStack() as stack:
            if opened is None:
                opened = stack.enter_context(Opened(document))
            facts = facts_of(opened.reader, document)
            self._refuse_if_signed(opened.reader)
            # With a reader of its own: what is written changes the objects that it remembers.
            writer = UpdateWriter(open_pdf(document), document, document_id=preparation.document_id)
            pages = PyHankoPages(writer, facts.pages)
            places = self._places(opened, preparation.placement, pages)
            output, fixed = self._write(writer, preparation, places, pages)
            refuse_if_it_breaks(opened.reader, output)
            return Prepared(
                facts=facts,
                update=output[len(document) :],
                container_at=fixed.reserved_region_start + 1 - len(document),
                container_room=2 * self.containers.room,
                stamps=positions_of(preparation.placement, places, pages=facts.pages)
                if self._appearance is not None
                else (),
            )

    def _refuse_if_signed(self, reader: PdfFileReader) -> None:
        refuse_if_closed(reader)
        refuse_if_hidden(reader)
        if self._material.kind == "certification" and reader.embedded_signatures:
            raise AlreadySignedProblem(
                f"seal {self._material.id!r} certifies, and a certification must be the first "
                f"signature; the document has {len(reader.embedded_signatures)}"
            )

    def _places(
        self, opened: Opened, placement: Placement | None, pages: PyHankoPages
    ) -> tuple[StampPlace, ...]:
        if self._appearance is None:
            return ()
        return places_for(
            placement,
            width_mm=self._appearance.width_mm,
            height_mm=self._appearance.height_mm,
            pages=pages,
            document=opened.document,
            opened=opened.pages,
        )

    def _write(
        self,
        writer: UpdateWriter,
        preparation: Preparation,
        places: tuple[StampPlace, ...],
        pages: PyHankoPages,
    ) -> tuple[bytes, PreparedByteRangeDigest]:
        """The whole output, its digest, and where the /Contents string lies in it."""
        reason = f"Sealgate record {preparation.document_id}"
        embedding, widget, lock = self._field(writer, places, reason, preparation.document_id)
        self._draw(writer, widget, places, pages, document_id=preparation.document_id)
        if writer.output_version < _PADES_IS_PART_OF:
            writer.register_extension(constants.ESIC_EXTENSION_1)
        signature = SignatureObject(
            timestamp=preparation.signed_at,
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            app_build_props=BuildProps(name="Sealgate"),
            bytes_reserved=2 * self.containers.room,
        )
        embedding.send(SigObjSetup(sig_placeholder=signature, mdp_setup=self._promise(lock)))
        output = BytesIO()
        fixed, _ = embedding.send(
            SigIOSetup(md_algorithm=self.containers.digest_name, output=output)
        )
        return output.getvalue(), fixed

    def _field(
        self, writer: UpdateWriter, places: tuple[StampPlace, ...], reason: str, document_id: str
    ) -> tuple[Embedding, generic.DictionaryObject, FieldLock | None]:
        """The signature field, new or the document's own, its widget, and what it locks."""
        existing = places[0].field if places else None
        if existing is None:
            name = f"Seal-{document_id}"
            embedding = PdfCMSEmbedder(_field_spec(name, places[:1])).write_cms(name, writer)
            return embedding, next(embedding).get_object(), None
        embedding = PdfCMSEmbedder().write_cms(existing.name, writer, existing_fields_only=True)
        field = next(embedding).get_object()
        signing = Signing(
            certificates=self._material.certificates,
            digest=self.containers.digest_name,
            reason=reason,
            permission=self._permission,
        )
        refuse_unmet(field, signing, name=existing.name)
        widget = get_single_field_annot(field)
        # A seal that is not printed is of no use on paper (§12.5.3).
        widget["/F"] = generic.NumberObject(flags_of(widget) | _PRINT)
        writer.update_container(widget)
        return embedding, widget, lock_of(field)

    def _draw(
        self,
        writer: UpdateWriter,
        widget: generic.DictionaryObject,
        places: tuple[StampPlace, ...],
        pages: PyHankoPages,
        *,
        document_id: str,
    ) -> None:
        if self._appearance is None or not places:
            return
        first, *others = places
        if not others and first.part is None and first.field is None:
            look = self._appearance.add_to(writer, first.geometry)
            widget["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): look})
            return
        shared = SharedAppearance(self._appearance, writer)
        look = shared.form(first)
        widget["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): look})
        for number, place in enumerate(others, start=2):
            add_stamp(
                writer,
                pages.reference(place.page_index),
                place,
                shared.form(place),
                document_id=document_id,
                number=number,
                of=len(places),
            )

    @property
    def _permission(self) -> MDPPerm | None:
        certifies = self._material.kind == "certification"
        return _PERMISSIONS[self._material.permission] if certifies else None

    def _promise(self, lock: FieldLock | None) -> SigMDPSetup:
        """What may change after this signature; of the seal's word and the lock's the stricter."""
        permission = self._permission
        if lock is not None and lock.permission is not None:
            both = [each for each in (permission, lock.permission) if each is not None]
            permission = min(both, key=lambda each: int(each.value))
        return SigMDPSetup(
            md_algorithm=self.containers.digest_name,
            certify=self._permission is not None,
            field_lock=None if lock is None else lock.fields,
            docmdp_perms=permission,
        )


def _field_spec(name: str, place: tuple[StampPlace, ...]) -> SigFieldSpec:
    if not place:
        return SigFieldSpec(name, invis_sig_settings=InvisSigSettings(set_print_flag=True))
    (first,) = place
    return SigFieldSpec(name, on_page=first.page_index, box=rectangle(first))  # type: ignore[arg-type]  # floats are PDF numbers
