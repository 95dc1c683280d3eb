"""Documents that our readers read without fault, and that others repair before they show them."""

import zlib
from collections.abc import Callable

import pytest

from gateway.documents.inspection.inspecting import inspect
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from tests.unit.documents.drafts import A4, CATALOG, FONT, PAGES, one_page, stream

_PAGE = f"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R{A4}>>"
_SAID = stream(b"BT /F 24 Tf 72 700 Td (Amount 100) Tj ET")


def _packed(
    *, widths: tuple[int, int, int] = (1, 4, 2), table: str = "", container: str = ""
) -> bytes:
    """A document of one page, most of which is in an object stream."""
    bodies = {1: CATALOG, 2: PAGES, 3: _PAGE, 4: FONT}
    head, data = "", ""
    for number, body in bodies.items():
        head += f"{number} {len(data)} "
        data += body + " "
    holding = stream((head + data).encode(), f"/Type/ObjStm/N 4/First {len(head)}{container}")
    document, places = b"%PDF-1.7\n", {0: (0, 0, 65_535)}
    for number, written in {5: _SAID, 20: holding}.items():
        places[number] = 1, len(document), 0
        document += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    places |= {number: (2, 20, index) for index, number in enumerate(bodies)}
    places[21] = 1, len(document), 0
    rows, runs = b"", ""
    for number, place in sorted(places.items()):
        rows += b"".join(each.to_bytes(width) for each, width in zip(place, widths, strict=True))
        runs += f"{number} 1 "
    columns = " ".join(map(str, widths))
    entries = f"/Type/XRef/W[{columns}]/Index[{runs}]/Root 1 0 R/Filter/FlateDecode"
    size = "" if "/Size" in table else "/Size 22"
    written = stream(zlib.compress(rows), f"{entries}{size}{table}")
    start = len(document)
    return document + b"21 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (written, start)


def _is_proved_clean(document: bytes) -> bool:
    try:
        return read(document).is_clean(look_under=False)
    except InDoubtError:
        return False


def test_a_document_in_an_object_stream_is_plain() -> None:
    assert inspect(_packed()) == ()
    assert _is_proved_clean(_packed())


_ASLEEP = b"(\n5 0 obj\n" + _SAID + b"\nendobj\n) pop"


def _updated_in_an_object_stream(page: str) -> bytes:
    """What the page was before stands in the file, what it is in an object stream."""
    before = one_page(page=A4)
    head = "3 0 "
    holding = stream((head + page).encode(), f"/Type/ObjStm/N 1/First {len(head)}")
    at, start = len(before), len(before) + len(b"20 0 obj\n\nendobj\n") + len(holding)
    rows = b"\x02" + (20).to_bytes(4) + bytes(2)
    rows += b"".join(b"\x01" + place.to_bytes(4) + bytes(2) for place in (at, start))
    previous = int(before.rsplit(b"startxref", 1)[1].split()[0])
    entries = f"/Type/XRef/W[1 4 2]/Index[3 1 20 2]/Root 1 0 R/Size 110/Prev {previous}"
    document = before + b"20 0 obj\n%b\nendobj\n" % holding
    document += b"21 0 obj\n%b\nendobj\n" % stream(rows, entries)
    return document + b"startxref\n%d\n%%%%EOF\n" % start


STUMBLING: dict[str, Callable[[], bytes]] = {
    "a size beyond all memory": lambda: one_page(page=A4).replace(b"/Size 110", b"/Size 99999999"),
    "a line with another end": lambda: one_page(page=A4).replace(b" n \n2 1", b" nR\n2 1"),
    "a size of a stream beyond all memory": lambda: _packed(table="/Size 99999999"),
    "kinds of five bytes": lambda: _packed(widths=(5, 4, 2)),
    "parameters of the table by another name": lambda: _packed(
        table="/DP<</Predictor 12/Columns 7>>"
    ),
    "parameters of the container by another name": lambda: _packed(
        container="/DP<</Predictor 12/Columns 7>>"
    ),
    "a name of nothing, and an object in a stream": lambda: one_page(
        page=f"{A4}/Group 70 0 R", more={5: stream(_ASLEEP)}
    ),
    "a name of nothing, and a page of before": lambda: _updated_in_an_object_stream(
        _PAGE.replace("/Type", "/Group 70 0 R/Type", 1)
    ),
}


@pytest.mark.parametrize("made", STUMBLING.values(), ids=STUMBLING.keys())
def test_what_others_repair_is_ambiguous(made: Callable[[], bytes]) -> None:
    assert "ambiguous-structure" in {each.rule for each in inspect(made())}
    assert not _is_proved_clean(made())


@pytest.mark.parametrize(
    "document",
    [
        one_page(page=f"{A4}/Group 70 0 R"),
        one_page(page=A4, more={5: stream(_ASLEEP)}),
        _updated_in_an_object_stream(_PAGE),
    ],
    ids=["a name of nothing", "an object in a stream", "a page of before"],
)
def test_one_of_both_alone_is_not(document: bytes) -> None:
    assert "ambiguous-structure" not in {each.rule for each in inspect(document)}
