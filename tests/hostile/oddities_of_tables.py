"""Documents whose cross-reference tables, trailers and object streams lie."""

import zlib
from collections.abc import Callable
from functools import cache, partial

from tests.hostile.bombs import packed_run
from tests.hostile.samples import TEXT
from tests.unit.documents.drafts import A4, CATALOG, PAGES, one_page, stream, updated

PLAIN = one_page(TEXT)
START = int(PLAIN.rsplit(b"startxref", 1)[1].split()[0])


def oddities_of_tables() -> dict[str, Callable[[], bytes]]:
    """All of them by name."""
    return _tails() | _object_streams()


def _replaced(old: bytes, new: bytes) -> Callable[[], bytes]:
    return lambda: PLAIN.replace(old, new)


def _tails() -> dict[str, Callable[[], bytes]]:
    body = PLAIN[:START]
    table = PLAIN[START:]
    entry = b"%010d 00000 n \n" % PLAIN.index(b"1 0 obj")
    found = {
        f"startxref {where!r}": _replaced(b"startxref\n%d" % START, b"startxref\n" + where)
        for where in (b"0", b"-1", b"9" * 25, b"abc", b"", b"17", b"%d 0 R" % START)
    }
    found |= {
        f"previous {where}": _replaced(b"/Root 1 0 R", f"/Root 1 0 R/Prev {where}".encode())
        for where in (START, 0, -1, 10**30, "(x)", "1 0 R", "null", 3.5)
    }
    found |= {
        f"stream table {where}": _replaced(b"/Root 1 0 R", f"/Root 1 0 R/XRefStm {where}".encode())
        for where in (START, 0, -1, 10**30, "1 0 R")
    }
    found |= {
        f"size {size}": _replaced(b"/Size 110", f"/Size {size}".encode())
        for size in (0, 1, 3, -1, 10**30, "(x)", "5 0 R", 2_000_000_000)
    }
    found |= {
        f"root {root}": _replaced(b"/Root 1 0 R", f"/Root {root}".encode())
        for root in ("2 0 R", "3 0 R", "99 0 R", "<<>>", "null", "1 1 R", "[1 0 R]")
    }
    found |= {
        f"identity {identity}": _replaced(b"/Root 1 0 R", f"/Root 1 0 R/ID {identity}".encode())
        for identity in ("7", "[]", "[(a)]", "[7 7]", "1 0 R")
    }
    return found | {
        "two trailers": lambda: body + table.replace(
            b"trailer", b"trailer\n<</Size 110/Root 2 0 R>>\ntrailer"
        ),
        "two tables": lambda: body + table + PLAIN[START:],
        "two roots": _replaced(b"/Root 1 0 R", b"/Root 1 0 R/Root 2 0 R"),
        "two documents": lambda: PLAIN + PLAIN,
        "two ends": lambda: PLAIN + b"%%EOF\n",
        "end first": lambda: PLAIN.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF\n"),
        "a header within": lambda: updated(PLAIN, {9: stream(b"%PDF-1.4")}),
        "a header of another kind": lambda: PLAIN.replace(b"%PDF-1.7", b"%PDF-9.9"),
        "a header of nothing": lambda: PLAIN.replace(b"%PDF-1.7", b"%PDF-\0\0\0"),
        "all free": lambda: PLAIN.replace(b" n \n", b" f \n"),
        "all at one place": lambda: _all_entries(PLAIN, entry),
        "all beyond the end": lambda: _all_entries(PLAIN, b"9999999999 00000 n \n"),
        "another generation": lambda: PLAIN.replace(b" 00000 n ", b" 65535 n "),
        "a table of billions": lambda: PLAIN.replace(b"xref\n0 1\n", b"xref\n0 2000000000\n"),
        "a table below nothing": lambda: PLAIN.replace(b"xref\n0 1\n", b"xref\n-5 1\n"),
        "no table": lambda: body + b"trailer\n<</Size 9/Root 1 0 R>>\n" + table[-30:],
        "a table in a comment": lambda: body + b"%" + table,
        "a hundred updates": lambda: _updates(100),
        "tables in a circle": _circle,
        "only a tail": lambda: b"%PDF-1.7\n" + table,
    }  # fmt: skip


