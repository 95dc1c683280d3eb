"""Files by Cairo and Pango."""

from functools import partial
from pathlib import Path
from typing import Final

import cairocffi
from receipt_makers import content, forms
from receipt_makers.draw_cairo import CairoCanvas
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt, Script

_TAIWAN: Final = {"song": "AR PL UMing TW", "hei": "WenQuanYi Micro Hei"}
_DAY: Final = "2026-03-02T08:00:00+08:00"


def write(
    receipt: Receipt,
    path: Path,
    *,
    form: Form,
    families: dict[str, str] | None = None,
    old: bool = False,
    outline: bool = False,
) -> None:
    """Write `receipt`; `old` keeps to PDF 1.4."""
    canvas = CairoCanvas(path, form.width, form.height, sans=form.sans, families=families)
    surface = canvas.surface
    surface.set_metadata(cairocffi.PDF_METADATA_TITLE, receipt.number)
    surface.set_metadata(cairocffi.PDF_METADATA_AUTHOR, receipt.carrier)
    surface.set_metadata(cairocffi.PDF_METADATA_CREATE_DATE, _DAY)
    if old:
        surface.restrict_to_version(cairocffi.PDF_VERSION_1_4)
    if outline:
        title = f"回单 {receipt.number}"
        surface.add_outline(0, title, "page=1", cairocffi.PDF_OUTLINE_FLAG_OPEN)
    form.draw(canvas, receipt)
    canvas.save()


def _job(
    number: int,
    feature: str,
    form: Form,
    *,
    items: int = 0,
    script: Script = "hans",
    **how: object,
) -> Job:
    return Job(
        producer="cairo",
        file=forms.file_name("cairo", form, feature, number),
        receipt=content.receipt(number, items=items or form.items, script=script),
        make=partial(write, form=form, **how),  # type: ignore[arg-type]
    )


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        _job(201, "", forms.A4_GREEN),
        _job(202, "pdf14", forms.A4_LANDSCAPE_PURPLE, old=True),
        _job(203, "", forms.LABEL),
        _job(204, "", forms.ROLL_58),
        _job(206, "outline-2-pages", forms.A4_GREY, items=33, outline=True),
        _job(207, "traditional", forms.A5_LANDSCAPE, script="hant", families=_TAIWAN),
    ]
