"""Files that went through qpdf on their way: linearised, repacked, under other version numbers."""

import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from receipt_makers import by_cairo, by_fpdf2, by_reportlab, content, forms
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt

Writer = Callable[[Receipt, Path, Form], None]


def _reportlab(receipt: Receipt, path: Path, form: Form) -> None:
    by_reportlab.write(receipt, path, form=form)


def _fpdf2(receipt: Receipt, path: Path, form: Form) -> None:
    by_fpdf2.write(receipt, path, form=form)


def _cairo(receipt: Receipt, path: Path, form: Form) -> None:
    by_cairo.write(receipt, path, form=form)


def _make(
    receipt: Receipt, path: Path, *, form: Form, writer: Writer, flags: tuple[str, ...]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "before.pdf")
        writer(receipt, source, form)
        subprocess.run(["qpdf", "--deterministic-id", *flags, source, path], check=True)


_PACKED: Final = "--object-streams=generate"
_FOUND: Final[tuple[tuple[int, str, Form, Writer, tuple[str, ...]], ...]] = (
    (701, "linearised", forms.A4, _reportlab, ("--linearize",)),
    (702, "linearised-objstm", forms.A4_GREEN, _fpdf2, ("--linearize", _PACKED)),
    (703, "objstm-pdf15", forms.A5_LANDSCAPE, _cairo, (_PACKED, "--min-version=1.5")),
    (704, "objstm-pdf20", forms.A4_LANDSCAPE, _fpdf2, (_PACKED, "--force-version=2.0")),
    (705, "pdf16", forms.LABEL, _fpdf2, ("--force-version=1.6",)),
    (707, "linearised-pdf17", forms.ROLL_58, _cairo, ("--linearize", "--force-version=1.7")),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="qpdf",
            file=forms.file_name("qpdf", form, feature, number),
            receipt=content.receipt(number, items=form.items),
            make=partial(_make, form=form, writer=writer, flags=flags),
        )
        for number, feature, form, writer, flags in _FOUND
    ]
