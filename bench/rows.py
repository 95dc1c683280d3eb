"""What is measured: a row is a seal and a document. More rows need no other code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_RECEIPTS = Path(__file__).parent.parent / "examples" / "receipts"

STAMP_LEFT_MM, STAMP_TOP_MM = 120, 200
"""Where the stamp goes, for the gateway and for pyHanko alike; from the page's top left corner."""

AT_A_SPOT = {
    "page": 1,
    "leftMillimetres": STAMP_LEFT_MM,
    "topMillimetres": STAMP_TOP_MM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table.

    Attributes:
        name: its key in the results.
        title: for people.
        seal: of the trial installation; its key decides the mechanism.
        document: gives the PDF's bytes.
        document_name: for people, and for whoever wants to repeat it.
    """

    name: str
    title: str
    seal: str
    document: Callable[[], bytes]
    document_name: str


def _receipt(file: str) -> Callable[[], bytes]:
    return partial(Path.read_bytes, _RECEIPTS / file)


# A4 upright, as Cairo and Pango print it, with an embedded Chinese font. Of the one-page A4
# examples it is about the middle one in size.
_ONE_PAGE = "cairo-a4-201.pdf"

ROWS = (
    Row(
        name="rsa2048_1_page",
        title="RSA-2048, 1 page",
        seal="receipt-east",
        document=_receipt(_ONE_PAGE),
        document_name=_ONE_PAGE,
    ),
    Row(
        name="p256_1_page",
        title="P-256, 1 page",
        seal="receipt-south",
        document=_receipt(_ONE_PAGE),
        document_name=_ONE_PAGE,
    ),
)
