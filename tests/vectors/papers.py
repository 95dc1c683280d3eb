"""What the makers of the documents share: pages, text on them, and how they are written."""

import io
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, Stream

Box = tuple[float, float, float, float]

A4: Box = (0, 0, 595, 842)
KEYWORD = "Signature"
_LEADING = 18
_MARGIN = 60


def helvetica() -> Dictionary:
    """A font that every reader has."""
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )


def clauses(first: int, count: int) -> list[str]:
    """Lines as they stand in contracts, other ones for each number."""
    return [
        f"{number}. Lot {7 * number % 97:02} is delivered within {3 + number % 9} days, "
        f"at {120 + 13 * number} yuan."
        for number in range(first, first + count)
    ]


def text(lines: Sequence[str], box: Box = A4) -> bytes:
    """A content stream: the lines from the box's top left, in font /F."""
    left, top = box[0] + _MARGIN, box[3] - _MARGIN
    shown = b"".join(
        b"1 0 0 1 %.10g %.10g Tm %s Tj\n"
        % (left, top - _LEADING * index, pikepdf.String(line).unparse())
        for index, line in enumerate(lines)
    )
    return b"BT /F 11 Tf\n" + shown + b"ET\n"


def add_page(
    pdf: Pdf,
    content: bytes,
    *,
    box: Box = A4,
    resources: Dictionary | None = None,
    entries: Dictionary | None = None,
) -> pikepdf.Page:
    """Put a page at the end; without resources it has Helvetica as /F."""
    if resources is None:
        fonts = [page.obj.Resources.Font.F for page in pdf.pages if "/Font" in page.obj.Resources]
        font = fonts[0] if fonts else pdf.make_indirect(helvetica())
        resources = Dictionary(Font=Dictionary(F=font))
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array(box),
        Resources=resources,
        Contents=Stream(pdf, content),
    )
    for key, value in (entries or Dictionary()).items():
        page[key] = value
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf.pages[-1]


def contract(pages: int, *, clauses_a_page: int = 12) -> Pdf:
    """A contract; the last page ends with a line for the signature."""
    pdf = Pdf.new()
    for index in range(pages):
        first = 1 + index * clauses_a_page
        lines = [f"Contract of carriage, page {index + 1}", *clauses(first, clauses_a_page)]
        if index == pages - 1:
            lines.append(f"{KEYWORD}: ____________")
        add_page(pdf, text(lines))
    return pdf


def saved(
    pdf: Pdf,
    *,
    version: str = "1.7",
    in_object_streams: bool = False,
    linearised: bool = False,
    plain: bool = False,
) -> bytes:
    """The file, the same bytes each time; `plain` leaves streams as they are."""
    output = io.BytesIO()
    pdf.save(
        output,
        force_version=version,
        deterministic_id=True,
        linearize=linearised,
        compress_streams=not plain,
        object_stream_mode=(
            ObjectStreamMode.generate if in_object_streams else ObjectStreamMode.disable
        ),
    )
    pdf.close()
    return output.getvalue()
