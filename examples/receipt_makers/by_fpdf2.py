"""Files by fpdf2."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from receipt_makers import content, forms
from receipt_makers.draw_fpdf2 import Fpdf2Canvas
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt, Script

Extra = Callable[[Fpdf2Canvas, Receipt], None]


def write(receipt: Receipt, path: Path, *, form: Form, extra: Extra | None = None) -> None:
    """Write `receipt`; `extra` may add to its last page."""
    canvas = Fpdf2Canvas(form.width, form.height, sans=form.sans)
    canvas.pdf.set_title(receipt.number)
    canvas.pdf.set_author(receipt.carrier)
    form.draw(canvas, receipt)
    if extra is not None:
        extra(canvas, receipt)
    canvas.save(path)


def _outline(canvas: Fpdf2Canvas, receipt: Receipt) -> None:
    canvas.pdf.set_font("song", size=9)
    canvas.pdf.start_section(f"Waybill {receipt.number}")
    canvas.pdf.start_section("Signature", level=1)


def _link(canvas: Fpdf2Canvas, receipt: Receipt) -> None:
    canvas.pdf.link(10, 8, 60, 14, f"https://track.example.com/{receipt.number}")


def _xmp(canvas: Fpdf2Canvas, receipt: Receipt) -> None:
    canvas.pdf.set_lang("zh-CN")
    canvas.pdf.set_xmp_metadata(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:identifier>{receipt.number}</dc:identifier>"
        "</rdf:Description></rdf:RDF>"
    )


_FOUND: Final[tuple[tuple[int, str, Form, int, Script, Extra | None], ...]] = (
    (101, "", forms.A4, 5, "hans", None),
    (103, "", forms.ROLL_80, 3, "hans", None),
    (104, "", forms.LABEL, 2, "hans", None),
    (105, "outline-2-pages", forms.A4_RED, 36, "hans", _outline),
    (106, "link", forms.A4_LANDSCAPE, 4, "hans", _link),
    (107, "xmp", forms.A4_GREY, 3, "hans", _xmp),
    (108, "traditional", forms.ROLL_58, 2, "hant", None),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="fpdf2",
            file=forms.file_name("fpdf2", form, feature, number),
            receipt=content.receipt(number, items=items, script=script),
            make=partial(write, form=form, extra=extra),
        )
        for number, feature, form, items, script, extra in _FOUND
    ]


def refused_jobs() -> list[Job]:
    """Files that ask for more than the demo's policy permits."""
    return [
        Job(
            producer="fpdf2",
            file="签收单, 超限额 0902.pdf",
            receipt=content.receipt(902, items=4, total=9_000_000),
            make=partial(write, form=forms.A4_LANDSCAPE),
        )
    ]
