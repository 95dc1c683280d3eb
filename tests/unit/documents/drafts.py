"""PDFs written by hand, so that a test can say exactly what is odd about one."""

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Literal

CATALOG = "<</Type/Catalog/Pages 2 0 R>>"
PAGES = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
_SIZE = 110
A4 = "/MediaBox[0 0 595 842]"


def draft(
    objects: Mapping[int, str | bytes],
    *,
    trailer: str = "/Root 1 0 R",
    version: str = "1.7",
    xref: Literal["table", "stream"] = "table",
) -> bytes:
    """One revision with these objects."""
    return _revision(f"%PDF-{version}\n".encode(), objects, trailer=trailer, xref=xref)


def updated(
    document: bytes,
    objects: Mapping[int, str | bytes],
    *,
    trailer: str = "/Root 1 0 R",
    xref: Literal["table", "stream"] = "table",
) -> bytes:
    """The document with one more revision."""
    previous = int(document.rsplit(b"startxref", maxsplit=1)[1].split()[0])
    return _revision(document, objects, trailer=f"{trailer}/Prev {previous}", xref=xref)


def one_page(
    content: str = "",
    *,
    page: str = A4,
    contents: str = "5 0 R",
    resources: str = "",
    catalog: str = CATALOG,
    pages: str = PAGES,
    trailer: str = "/Root 1 0 R",
    version: str = "1.7",
    xref: Literal["table", "stream"] = "table",
    more: Mapping[int, str | bytes] | None = None,
) -> bytes:
    """A document of one page with Helvetica as /F; objects 1 to 5 are taken."""
    fonts = f"/Resources<</Font<</F 4 0 R>>{resources}>>"
    objects: dict[int, str | bytes] = {
        1: catalog,
        2: pages,
        3: f"<</Type/Page/Parent 2 0 R{fonts}/Contents {contents}{page}>>",
        4: FONT,
        5: stream(content.encode()),
    }
    return draft({**objects, **(more or {})}, trailer=trailer, version=version, xref=xref)


def many_pages(
    pages: Sequence[str],
    content: str = "",
    *,
    catalog: str = CATALOG,
    font: str = FONT,
    more: Mapping[int, str | bytes] | None = None,
) -> bytes:
    """A document of pages with these entries; objects up to 5, and from 50 on, are taken."""
    kids = " ".join(f"{50 + index} 0 R" for index in range(len(pages)))
    objects: dict[int, str | bytes] = {
        1: catalog,
        2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        4: font,
        5: stream(content.encode("latin-1")),
    }
    for index, page in enumerate(pages):
        objects[50 + index] = (
            "<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R" + page + ">>"
        )
    return draft({**objects, **(more or {})})


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object's body."""
    return f"<</Length {len(data)}{entries}>>\nstream\n".encode() + data + b"\nendstream"


def hybrid_as_office_programs_write_it() -> bytes:
    """Two sections at once: a table, and an empty table whose stream was in the file before."""
    document = b"%PDF-1.7\r\n"
    bodies = {1: CATALOG, 2: PAGES, 3: f"<</Type/Page/Parent 2 0 R{A4}>>"}
    offsets = {}
    for number, body in bodies.items():
        offsets[number] = len(document)
        document += f"{number} 0 obj\r\n{body}\r\nendobj\r\n".encode()
    trailer = "/Size 5/Root 1 0 R"
    offsets[4] = len(document)
    document += b"4 0 obj\n" + _xref_stream(offsets, trailer) + b"\nendobj\r\n"
    first = len(document)
    document += _table(offsets)
    document += f"trailer\r\n<<{trailer}>>\r\nstartxref\r\n{first}\r\n%%EOF\r\n".encode()
    second = len(document)
    document += b"xref\r\n0 0\r\n"
    hybrid = f"/Prev {first}/XRefStm {offsets[4]}"
    end = f"trailer\r\n<<{trailer}{hybrid}>>\r\nstartxref\r\n{second}\r\n%%EOF"
    return document + end.encode()


def _revision(
    document: bytes, objects: Mapping[int, str | bytes], *, trailer: str, xref: str
) -> bytes:
    offsets = {}
    size = max([_SIZE, max(objects) + 1, *map(int, re.findall(rb"/Size (\d+)", document))])
    for number, body in objects.items():
        offsets[number] = len(document)
        raw = body if isinstance(body, bytes) else body.encode()
        document += f"{number} 0 obj\n".encode() + raw + b"\nendobj\n"
    start = len(document)
    if xref == "stream":
        # Far enough from the others that an update does not need to know the largest number.
        number = 100 + document.count(b"startxref")
        offsets[number] = start
        entries = f"/Size {size}{trailer}"
        document += f"{number} 0 obj\n".encode() + _xref_stream(offsets, entries) + b"\nendobj\n"
    else:
        document += _table(offsets)
        document += f"trailer\n<</Size {size}{trailer}>>\n".encode()
    return document + f"startxref\n{start}\n%%EOF\n".encode()


def _table(offsets: Mapping[int, int]) -> bytes:
    lines = "".join(f"{number} 1\n{at:010d} 00000 n \n" for number, at in sorted(offsets.items()))
    return f"xref\n0 1\n0000000000 65535 f \n{lines}".encode()


def _xref_stream(offsets: Mapping[int, int], entries: str) -> bytes:
    rows = b"".join(b"\x01" + at.to_bytes(4) + b"\0\0" for _, at in sorted(offsets.items()))
    index = " ".join(f"{number} 1" for number in sorted(offsets))
    return stream(
        zlib.compress(rows),
        f"/Type/XRef/W[1 4 2]/Index[{index}]/Filter/FlateDecode{entries}",
    )
