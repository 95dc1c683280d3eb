"""Files as a scanner makes them: one grey JPEG a page at 150 dpi, and no text at all."""

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image
from receipt_makers import content, forms
from receipt_makers.draw_bitmap import BitmapCanvas
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt

_DPI: Final = 150


def _make(receipt: Receipt, path: Path, *, form: Form, tilt: float, turn: int) -> None:
    """Scan the form; `turn` is how far the paper lay turned on the glass, undone by /Rotate."""
    canvas = BitmapCanvas(form.width, form.height, _DPI)
    form.draw(canvas, receipt)
    pages = canvas.scanned(tilt=tilt)
    if turn:
        way = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180}[turn]
        pages = [page.transpose(way) for page in pages]
    with tempfile.TemporaryDirectory() as folder:
        flat = Path(folder, "flat.pdf")
        pages[0].save(
            flat,
            resolution=_DPI,
            quality=32,
            save_all=True,
            append_images=pages[1:],
            title=f"SCAN {receipt.number}",
            producer="Scan Station",
        )
        # Pillow gives object 0 the generation 65536, one more than there is: qpdf puts it right.
        flags = [f"--rotate=+{turn}"] if turn else []
        subprocess.run(["qpdf", "--deterministic-id", *flags, flat, path], check=True)


_FOUND: Final = (
    (851, "", forms.A4, 0.4, 0, 4),
    (853, "rotate-90", forms.A5_LANDSCAPE, 0.3, 90, 2),
    (854, "rotate-180", forms.LABEL, 0.9, 180, 2),
    (855, "2-pages", forms.A5, 0.2, 0, 13),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="scan",
            file=forms.file_name("scan", form, feature, number),
            receipt=content.receipt(number, items=items),
            make=partial(_make, form=form, tilt=tilt, turn=turn),
        )
        for number, feature, form, tilt, turn, items in _FOUND
    ]
