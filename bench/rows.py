"""What is measured: a row is a seal and a document. More rows need no other code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.documents import pages, picture
from policies.model import Fact

_RECEIPTS = Path(__file__).parent.parent / "examples" / "receipts"

READ_TYPE = "receipt-that-is-read"
"""The document type whose rules read the document; the benchmark adds it to the trial's."""

STAMP_LEFT_MM, STAMP_TOP_MM = 120, 200
"""Where the stamp goes, for the gateway and for pyHanko alike; from the page's top left corner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table.

    Attributes:
        name: its key in the results.
        title: for people.
        seal: of the trial installation; its key decides the mechanism.
        document: gives the PDF's bytes.
        document_name: for people, and for whoever wants to repeat it.
        page: where the stamp goes.
        first_guess_per_s: decides how many requests are prepared before anything is known; if
            the gateway is faster, the burst is repeated.
        keyword: whether the page has the text beside which the trial's seals look for their place.
        document_type: by which rules it is judged.
        amount_cents: in the request.
        consignee: in the request.
        ask: what the rules of that type ask of the document's content.
        bulk: whether a batch of it is measured as well.
    """

    name: str
    title: str
    seal: str
    document: Callable[[], bytes]
    document_name: str
    page: int = 1
    first_guess_per_s: float = 1000.0
    keyword: bool = True
    document_type: str = "logistics-receipt"
    amount_cents: int = 128_000
    consignee: str = "东篱服饰有限公司"
    ask: frozenset[Fact] = frozenset()
    bulk: bool = False

    @property
    def spot(self) -> dict[str, int]:
        """The stamp's place as the API takes it."""
        return {
            "page": self.page,
            "leftMillimetres": STAMP_LEFT_MM,
            "topMillimetres": STAMP_TOP_MM,
        }


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
        bulk=True,
    ),
    Row(
        name="rsa2048_read",
        title="RSA-2048, 1 page, rules read it",
        seal="receipt-east",
        document=_receipt(_ONE_PAGE),
        document_name=_ONE_PAGE,
        first_guess_per_s=150.0,
        document_type=READ_TYPE,
        amount_cents=241_043,
        consignee="明德书业发行有限公司",
        ask=frozenset({"text", "amounts", "parties", "template"}),
    ),
    Row(
        name="p256_1_page",
        title="P-256, 1 page",
        seal="receipt-south",
        document=_receipt(_ONE_PAGE),
        document_name=_ONE_PAGE,
    ),
    Row(
        name="pages200",
        title="RSA-2048, 200 pages, seal on the last",
        seal="receipt-east",
        document=partial(pages, 200),
        document_name="bench/documents.py: pages(200)",
        page=200,
        first_guess_per_s=300.0,
        keyword=False,
    ),
    Row(
        name="mb5",
        title="RSA-2048, 5 MB, 1 page",
        seal="receipt-east",
        document=partial(picture, 5_000_000),
        document_name="bench/documents.py: picture(5_000_000)",
        first_guess_per_s=60.0,
        keyword=False,
    ),
)
