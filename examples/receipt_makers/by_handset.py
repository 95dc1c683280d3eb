"""Files of other programs that a driver's handset has updated: their bytes stay, more follow."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name
from receipt_makers import by_fpdf2, by_reportlab, content, forms
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt
from receipt_makers.plain_file import PlainFile, text_string


def _reportlab(receipt: Receipt, path: Path, form: Form) -> None:
    by_reportlab.write(receipt, path, form=form)


def _fpdf2(receipt: Receipt, path: Path, form: Form) -> None:
    by_fpdf2.write(receipt, path, form=form)


def _make(
    receipt: Receipt,
    path: Path,
    *,
    form: Form,
    writer: Callable[[Receipt, Path, Form], None],
    updates: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "before.pdf")
        writer(receipt, source, form)
        with pikepdf.open(source) as pdf:
            page = pdf.pages[-1].obj
            size = int(pdf.trailer.Size)
            for key in (Name.MediaBox, Name.Resources):
                if key in page and page[key].objgen[0] >= size:
                    del page[key]  # pikepdf's own copy of what the page inherits
            info = pdf.trailer.Info.objgen[0]
            file = PlainFile.resume(
                source.read_bytes(),
                root=pdf.Root.objgen[0],
                info=info,
                size=size,
                first_id=bytes(pdf.trailer.ID[0]),
            )
            page.Annots = Array([_link(receipt)])
            changes = [{page.objgen[0]: page.unparse(resolved=True)}, {info: _information(receipt)}]
    for change in changes[:updates]:
        file.change(change)
        file.end_with_table()
    path.write_bytes(file.data)


def _link(receipt: Receipt) -> Dictionary:
    """A link to the photograph of the delivered goods."""
    url = f"https://pod.example.com/{receipt.number}.jpg"
    action = Dictionary(S=Name.URI, URI=url)
    box, rectangle = Array([0, 0, 0]), Array([30, 20, 160, 32])
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, F=4, Border=box, Rect=rectangle, A=action)


def _information(receipt: Receipt) -> bytes:
    """The document's information, now with the time of delivery."""
    return (
        f"<</Title {text_string(receipt.number)} /Keywords {text_string(receipt.order)}"
        f" /Producer (POD handset 2.1) /ModDate (D:{receipt.delivered:%Y%m%d%H%M}00+08'00')>>"
    ).encode()


_FOUND: Final = (
    (861, "reportlab-updated-once", forms.A4_GREEN, _reportlab, 1),
    (862, "fpdf2-updated-twice", forms.A5, _fpdf2, 2),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="handset",
            file=forms.file_name("handset", form, feature, number),
            receipt=content.receipt(number, items=min(4, form.items)),
            make=partial(_make, form=form, writer=writer, updates=updates),
        )
        for number, feature, form, writer, updates in _FOUND
    ]
