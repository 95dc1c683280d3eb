"""How an update's objects stand in the file: in tables, streams, both at once, and oddly."""

import re
import zlib
from collections.abc import Mapping
from random import Random  # noqa: TID251 - a run is told again by its seed

from tests.hostile.signed_by_hand import _with_container, of_table
from tests.hostile.updates.contracts import Contract
from tests.partners import Partner
from tests.unit.documents.drafts import stream

_PACK, _XREF = 95, 96
_GAPS = (
    *(
        b"\n" * 9,
        b"% c\n",
        b"%5 0 obj\n",
        b"5 0 obj\n<<>>\nendobj\n",
        b"trailer\n<</Root 8 0 R>>\n",
    ),
    *(
        b"xref\n0 0\n",
        b"startxref\n9\n%%EOF\n",
        b"%PDF-1.4\n",
        b"\0\0",
        b"endobj\n",
        b"5 0 obj % c\n",
    ),
)
_LINES = (
    *(b"5 1\n0000000000 00001 f \n", b"5 1\n0000000009 00000 n \n", b"0 1\n0000000000 65535 f \n"),
    *(
        b"4 1\n0000000000 65535 f \n",
        b"8 1\n0000000099 00000 n \n",
        b"0 0\n",
        b"5 1\n0000000009 00001 n \n",
    ),
)
_TRAILERS = (
    *(b"/X 1", b"/Encrypt<<>>", b"/Encrypt 92 0 R", b"/ID[<00><00>]", b"/Root 8 0 R", b"/Prev 9"),
    *(
        b"/Info 92 0 R",
        b"/XRefStm 9",
        b"/R#6fot 8 0 R",
        b"/Size 5",
        b"/Info 5 0 R",
        b"/Version/1.0",
    ),
)
_ENDS = (
    *(
        b"startxref\n9\nstartxref\n%d\n%%%%EOF\n",
        b"startxref\n%d\n%%%%EOF\nstartxref\n9\n%%%%EOF\n",
    ),
    *(
        b"startxref\n%d\n%%%%EOF\n%% c\n",
        b"startxref %% c\n%d\n%%%%EOF\n",
        b"startxref\r%d\r%%%%EOF",
    ),
    *(b"%% startxref 9\nstartxref\n%d\n%%%%EOF\n", b"startxref\n0%d\n%%%%EOF\n"),
)
_END = b"startxref\n%d\n%%%%EOF\n"
_STRUCK = b"\0\t\n\r %()<>[]{}/#+-.019Rx"
_SIZES = (b"200", b"200", b"200", b"97", b"1000001", b"99999999", b"4294967297", b"+200", b"0200")
_WIDTHS = ((1, 4, 2), (1, 4, 2), (1, 4, 2), (2, 4, 2), (5, 4, 2), (1, 9, 2), (1, 4, 9), (1, 8, 5))
_FIXED = re.compile(rb"/Contents <0+>|/ByteRange \[0 0 0 0\] +")


def laid_out(dice: Random, contract: Contract, bodies: Mapping[int, bytes], by: Partner) -> bytes:
    """The contract with an update of these objects, signed."""
    form = dice.choice(("table", "table", "table", "stream", "packed", "hybrid"))
    odd = dice.choice(("gap", "lines", "trailer", "end", "header", "prev", "size", *("",) * 20))
    document = contract.document
    loose, packed = dict(bodies), dict[int, bytes]()
    if form in ("packed", "hybrid"):
        packed = {
            number: body
            for number, body in bodies.items()
            if number != 91 and b"stream" not in body and dice.random() < 0.7
        }
        loose = {number: body for number, body in bodies.items() if number not in packed}
        if packed:
            loose[_PACK] = _container(dice, packed)
    offsets = dict[int, int]()
    for number, body in loose.items():
        offsets[number] = len(document)
        header = b"%d 0 obj\n" % number
        if odd == "header" and dice.random() < 0.3:
            header = dice.choice(
                (b"%d%%c\n0 obj ", b"0%d 0 obj\n", b"%d 0\0obj", b"%d 00000 obj\n")
            )
            header %= number
        document += header + body + b"\nendobj\n"
    document += dice.choice(_GAPS) if odd == "gap" else b""
    previous = int(contract.document.rsplit(b"startxref", 1)[1].split()[0])
    previous = dice.choice((previous - 1, 9, 0)) if odd == "prev" else previous
    size = dice.choice(_SIZES) if odd == "size" else b"200"
    trailer = b"%b/Prev %d/Size %b" % (contract.root, previous, size)
    trailer += dice.choice(_TRAILERS) if odd == "trailer" else b""
    end = dice.choice(_ENDS) if odd == "end" else _END
    start = len(document)
    places = {number: (_PACK, index) for index, number in enumerate(packed)}
    if form in ("stream", "packed"):
        rows = {**offsets, **places, _XREF: start}
        widths = dice.choice(_WIDTHS) if odd == "lines" else _WIDTHS[0]
        document += b"%d 0 obj\n%b\nendobj\n" % (_XREF, _rows(rows, trailer, widths))
        return _finished(dice, contract, document + end % start, by)
    if form == "hybrid":
        document += b"%d 0 obj\n%b\nendobj\n" % (_XREF, _rows(places, b"", _WIDTHS[0]))
        trailer += b"/XRefStm %d" % start
        start = len(document)
    lines = of_table(offsets)
    if odd == "lines":
        lines = lines + dice.choice(_LINES) if dice.random() < 0.5 else dice.choice(_LINES) + lines
    document += b"xref\n0 1\n0000000000 65535 f \n%btrailer\n<<%b>>\n" % (lines, trailer)
    return _finished(dice, contract, document + end % start, by)


def _finished(dice: Random, contract: Contract, document: bytes, by: Partner) -> bytes:
    """Signed, and now and then with another byte somewhere in the update."""
    start = len(contract.document)
    fixed = [each.span() for each in _FIXED.finditer(document, start)]
    while dice.random() < 0.3:
        at = dice.randrange(start, len(document))
        if not any(begins <= at < ends for begins, ends in fixed):
            struck = dice.choice(_STRUCK).to_bytes()
            document = document[:at] + struck + document[at + 1 :]
    return _with_container(document, start, by)


def _container(dice: Random, packed: Mapping[int, bytes]) -> bytes:
    order = list(packed)
    if dice.random() < 0.2:
        dice.shuffle(order)
    places, data = dict[int, int](), b""
    for number in order:
        places[number] = len(data)
        data += packed[number] + b" "
    head = b"".join(b"%d %d " % (number, places[number]) for number in packed)
    entries = f"/Type/ObjStm/N {len(packed)}/First {len(head)}/Filter/FlateDecode"
    return stream(zlib.compress(head + data), entries)


def _rows(
    places: Mapping[int, int | tuple[int, int]], trailer: bytes, widths: tuple[int, int, int]
) -> bytes:
    rows, index = b"", b""
    for number, place in sorted(places.items()):
        row = (1, place, 0) if isinstance(place, int) else (2, *place)
        rows += b"".join(each.to_bytes(width) for each, width in zip(row, widths, strict=True))
        index += b"%d 1 " % number
    entries = b"/Type/XRef/W[%d %d %d]/Index[%b]/Filter/FlateDecode" % (*widths, index)
    entries += trailer
    return stream(zlib.compress(rows), entries.decode("latin-1") + ("" if trailer else "/Size 200"))
