"""Files that pikepdf changed: signature fields, metadata, page boxes, merged copies."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode
from receipt_makers import by_fpdf2, by_reportlab, content, forms
from receipt_makers.canvas import MM, Spot
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt

Change = Callable[[pikepdf.Pdf, Receipt, Spot], None]


def _make(receipt: Receipt, path: Path, *, form: Form, change: Change, **options: Any) -> None:  # noqa: ANN401 (pikepdf's)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "before.pdf")
        spot = by_reportlab.write(receipt, source, form=form)
        with pikepdf.open(source) as pdf:
            change(pdf, receipt, spot)
            pdf.remove_unreferenced_resources()
            pdf.save(path, deterministic_id=True, **options)


def _rectangle(page: pikepdf.Page, spot: Spot) -> Array:
    x, y, w, h = spot
    top = float(page.mediabox[3])
    return Array([round(v, 2) for v in (x * MM, top - (y + h) * MM, (x + w) * MM, top - y * MM)])


def _signature_field(pdf: pikepdf.Pdf, receipt: Receipt, spot: Spot) -> None:
    """An empty signature field, field and widget in one object, where the seal belongs."""
    page = pdf.pages[-1]
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T="ReceiverSeal",
            TU=f"收货单位盖章 {receipt.number}",
            Rect=_rectangle(page, spot),
            F=4,
            P=page.obj,
        )
    )
    page.obj.Annots = Array([field])
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([field]), SigFlags=0))


def _two_fields(pdf: pikepdf.Pdf, receipt: Receipt, spot: Spot) -> None:
    """An empty signature field and a filled text field beside it."""
    _signature_field(pdf, receipt, spot)
    x, y, _, h = spot
    page = pdf.pages[-1]
    form = pdf.Root.AcroForm
    box = (x, y + h + 1, 30, 6)
    helvetica = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type1,
            BaseFont=Name.Helvetica,
            Encoding=Name.WinAnsiEncoding,
        )
    )
    fonts = Dictionary(Font=Dictionary(Helv=helvetica))
    pieces = str(sum(item.pieces for item in receipt.items))
    look = pdf.make_stream(
        f"/Tx BMC q BT /Helv 9 Tf 0 g 2 5 Td ({pieces}) Tj ET Q EMC".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, round(30 * MM, 2), round(6 * MM, 2)]),
        Resources=fonts,
    )
    text = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T="received_pieces",
            V=pieces,
            DA="/Helv 9 Tf 0 g",
            Rect=_rectangle(page, box),
            F=4,
            P=page.obj,
            AP=Dictionary(N=look),
        )
    )
    page.obj.Annots.append(text)
    form.Fields.append(text)
    form.DR = fonts
    form.DA = "/Helv 9 Tf 0 g"


def _xmp(pdf: pikepdf.Pdf, receipt: Receipt, spot: Spot) -> None:  # noqa: ARG001 (a Change)
    """XMP metadata with the waybill's number."""
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = receipt.number
        metadata["dc:creator"] = [receipt.carrier]
        metadata["dc:identifier"] = receipt.number
        metadata["xmp:CreatorTool"] = "TMS 3.2"
        metadata["xmp:CreateDate"] = f"{receipt.issued}T08:00:00+08:00"


def _second_copy(pdf: pikepdf.Pdf, receipt: Receipt, spot: Spot) -> None:  # noqa: ARG001 (a Change)
    """Put the waybill, by another producer and on lying paper, before the receipt."""
    with tempfile.TemporaryDirectory() as folder:
        front = Path(folder, "front.pdf")
        by_fpdf2.write(receipt, front, form=forms.A4_LANDSCAPE)
        with pikepdf.open(front) as other:
            pdf.pages.insert(0, other.pages[0])


_PACKED: Final = {"object_stream_mode": ObjectStreamMode.generate}
_FOUND: Final[tuple[tuple[int, str, Form, Change, dict[str, Any]], ...]] = (
    (751, "signature-field", forms.A4, _signature_field, {}),
    (752, "signature-and-text-field", forms.A4_GREEN, _two_fields, _PACKED),
    (753, "xmp-objstm", forms.A5_LANDSCAPE, _xmp, _PACKED),
    (755, "merged-2-pages", forms.A4_RED, _second_copy, {"linearize": True}),
    (756, "xmp-pdf20", forms.LABEL, _xmp, {"force_version": "2.0", **_PACKED}),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="pikepdf",
            file=forms.file_name("pikepdf", form, feature, number),
            receipt=content.receipt(number, items=min(5, form.items)),
            make=partial(_make, form=form, change=change, **options),
        )
        for number, feature, form, change, options in _FOUND
    ]