def _all_entries(document: bytes, entry: bytes) -> bytes:
    head, _, tail = document.rpartition(b"xref\n0 1\n")
    lines = tail.split(b"\n")
    return head + b"xref\n0 1\n" + b"\n".join(
        entry.rstrip(b"\n") if line.endswith(b" n ") else line for line in lines
    )  # fmt: skip


def _updates(count: int) -> bytes:
    document = PLAIN
    for _ in range(count):
        document = updated(document, {9: "7"})
    return document


def _circle() -> bytes:
    """Two revisions whose tables each call the other one the previous."""
    twice = updated(one_page(TEXT, trailer="/Root 1 0 R/Prev 0000000000"), {9: "7"})
    second = int(twice.rsplit(b"startxref", 1)[1].split()[0])
    return twice.replace(b"/Prev 0000000000", b"/Prev %010d" % second)


@cache
def _bomb(page: bytes) -> bytes:
    """Half a GiB that begins with the page, packed twice."""
    return zlib.compress(packed_run(page, b" ", 512 * 1024 * 1024), 9)


def _object_streams() -> dict[str, Callable[[], bytes]]:
    page = f"3 0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    entries = {
        "as it should be": "/N 1/First 4",
        "of billions": "/N 2000000000/First 4",
        "below nothing": "/N -1/First 4",
        "first beyond": "/N 1/First 99999",
        "first below nothing": "/N 1/First -4",
        "extends itself": "/N 1/First 4/Extends 6 0 R",
        "without count": "/First 4",
        "count of itself": "/N 6 0 R/First 4",
        "filter of itself": "/N 1/First 4/Filter 6 0 R",
    }
    found: dict[str, Callable[[], bytes]] = {
        f"object stream {name}": partial(in_object_stream, stream(page, f"/Type/ObjStm{said}"))
        for name, said in entries.items()
    }
    found["object stream that is a page"] = lambda: in_object_stream(b"<</Type/Page>>")
    found["object stream within itself"] = lambda: in_object_stream(
        stream(b"6 0 <<>>", "/Type/ObjStm/N 1/First 4"), container_in=6
    )
    found["object stream with a stream"] = lambda: in_object_stream(
        stream(b"3 0 <</Length 1>>stream\nx\nendstream", "/Type/ObjStm/N 1/First 4")
    )
    found["object stream bomb"] = lambda: in_object_stream(
        stream(_bomb(page), "/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]")
    )
    plain = stream(page, "/Type/ObjStm/N 1/First 4")
    for widths in ("[8 8 8]", "[0 0 0]", "[-1 4 2]", "[1 4]", "6 0 R", "[1 2000000000 1]"):
        found[f"table stream widths {widths}"] = partial(in_object_stream, plain, widths=widths)
    for index in ("[0 2000000000]", "[-9 4]", "[1 3 6]", "[1 3 1 3]"):
        found[f"table stream index {index}"] = partial(in_object_stream, plain, index=index)
    return found


def in_object_stream(
    container: bytes,
    *,
    widths: str = "[1 4 2]",
    index: str = "[1 3 6 1]",
    container_in: int | None = None,
) -> bytes:
    """A document whose page is in object stream 6, or says that the stream is in another."""
    bodies = {1: CATALOG.encode(), 2: PAGES.encode(), 6: container}
    document, offsets = b"%PDF-1.7\n", {}
    for number, body in bodies.items():
        offsets[number] = len(document)
        document += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(document)
    rows = b"".join(b"\x01" + offsets[n].to_bytes(4) + b"\0\0" for n in (1, 2))
    rows += b"\x02" + (6).to_bytes(4) + b"\0\0"
    rows += (
        b"\x01" + offsets[6].to_bytes(4) + b"\0\0"
        if container_in is None
        else b"\x02" + container_in.to_bytes(4) + b"\0\0"
    )
    xref = stream(rows, f"/Type/XRef/Size 8/W{widths}/Index{index}/Root 1 0 R")
    document += b"7 0 obj\n" + xref + b"\nendobj\n"
    return document + b"startxref\n%d\n%%%%EOF\n" % start
