"""The incremental update of a person's act, but for the container. Runs in the child only.

Every mark stands in the appearance of the signature field itself, as verifiers take nothing else
that is new for a signature alone: a signature field may come with its widgets, one for each page,
and with no other annotation, whatever is signed already.
"""

import math
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, ensure_sig_flags
from pyhanko.sign.signers import constants
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import BuildProps, SignatureObject

from cloud_bridge.network.press.drawing import content_of
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.geometry import POINTS_PER_MM, Sheet, surrounding
from cloud_bridge.network.press.glyphs import Font
from cloud_bridge.network.press.model import Mark, Preparation, Prepared
from cloud_bridge.network.press.structure import (
    DEEPEST,
    pages_of,
    refuse_taken_name,
    refuse_what_acts,
)

_PADES_IS_PART_OF = (2, 0)
# /F (ISO 32000-2 §12.5.3): Print and Locked.
_WIDGET_FLAGS = 1 << 2 | 1 << 7


def prepare(preparation: Preparation) -> Prepared:
    """See `Prepared`.

    Raises:
        PressError: there is no update, and why.
    """
    font = Font(Path(preparation.font))
    try:
        return _prepare(preparation, font)
    except PressError:
        raise
    except (MemoryError, PdfDecodeLimitError):
        raise PressError(
            "reading it takes more memory than is allowed", reason="demanding"
        ) from None
    except Exception as error:  # a hostile file makes pyHanko raise anything
        told = " ".join(str(error)[:200].split())
        raise PressError(
            f"the document cannot be read with certainty ({type(error).__name__}: {told})",
            reason="document",
        ) from error


def _prepare(preparation: Preparation, font: Font) -> Prepared:
    document = preparation.document
    reader = PdfFileReader(BytesIO(document), strict=True)
    if "/Encrypt" in reader.trailer:
        raise PressError("the document is encrypted", reason="document")
    refuse_what_acts(reader)
    if any(each.docmdp_level is MDPPerm.NO_CHANGES for each in reader.embedded_signatures):
        raise PressError("an earlier signature permits no changes", reason="closed")
    writer = _Writer(reader, document)
    _add_field(writer, preparation, font)
    if writer.output_version < _PADES_IS_PART_OF:
        writer.register_extension(constants.ESIC_EXTENSION_1)
    embedding = PdfCMSEmbedder().write_cms(preparation.field, writer, existing_fields_only=True)
    field = next(embedding).get_object()
    signature = SignatureObject(
        timestamp=preparation.signed_at,
        subfilter=SigSeedSubFilter.PADES,
        name=preparation.name,
        reason=preparation.reason,
        app_build_props=BuildProps(name="Sealgate"),
        bytes_reserved=2 * preparation.room,
    )
    value = embedding.send(SigObjSetup(sig_placeholder=signature))
    for kid in field.get("/Kids", ()):
        # Some verifiers (poppler's) look for the value at the widget only.
        kid.get_object()[pdf_name("/V")] = value
    output = BytesIO()
    fixed, _ = embedding.send(SigIOSetup(md_algorithm="sha256", output=output))
    result = output.getvalue()
    _refuse_what_breaks(reader, result)
    return Prepared(
        update=result[len(document) :],
        container_at=fixed.reserved_region_start + 1 - len(document),
        digest=fixed.document_digest,
    )


class _Writer(IncrementalPdfFileWriter):
    """pyHanko's writer, but it says nothing of who wrote the document and when."""

    def __init__(self, reader: PdfFileReader, document: bytes) -> None:
        super().__init__(reader.stream, prev=reader)
        self._base = document
        newest = reader.xrefs.get_xref_container_info(reader.xrefs.total_revisions - 1)
        self.stream_xrefs = newest.xref_section_type is XRefSectionType.STREAM

    def _write_header(self, stream: BinaryIO) -> None:
        stream.write(self._base)
        if not self._base.endswith((b"\r", b"\n")):
            stream.write(b"\n")

    def _update_meta(self) -> None:
        """Leave /Info and XMP as they are: the update adds a signature and nothing else."""


def _add_field(writer: _Writer, preparation: Preparation, font: Font) -> None:
    refuse_taken_name(writer.root, preparation.field)
    field = generic.DictionaryObject(
        {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): pdf_string(preparation.field)}
    )
    reference = writer.add_object(field)
    pages = pages_of(writer.root)
    widgets = [
        (pages[index], _widget(writer, pages[index], marks, font))
        for index, marks in _by_page(preparation.marks, len(pages)).items()
    ] or [(pages[0], _invisible(pages[0]))]
    if len(widgets) == 1:
        # One widget is one with its field, as most software writes it (§12.7.4.1).
        ((page, widget),) = widgets
        field.update(widget)
        writer.register_annotation(page, reference)
    else:
        kids = generic.ArrayObject()
        for page, widget in widgets:
            widget[pdf_name("/Parent")] = reference
            kid = writer.add_object(widget)
            kids.append(kid)
            writer.register_annotation(page, kid)
        field[pdf_name("/Kids")] = kids
    _register(writer, reference)


