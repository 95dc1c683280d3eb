"""The documents: how each is made, and what the press is expected to say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.documents.model import Doubt
from tests.vectors import contracts, drawings, plain, scans
from tests.vectors.drawings import CHINESE_KEYWORD
from tests.vectors.papers import KEYWORD

FOLDER = Path(__file__).parent / "documents"
SIGNED = "signed-approval"
ROOT_OF_THE_SIGNED = FOLDER / "signed-approval-root.pem"


@dataclass(frozen=True, slots=True)
class Vector:
    """One document.

    Attributes:
        name: of the file, without its ending.
        make: makes it anew, the same bytes each time; None: other bytes each time.
        pages: how many there are.
        keyword: words beside which a stamp goes; scans do not have them.
        doubt: why the lean way gives it up, as of now; None: it does not. What is signed it gives
            up only where more than one stamp is asked for.
        findings: what the intake rules find.
    """

    name: str
    make: Callable[[], bytes] | None
    pages: int = 1
    keyword: str = KEYWORD
    doubt: Doubt | None = None
    findings: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where it is committed."""
        return FOLDER / f"{self.name}.pdf"

    @property
    def document(self) -> bytes:
        """As it is committed."""
        return self.path.read_bytes()


VECTORS = (
    Vector("contract-1-page", partial(contracts.of_pages, 1)),
    Vector("contract-2-pages", partial(contracts.of_pages, 2), pages=2),
    Vector("contract-25-pages", partial(contracts.of_pages, 25), pages=25),
    Vector("contract-300-pages-object-streams", contracts.very_long, pages=300),
    Vector("contract-linearised", contracts.linearised, pages=4),
    Vector("contract-pdf-1.3-cr", plain.pdf_1_3, pages=2),
    Vector("contract-pdf-2.0", contracts.pdf_2, pages=2),
    Vector("mixed-sizes", contracts.mixed_sizes, pages=6),
    Vector("user-unit-3", drawings.user_unit),
    Vector("scan-300-dpi-fax", scans.fax, pages=2),
    Vector("scan-300-dpi-grey", scans.grey),
    Vector("bookmarks", contracts.bookmarks, pages=5),
    Vector("attachments", contracts.attachments, findings=("embedded-files",)),
    Vector("tagged", contracts.tagged, pages=2),
    Vector("pdfa-2b", drawings.pdfa_2b, keyword=CHINESE_KEYWORD),
    Vector("form-fields", drawings.fields, pages=2, findings=("form-fields",)),
    Vector("layers-shown", contracts.layers),
    Vector("links-and-marking", contracts.links, pages=3),
    Vector("chinese-embedded", drawings.chinese_embedded, pages=2, keyword=CHINESE_KEYWORD),
    Vector("chinese-by-name", drawings.chinese_by_name, keyword=CHINESE_KEYWORD),
    Vector("type-3-font", drawings.type_3),
    Vector("forms-and-soft-masks", drawings.forms_and_masks),
    Vector("deep-page-tree", plain.deep_tree, pages=9),
    Vector("comments-inside-objects", plain.comments),
    Vector("hybrid", plain.hybrid, doubt="cross-references"),
    Vector(
        "hybrid-with-more",
        plain.hybrid_with_more,
        doubt="cross-references",
        findings=("hybrid-cross-references",),
    ),
    Vector(SIGNED, None, pages=2, doubt="signed"),
)
