"""Files that pypdf wrote anew from other programs' files."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit
from receipt_makers import by_fpdf2, by_reportlab, content, forms
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt


def _make(receipt: Receipt, path: Path, *, form: Form, front: Form | None) -> None:
    """The receipt, after `front` on other paper if that is given, with a bookmark a page."""
    with tempfile.TemporaryDirectory() as folder:
        writer = PdfWriter()
        if front is not None:
            first = Path(folder, "front.pdf")
            by_fpdf2.write(receipt, first, form=front)
            writer.append(PdfReader(first), import_outline=False)
        last = Path(folder, "receipt.pdf")
        by_reportlab.write(receipt, last, form=form)
        writer.append(PdfReader(last), import_outline=False)
        for index in range(len(writer.pages)):
            title = f"{receipt.number} / {index + 1}"
            writer.add_outline_item(title=title, page_number=index, fit=Fit.fit())
        writer.add_metadata({"/Title": receipt.number})
        writer.write(path)


_FOUND: Final = (
    (801, "outline", forms.A4_LANDSCAPE_PURPLE, None),
    (802, "merged-label-a5", forms.A5, forms.LABEL),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="pypdf",
            file=forms.file_name("pypdf", form, feature, number),
            receipt=content.receipt(number, items=min(4, form.items)),
            make=partial(_make, form=form, front=front),
        )
        for number, feature, form, front in _FOUND
    ]
