"""A file with two tables that lead to two contracts: readers of linearised files take the first."""

from tests.unit.documents.drafts import FONT, PAGES, stream

_PAGE = "<</Type/Page/Parent %d 0 R/Resources<</Font<</F 4 0 R>>>>/Contents %d 0 R%s%s>>"
_BOX = "/MediaBox[0 0 595 842]"
_HIDING = "/PieceInfo<</A<</Private 8 0 R>>>>"
"""Something leads to the other contract, and nothing shows it."""
_OBJECTS: dict[int, str | bytes] = {
    1: "<</Type/Catalog/Pages 2 0 R>>",
    2: PAGES,
    3: _PAGE % (2, 5, _BOX, _HIDING),
    4: FONT,
    5: stream(b"BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"),
    6: stream(b"BT /F 24 Tf 72 700 Td (Amount 999999) Tj ET"),
    8: "<</Type/Catalog/Pages 9 0 R>>",
    9: "<</Type/Pages/Kids[10 0 R]/Count 1>>",
    10: _PAGE % (9, 6, _BOX, ""),
}
_DICTIONARY = b"7 0 obj\n<</Linearized 1/L %010d/H[0 0]/O 3/E 1000/N 1/T 0000>>\nendobj\n"


def of_two_contracts(*, longer: int = 0) -> bytes:
    """The file, which says that it is so much longer than it is."""
    length = len(_written(0))
    return _written(length + longer)


def _written(length: int) -> bytes:
    document = b"%PDF-1.7\n"
    places = {7: len(document)} | dict.fromkeys(_OBJECTS, 0)
    document += _DICTIONARY % length
    bodies, after = b"", len(document) + len(_section(places, 8, 0))
    for number, body in _OBJECTS.items():
        places[number] = after + len(bodies)
        raw = body if isinstance(body, bytes) else body.encode()
        bodies += b"%d 0 obj\n%b\nendobj\n" % (number, raw)
    document += _section(places, 8, 0) + bodies
    return document + _section(places, 1, len(document))


def _section(places: dict[int, int], root: int, start: int) -> bytes:
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % each for each in sorted(places.items()))
    trailer = b"trailer\n<</Size 11/Root %d 0 R>>\n" % root
    end = b"startxref\n%d\n%%%%EOF\n" % start
    return b"xref\n0 1\n0000000000 65535 f \n" + lines + trailer + end
