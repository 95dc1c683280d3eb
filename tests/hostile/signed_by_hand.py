"""Updates that sign a document, written byte by byte, so that a test can say what is odd in one."""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence

from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.partners import Partner, _asn1

_RANGE_ROOM = 60
_CONTAINER = b"0" * 6000
_FOUND = re.compile(rb"/Contents (<0{6000}>)")

PAGE = (
    b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R/MediaBox[0 0 595 842]"
)
"""The page of `one_page`, its end left open."""

Offsets = Mapping[int, int]
Lines = Callable[[Offsets], bytes]


def field(more: bytes = b"") -> bytes:
    """A signature field and its widget, object 90, on page 3, signed by 91."""
    return (
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Partner)/F 132/P 3 0 R/Rect[100 100 200 200]"
        b"/V 91 0 R" + more + b">>"
    )


def signature(more: bytes = b"") -> bytes:
    """A signature dictionary, whose range and value are filled in at last."""
    return (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20261128100000Z)"
        + more
        + b"/ByteRange [0 0 0 0]".ljust(_RANGE_ROOM)
        + b"/Contents <"
        + _CONTAINER
        + b">>>"
    )


def catalogue(more: bytes = b"") -> bytes:
    """The catalogue with a form of that one field."""
    return b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[90 0 R]/SigFlags 3>>" + more + b">>"


def plain(page: bytes = PAGE, *, root: bytes = b"") -> dict[int, bytes]:
    """The objects of an update that signs a document of one page and does nothing else."""
    return {
        90: field(),
        91: signature(),
        1: catalogue(root),
        3: page + b"/Annots[90 0 R]>>",
    }


def of_table(offsets: Offsets) -> bytes:
    """Its lines, one object in each part."""
    return b"".join(b"%d 1\n%010d 00000 n \n" % each for each in sorted(offsets.items()))


def signed(
    base: bytes,
    bodies: Mapping[int, bytes],
    by: Partner,
    *,
    lines: Lines = of_table,
    gap: bytes = b"",
    root: bytes = b"/Root 1 0 R",
    comment: bytes = b"",
    end: bytes = b"startxref\n%d\n%%%%EOF\n",
    size: bytes = b"",
    headers: Mapping[int, bytes] | None = None,
) -> bytes:
    """The document with an update of these objects.

    Args:
        base: the document.
        bodies: its objects, by number.
        by: whoever signs.
        lines: the table's parts, but for that of object 0.
        gap: what stands before the table.
        root: of the trailer.
        comment: what stands behind the trailer.
        end: what stands at last.
        size: what its trailer says of it.
        headers: what some objects begin with.
    """
    document, offsets = base, dict[int, int]()
    for number, body in bodies.items():
        offsets[number] = len(document)
        header = (headers or {}).get(number, b"%d 0 obj\n" % number)
        document += b"%b%b\nendobj\n" % (header, body)
    document += gap
    start = len(document)
    previous = int(base.rsplit(b"startxref", 1)[1].split()[0])
    document += b"xref\n0 1\n0000000000 65535 f \n" + lines(offsets)
    size = size or b"%d" % max(200, *(number + 1 for number in bodies))
    document += b"trailer\n<<%b/Prev %d/Size %b>>\n%b" % (root, previous, size, comment)
    return _with_container(document + end % start, len(base), by)


def signed_in_a_stream(
    base: bytes,
    bodies: Mapping[int, bytes],
    by: Partner,
    *,
    widths: tuple[int, int, int] = (1, 4, 2),
    index: bytes = b"",
    entries: bytes = b"/Filter/FlateDecode",
    container: bytes = b"",
    packed: Sequence[int] = (),
    freed: Sequence[int] = (),
) -> bytes:
    """The same with a cross-reference stream, object 96.

    Args:
        base: the document.
        bodies: its objects, by number.
        by: whoever signs.
        widths: of the stream's columns.
        index: what stands at the end of its /Index.
        entries: more of its dictionary.
        container: an object stream, object 95.
        packed: the numbers of what it holds.
        freed: numbers that its table calls free.
    """
    document, places = base, dict[int, tuple[int, int, int]]()
    loose = {**bodies, 95: container} if container else bodies
    for number, body in loose.items():
        places[number] = 1, len(document), 0
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    places |= {number: (2, 95, index) for index, number in enumerate(packed)}
    places |= dict.fromkeys(freed, (0, 0, 1))
    start = len(document)
    rows, runs = b"", b""
    for number, place in sorted({**places, 96: (1, start, 0)}.items()):
        rows += b"".join(each.to_bytes(width) for each, width in zip(place, widths, strict=True))
        runs += b"%d 1 " % number
    previous = int(base.rsplit(b"startxref", 1)[1].split()[0])
    data = zlib.compress(rows) if b"/Filter" in entries else rows
    document += b"96 0 obj\n<</Type/XRef/W[%d %d %d]/Index[%b]/Length %d/Root 1 0 R" % (
        *widths,
        runs + index,
        len(data),
    )
    document += b"/Prev %d/Size 200%b>>\nstream\n%b\nendstream\nendobj\n" % (
        previous,
        entries,
        data,
    )
    return _with_container(document + b"startxref\n%d\n%%%%EOF\n" % start, len(base), by)


def _with_container(document: bytes, base: int, by: Partner) -> bytes:
    found = _FOUND.search(document, base)
    assert found is not None
    begins, ends = found.span(1)
    range_ = b"/ByteRange [0 %d %d %d]" % (begins, ends, len(document) - ends)
    at = document.index(b"/ByteRange [0 0 0 0]", base)
    document = document[:at] + range_.ljust(_RANGE_ROOM) + document[at + _RANGE_ROOM :]
    digest = hashlib.sha256(document[:begins] + document[ends:]).digest()
    container = asyncio.run(_signer(by).async_sign(digest, "sha256", use_pades=True)).dump()
    value = container.hex().encode().ljust(len(_CONTAINER), b"0")
    return document[: begins + 1] + value + document[ends - 1 :]


def _signer(by: Partner) -> signers.SimpleSigner:
    key = by.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signers.SimpleSigner(
        signing_cert=_asn1(by.certificate),
        signing_key=PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
