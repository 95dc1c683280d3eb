"""Make the example receipts, with every program that the machine has for writing PDFs.

Usage: python examples/make_receipts.py [--only PRODUCER]

Needs `examples/requirements.txt` and, from the system, qpdf, Chromium, LibreOffice Writer and Calc,
Cairo, Pango and the fonts that `examples/README.md` names.
"""

import argparse
import json
import logging
import shutil
import sys
from pathlib import Path
from typing import Final

from receipt_makers import (
    by_cairo,
    by_chromium,
    by_fpdf2,
    by_handset,
    by_libreoffice,
    by_pikepdf,
    by_plain,
    by_pypdf,
    by_qpdf,
    by_reportlab,
    by_scan,
    by_weasyprint,
)
from receipt_makers.model import Job

_HERE: Final = Path(__file__).parent
_PROGRAMS: Final = {
    "chromium": "chromium",
    "libreoffice": "soffice",
    "qpdf": "qpdf",
    "scan": "qpdf",
}


def _permitted() -> list[Job]:
    """The receipts that the demo's policy permits."""
    makers = (
        by_reportlab,
        by_fpdf2,
        by_cairo,
        by_chromium,
        by_weasyprint,
        by_libreoffice,
        by_plain,
        by_qpdf,
        by_pikepdf,
        by_pypdf,
        by_handset,
        by_scan,
    )
    return [job for maker in makers for job in maker.jobs()]


def _refused() -> list[Job]:
    """Receipts for more money than the demo's policy permits."""
    return [*by_reportlab.refused_jobs(), *by_fpdf2.refused_jobs()]


def _line(job: Job) -> str:
    """What the demo posts beside the file."""
    receipt = job.receipt
    line = {
        "file": job.file,
        "document_type": "logistics-receipt",
        "business_number": receipt.number,
        "attributes": {
            "amount_cents": receipt.amount,
            "consignee": receipt.consignee.company,
            "carrier": receipt.carrier,
        },
    }
    placement = _placement(job.file)
    if placement is not None:
        line["placement"] = placement
    return json.dumps(line, ensure_ascii=False)


def _placement(file: str) -> dict[str, object] | None:
    """Where the stamp goes when the seal's own placement (beside 收货人签章) finds nothing."""
    if "traditional" in file:
        return {"keyword": "收貨人簽章", "occurrence": "last"}
    if file.startswith("scan-"):  # no text to look for
        return {"page": "last", "leftMillimetres": 55, "topMillimetres": 60}
    return None


def _make(folder: Path, jobs: list[Job], only: str | None) -> int:
    """Write the files of `only`'s, or all, and the list of all; give the number of files."""
    folder.mkdir(exist_ok=True)
    wanted = [job for job in jobs if only in (None, job.producer)]
    for job in wanted:
        job.make(job.receipt, folder / job.file)
        print(f"{(folder / job.file).stat().st_size:>8,} {job.file}")
    listed = "".join(f"{_line(job)}\n" for job in jobs)
    (folder / "receipts.jsonl").write_text(listed, encoding="utf-8")
    named = {job.file for job in jobs}
    for stray in folder.glob("*.pdf"):
        if stray.name not in named:
            print(f"{stray} is not in the list any more: remove it")
    return len(wanted)


def main() -> int:
    """Make what the command line asks for."""
    permitted, refused = _permitted(), _refused()
    producers = list(dict.fromkeys(job.producer for job in permitted))
    parser = argparse.ArgumentParser(description="Make the example receipts.")
    parser.add_argument("--only", choices=producers, help="just this producer's files")
    only: str | None = parser.parse_args().only
    missing = {
        program
        for producer, program in _PROGRAMS.items()
        if only in (None, producer) and shutil.which(program) is None
    }
    if missing:
        print(f"Not on this machine: {', '.join(sorted(missing))}. See examples/README.md.")
        return 1
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of tables it drops
    made = _make(_HERE / "receipts", permitted, only)
    made += _make(_HERE / "refused", refused, only)
    print(f"{made} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
