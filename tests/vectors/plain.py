"""Documents written byte by byte: what no library writes, and old programs did."""

from collections.abc import Mapping

from tests.unit.documents.drafts import A4, FONT, stream
from tests.vectors.papers import KEYWORD, clauses, text

_CONTENT = stream(text([*clauses(1, 4), f"{KEYWORD}:"]))


def pdf_1_3() -> bytes:
    """As of 1999: version 1.3, lines that end with CR, no /ID, an /Info."""
    document = _whole(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>",
            3: f"<</Type/Page/Parent 2 0 R{A4}/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
            4: FONT,
            5: _CONTENT,
            6: f"<</Type/Page/Parent 2 0 R{A4}/Resources<</Font<</F 4 0 R>>>>/Contents[5 0 R]>>",
            7: "<</Producer(An old program)/CreationDate(D:19991231235959)/Title(Bill of lading)>>",
        },
        trailer="/Root 1 0 R/Info 7 0 R",
        version="1.3",
    )
    # One byte for one byte, so that every offset stays right.
    return document.replace(b" \n", b" \r").replace(b"obj\n", b"obj\r").replace(b">>\n", b">>\r")


def deep_tree() -> bytes:
    """Nine pages at the end of a tree twelve deep; boxes, resources and turns come from above."""
    objects: dict[int, str | bytes] = {
        1: "<</Type/Catalog/Pages 20 0 R>>",
        4: FONT,
        5: _CONTENT,
    }
    resources = "/Resources<</Font<</F 4 0 R>>>>"
    leaves = [f"{50 + index} 0 R" for index in range(9)]
    for depth in range(12):
        number, is_last = 20 + depth, depth == 11
        kids = " ".join(leaves) if is_last else f"{number + 1} 0 R"
        given = {0: f"/MediaBox[0 0 400 500]{resources}", 4: "/Rotate 90", 8: A4}.get(depth, "")
        above = f"/Parent {number - 1} 0 R" if depth else ""
        objects[number] = f"<</Type/Pages{above}{given}/Kids[{kids}]/Count 9>>"
    for index in range(9):
        own = "/Rotate 0" if index % 2 else ""
        objects[50 + index] = f"<</Type/Page/Parent 31 0 R{own}/Contents 5 0 R>>"
    return _whole(objects)


def comments() -> bytes:
    """Comments wherever white space may be, with words in them that mislead whoever searches."""
    return _whole(
        {
            1: "<< % the catalogue >>\n/Type/Catalog%/Pages 9 0 R\n/Pages 2 0 R >>",
            2: "<</Type/Pages/Kids[% first\n3 0 R% and last ]\n]/Count 1>>",
            3: f"<</Type/Page/Parent 2 0 R{A4}% endobj\n"
            "/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R % /Annots[9 0 R]\n>>",
            4: FONT,
            5: _CONTENT,
        }
    )


def hybrid() -> bytes:
    """As office programs write it: a table, and an empty one whose stream says the same."""
    bodies = _bodies("")
    document, offsets = _written(bodies)
    trailer = "/Size 8/Root 1 0 R"
    offsets[7] = len(document)
    document += b"7 0 obj\n" + _rows(offsets, trailer) + b"\nendobj\n"
    first = len(document)
    document += _table(offsets) + f"trailer\n<<{trailer}>>\nstartxref\n{first}\n%%EOF\n".encode()
    second = len(document)
    return (
        document
        + (
            f"xref\n0 0\ntrailer\n<<{trailer}/Prev {first}/XRefStm {offsets[7]}>>\n"
            f"startxref\n{second}\n%%EOF\n"
        ).encode()
    )


def hybrid_with_more() -> bytes:
    """A table for old readers; a stream names one object more, which only newer ones see."""
    document, offsets = _written({**_bodies("/Lang 6 0 R"), 6: "(zh-CN)"})
    hidden = {6: offsets.pop(6)}
    trailer = "/Size 8/Root 1 0 R"
    stream_at = len(document)
    offsets[7] = stream_at
    document += b"7 0 obj\n" + _rows(hidden, trailer) + b"\nendobj\n"
    start = len(document)
    return (
        document
        + _table(offsets)
        + f"trailer\n<<{trailer}/XRefStm {stream_at}>>\nstartxref\n{start}\n%%EOF\n".encode()
    )


def _bodies(catalog: str) -> dict[int, str | bytes]:
    return {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R{A4}/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
        4: FONT,
        5: _CONTENT,
    }


def _whole(
    bodies: Mapping[int, str | bytes], *, trailer: str = "/Root 1 0 R", version: str = "1.7"
) -> bytes:
    document, offsets = _written(bodies, version)
    end = f"trailer\n<</Size {max(bodies) + 1}{trailer}>>\nstartxref\n{len(document)}\n%%EOF\n"
    return document + _table(offsets) + end.encode()


def _written(
    bodies: Mapping[int, str | bytes], version: str = "1.5"
) -> tuple[bytes, dict[int, int]]:
    document, offsets = f"%PDF-{version}\n".encode(), dict[int, int]()
    for number, body in bodies.items():
        offsets[number] = len(document)
        raw = body if isinstance(body, bytes) else body.encode()
        document += b"%d 0 obj\n%s\nendobj\n" % (number, raw)
    return document, offsets


def _table(offsets: Mapping[int, int]) -> bytes:
    lines = "".join(f"{number} 1\n{at:010d} 00000 n \n" for number, at in sorted(offsets.items()))
    return f"xref\n0 1\n0000000000 65535 f \n{lines}".encode()


def _rows(offsets: Mapping[int, int], trailer: str) -> bytes:
    rows = b"".join(b"\x01" + at.to_bytes(4) + b"\0\0" for _, at in sorted(offsets.items()))
    index = " ".join(f"{number} 1" for number in sorted(offsets))
    return stream(rows, f"/Type/XRef/W[1 4 2]/Index[{index}]{trailer}")
