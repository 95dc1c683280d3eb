"""Files printed by Chromium: tagged, made by Skia."""

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from receipt_makers import content, pages_html
from receipt_makers.model import Job, Receipt, Script
from receipt_makers.pages_html import Look

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def _make(
    receipt: Receipt, path: Path, *, size: str, look: Look, font: str, flags: tuple[str, ...]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "receipt.html"), Path(folder, "receipt.pdf")
        source.write_text(pages_html.page(receipt, size=size, look=look, font=font))
        subprocess.run(
            [
                "chromium",
                *_FLAGS,
                *flags,
                f"--user-data-dir={folder}/profile",
                f"--print-to-pdf={target}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        path.write_bytes(target.read_bytes())


_OUTLINE: Final = ("--generate-pdf-document-outline",)
_UNTAGGED: Final = ("--disable-pdf-tagging",)
_SANS: Final = "WenQuanYi Micro Hei"

_FOUND: Final[tuple[tuple[int, str, str, Look, str, int, Script, tuple[str, ...]], ...]] = (
    (301, "a4", "A4", "card", _SANS, 6, "hans", ()),
    (302, "a4-landscape", "A4 landscape", "ledger", _SANS, 5, "hans", ()),
    (303, "a5-landscape", "A5 landscape", "ledger", _SANS, 2, "hans", ()),
    (304, "roll80", "80mm 200mm", "strip", _SANS, 3, "hans", ()),
    (305, "a4-outline-2-pages", "A4", "card", _SANS, 34, "hans", _OUTLINE),
    (306, "a4-untagged", "A4", "ledger", _SANS, 8, "hans", _UNTAGGED),
    (307, "a4-traditional", "A4", "card", _SANS, 5, "hant", ()),
)


def jobs() -> list[Job]:
    """All files of this producer."""
    return [
        Job(
            producer="chromium",
            file=f"chromium-{name}-{number:03d}.pdf",
            receipt=content.receipt(number, items=items, script=script),
            make=partial(_make, size=size, look=look, font=font, flags=flags),
        )
        for number, name, size, look, font, items, script, flags in _FOUND
    ]
