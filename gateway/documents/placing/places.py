"""What placing works with and what it gives: pages, fields and annotations in; places out.

No PDF library is named here, so that whoever reads pages or writes stamps can be exchanged.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the artwork, between two cuts.

    The cuts are fractions of its width (`x`, from the left) or its height (`y`, from the top). The
    slices of one stamp meet exactly: one ends where the next starts.
    """

    axis: Literal["x", "y"]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A signature field that the document has.

    Attributes:
        name: fully qualified (ISO 32000-2 §12.7.4.2).
        is_signed: whether it has a value.
        page_index: where its only widget lies; None: it has none, or several.
        box: the widget's rectangle.
        obstacle: why the field cannot be used, if it cannot.
    """

    name: str
    is_signed: bool
    page_index: int | None
    box: Rectangle | None
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation that a reader sees: its rectangle in user space, and what it is."""

    box: Rectangle
    what: str


class Pages(Protocol):
    """The pages of one document. Indices count from 0."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def geometry(self, index: int) -> PageGeometry:
        """What is visible of a page.

        Raises:
            DamagedDocumentProblem: its boxes, /Rotate or /UserUnit make no sense.
        """
        ...

    def annotations(self, index: int) -> tuple[Annotation, ...]:
        """The annotations of a page that a reader sees; links and pop-ups are none."""
        ...

    def signature_fields(self) -> tuple[SignatureField, ...]:
        """All signature fields of the document, signed or not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StampPlace:
    """One stamp, or one slice of one, on one page.

    Attributes:
        page_index: from 0.
        geometry: of that page.
        area: where the stamp or slice lies; its size is that of the stamp or slice.
        part: the slice; None: the whole stamp.
        field: the existing field that takes the signature; None: a new one, or no field at all.
    """

    page_index: int
    geometry: PageGeometry
    area: Area
    part: Slice | None = None
    field: SignatureField | None = None