def _by_page(marks: tuple[Mark, ...], pages: int) -> dict[int, list[Mark]]:
    found: dict[int, list[Mark]] = {}
    for mark in marks:
        number = mark.box.page
        index = number - 1 if number > 0 else pages + number
        if not 0 <= index < pages:
            raise PressError(f"there is no page {number}", reason="page", field=mark.field)
        found.setdefault(index, []).append(mark)
    return found


def _register(writer: _Writer, reference: generic.IndirectObject) -> None:
    root = writer.root
    if "/AcroForm" not in root or isinstance(root["/AcroForm"], generic.NullObject):
        form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject([reference])})
        root[pdf_name("/AcroForm")] = writer.add_object(form)
        writer.update_root()
    else:
        form = root["/AcroForm"]
        if "/Fields" in form:
            form["/Fields"].append(reference)
            writer.update_container(form["/Fields"])
        else:
            form[pdf_name("/Fields")] = generic.ArrayObject([reference])
            writer.update_container(form)
    ensure_sig_flags(writer=writer, lock_sig_flags=True)


def _widget(
    writer: _Writer, page: generic.IndirectObject, marks: list[Mark], font: Font
) -> generic.DictionaryObject:
    """One widget around all marks of a page; its appearance draws each at its place."""
    sheet = _sheet(page.get_object())
    for mark in marks:
        if not sheet.holds(mark.box):
            raise PressError(
                f"it lies outside of page {mark.box.page}", reason="page", field=mark.field
            )
    around = surrounding([mark.box for mark in marks])
    width, height = around.width_mm * POINTS_PER_MM, around.height_mm * POINTS_PER_MM
    a, b, c, d = sheet.upright
    look = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(0, 0, width, height),
            pdf_name("/Matrix"): _numbers(a, b, c, d, 0, 0),
            pdf_name("/Resources"): generic.DictionaryObject(),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        },
        encoded_data=zlib.compress(content_of(marks, around, font), 9),
    )
    appearance = generic.DictionaryObject({pdf_name("/N"): writer.add_object(look)})
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/Rect"): _numbers(*sheet.rectangle(around)),
            pdf_name("/F"): generic.NumberObject(_WIDGET_FLAGS),
            pdf_name("/P"): page,
            pdf_name("/AP"): appearance,
        }
    )


def _invisible(page: generic.IndirectObject) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/Rect"): _numbers(0, 0, 0, 0),
            pdf_name("/F"): generic.NumberObject(_WIDGET_FLAGS),
            pdf_name("/P"): page,
        }
    )


def _refuse_what_breaks(reader: PdfFileReader, result: bytes) -> None:
    """Ask as a strict verifier would: whether each earlier signature lets the update pass."""
    earlier = reader.embedded_signatures
    if not earlier:
        return
    updated = PdfFileReader(BytesIO(result), strict=True)
    newest = updated.xrefs.total_revisions - 1
    for signature in earlier:
        try:
            DEFAULT_DIFF_POLICY.apply(
                old=updated.get_historical_resolver(newest - 1),
                new=updated.get_historical_resolver(newest),
                field_mdp_spec=signature.fieldmdp,
                doc_mdp=signature.docmdp_level,
            )
        except SuspiciousModification as refused:
            raise PressError(
                f"the signature in field {signature.field_name!r} would break ({refused})",
                reason="closed",
            ) from None


def _sheet(page: Any) -> Sheet:  # noqa: ANN401 - PDF objects are untyped
    media = _four(_inherited(page, "/MediaBox"))
    cropped = _inherited(page, "/CropBox")
    crop = media if cropped is None else _four(cropped)
    rotation = int(_inherited(page, "/Rotate") or 0)
    if rotation % 90:
        raise PressError("a page is turned by no right angle", reason="document")
    unit = page.get("/UserUnit", 1)
    return Sheet(
        x0=max(media[0], crop[0]),
        y0=max(media[1], crop[1]),
        x1=min(media[2], crop[2]),
        y1=min(media[3], crop[3]),
        rotation=rotation % 360,
        user_unit=float(unit),
    )


def _inherited(node: Any, key: str) -> Any:  # noqa: ANN401 - PDF objects are untyped
    for _ in range(DEEPEST):
        if key in node and not isinstance(node[key], generic.NullObject):
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise PressError("the page tree is nested too deeply", reason="document")


def _four(values: Any) -> tuple[float, float, float, float]:  # noqa: ANN401 - PDF objects are untyped
    a, b, c, d = (float(values[index]) for index in range(4))
    if not all(map(math.isfinite, (a, b, c, d))):
        raise PressError("a page has a box that is none", reason="document")
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject(
        generic.NumberObject(value)
        if isinstance(value, int)
        else generic.FloatObject(f"{value:.4f}")
        for value in values
    )
