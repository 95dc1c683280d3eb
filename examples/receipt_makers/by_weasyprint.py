"""Files by WeasyPrint: PDF/A, PDF/UA, PDF 2.0 and forms out of HTML."""

from functools import partial
from pathlib import Path
from typing import Any, Final

import weasyprint
from receipt_makers import content, pages_html
from receipt_makers.model import Job, Receipt
from receipt_makers.pages_html import Look


def _make(
    receipt: Receipt,
    path: Path,
    *,
    size: str,
    look: Look,
    font: str,
    **options: Any,  # noqa: ANN401 (WeasyPrint's)
) -> None:
    text = pages_html.page(receipt, size=size, look=look, font=font)
    identifier = receipt.number.encode()
    weasyprint.HTML(string=text).write_pdf(path, pdf_identifier=identifier, **options)


_SANS: Final = "WenQuanYi Micro Hei"
_SERIF: Final = "AR PL UMing CN"

_FOUND: Final[tuple[tuple[int, str, str, Look, str, int, dict[str, Any]], ...]] = (
    (401, "a4", "A4", "ledger", _SANS, 6, {}),
    (402, "a4-pdfa2b", "A4", "card", _SANS, 5, {"pdf_variant": "pdf/a-2b"}),
    (403, "a5-landscape-pdf20", "A5 landscape", "ledger", _SERIF, 2, {"pdf_version": "2.0"}),
    (404, "a4-pdfua1", "A4", "card", _SERIF, 4, {"pdf_variant": "pdf/ua-1"}),
    (405, "a4-landscape-pdfa4u", "A4 landscape", "card", _SANS, 3, {"pdf_variant": "pdf/a-4u"}),
    (406, "roll80-pdf14", "80mm 200mm", "strip", _SANS, 3, {"pdf_version": "1.4"}),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="weasyprint",
            file=f"weasyprint-{name}-{number:03d}.pdf",
            receipt=content.receipt(number, items=items),
            make=partial(_make, size=size, look=look, font=font, **options),
        )
        for number, name, size, look, font, items, options in _FOUND
    ]
