"""Files exported by LibreOffice Writer and Calc: PDF/A, tagged, forms, chosen versions."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from receipt_makers import content, pages_odf
from receipt_makers.model import Job, Receipt

_PROFILE: Final = Path(tempfile.gettempdir(), "receipts-libreoffice-profile")
_VERSIONS: Final = {"usual": 0, "pdfa1b": 1, "pdfa2b": 2, "1.5": 15, "1.6": 16}


def _make(
    receipt: Receipt,
    path: Path,
    *,
    kind: str,
    page: Callable[[Receipt], str],
    version: str = "usual",
    tagged: bool = False,
) -> None:
    options = {
        "SelectPdfVersion": {"type": "long", "value": str(_VERSIONS[version])},
        "UseTaggedPDF": {"type": "boolean", "value": "true" if tagged else "false"},
        "ExportBookmarks": {"type": "boolean", "value": "true"},
    }
    export = "calc_pdf_Export" if kind == "fods" else "writer_pdf_Export"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"receipt.{kind}")
        source.write_text(page(receipt), encoding="utf-8")
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation={_PROFILE.as_uri()}",
                "--headless",
                "--convert-to",
                f"pdf:{export}:{json.dumps(options)}",
                "--outdir",
                folder,
                str(source),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        path.write_bytes(source.with_suffix(".pdf").read_bytes())


def _job(
    number: int,
    name: str,
    page: Callable[[Receipt], str],
    *,
    items: int,
    kind: str = "fodt",
    version: str = "usual",
    tagged: bool = False,
) -> Job:
    return Job(
        producer="libreoffice",
        file=f"libreoffice-{name}-{number:03d}.pdf",
        receipt=content.receipt(number, items=items),
        make=partial(_make, kind=kind, page=page, version=version, tagged=tagged),
    )


def jobs() -> list[Job]:
    """All files of this producer."""
    sans, serif = "WenQuanYi Micro Hei", "AR PL UMing CN"
    a4 = partial(pages_odf.letter, width=210, height=297)
    a5_lying = partial(pages_odf.letter, width=210, height=148, font=sans)
    calc = pages_odf.spreadsheet
    black = partial(a4, font=sans, colour="#000000")
    return [
        _job(501, "writer-a4", partial(a4, font=sans), items=6),
        _job(502, "writer-a4-pdfa2b", partial(a4, font=sans), items=4, version="pdfa2b"),
        _job(503, "writer-a4-pdfa1b", black, items=3, version="pdfa1b"),
        _job(504, "writer-a5-landscape-pdf16", a5_lying, items=2, version="1.6"),
        _job(505, "writer-a4-tagged", partial(a4, font=sans), items=5, tagged=True),
        _job(506, "writer-a4-form", partial(a4, font=sans, field=True), items=3),
        _job(507, "writer-a4-2-pages-pdf15", black, items=44, version="1.5"),
        _job(508, "calc-a4", partial(calc, width=210, height=297, font=sans), items=6, kind="fods"),
        _job(
            509,
            "calc-a4-landscape",
            partial(calc, width=297, height=210, font=serif),
            items=3,
            kind="fods",
            version="pdfa2b",
        ),
    ]
