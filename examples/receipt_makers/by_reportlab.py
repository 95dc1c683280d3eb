"""Files by ReportLab."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from receipt_makers import content, forms
from receipt_makers.canvas import MM, Spot
from receipt_makers.draw_reportlab import NOT_EMBEDDED, ReportLabCanvas
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt

Extra = Callable[[ReportLabCanvas, Receipt, Spot], None]


def write(
    receipt: Receipt,
    path: Path,
    *,
    form: Form,
    extra: Extra | None = None,
    ascii85: bool = False,
    **options: Any,  # noqa: ANN401 (the canvas's)
) -> Spot:
    """Write `receipt`; `extra` may add to its last page. The spot is on that page."""
    canvas = ReportLabCanvas(path, form.width, form.height, sans=form.sans, **options)
    canvas.pdf.setTitle(receipt.number)
    canvas.pdf.setAuthor(receipt.carrier)
    canvas.pdf.setSubject("logistics-receipt")
    spot = form.draw(canvas, receipt)
    if extra is not None:
        extra(canvas, receipt, spot)
    canvas.save(ascii85=ascii85)
    return spot


def _make(receipt: Receipt, path: Path, **how: Any) -> None:  # noqa: ANN401 (as in write)
    write(receipt, path, **how)


def _outline(canvas: ReportLabCanvas, receipt: Receipt, spot: Spot) -> None:
    """Bookmarks: the receipt, and below it the place of its seal."""
    pdf = canvas.pdf
    pdf.bookmarkPage("receipt")
    pdf.addOutlineEntry(f"回单 {receipt.number}", "receipt", 0)
    pdf.bookmarkHorizontal("seal", spot[0] * MM, (canvas.height - spot[1]) * MM)
    pdf.addOutlineEntry("收货单位盖章处", "seal", 1)
    pdf.showOutline()


def _text_field(canvas: ReportLabCanvas, receipt: Receipt, spot: Spot) -> None:
    """A form field for the number of pieces that arrived."""
    x, y, _, h = spot
    canvas.pdf.acroForm.textfield(
        name="received_pieces",
        tooltip="实收件数",
        value=str(sum(item.pieces for item in receipt.items)),
        x=(x - 28) * MM,
        y=(canvas.height - y - h - 8) * MM,
        width=22 * MM,
        height=6 * MM,
        fontSize=10,
        borderWidth=0.5,
    )


def _link(canvas: ReportLabCanvas, receipt: Receipt, spot: Spot) -> None:
    """A link to the carrier's tracking page over the footer."""
    bottom = (canvas.height - spot[1] - spot[3]) * MM
    canvas.pdf.linkURL(
        f"https://track.example.com/{receipt.number}", (30, bottom - 70, 180, bottom - 55)
    )


def jobs() -> list[Job]:
    """All files of this producer."""
    found: list[tuple[int, str, Form, str, dict[str, Any]]] = [
        (1, "ascii85", forms.A4, "", {"ascii85": True}),
        (2, "", forms.A4_LANDSCAPE, "", {}),
        (3, "", forms.A5_LANDSCAPE, "", {}),
        (4, "", forms.ROLL_80, "", {}),
        (6, "", forms.LABEL, "", {}),
        (7, "", forms.A4_GREEN, "回单, 华东 0007.pdf", {}),
        (8, "font-not-embedded", forms.A4_RED, "", {"fonts": NOT_EMBEDDED}),
        (9, "text-field", forms.A4_GREY, "", {"extra": _text_field}),
        (10, "outline-3-pages", forms.A4_GREEN, "", {"extra": _outline}),
        (11, "rotate-90", forms.A4_LANDSCAPE_PURPLE, "", {"rotate": 90}),
        (12, "link-2-pages", forms.A5, "", {"extra": _link, "version": (1, 5)}),
    ]
    items = {10: 62, 12: 14}
    totals = {7: 4_000_000, 2: 1_234_567}
    return [
        Job(
            producer="reportlab",
            file=file or forms.file_name("reportlab", form, feature, number),
            receipt=content.receipt(
                number, items=items.get(number, form.items), total=totals.get(number)
            ),
            make=partial(_make, form=form, **how),
        )
        for number, feature, form, file, how in found
    ]


def refused_jobs() -> list[Job]:
    """Files that ask for more than the demo's policy permits."""
    return [
        Job(
            producer="reportlab",
            file=forms.file_name("reportlab", forms.A4_GREEN, "over-limit", 901),
            receipt=content.receipt(901, items=6, total=9_000_000),
            make=partial(_make, form=forms.A4_GREEN),
        )
    ]
