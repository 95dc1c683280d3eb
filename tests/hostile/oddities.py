"""Documents that are odd, each in one way: loops, lies, bombs."""

import zlib
from collections.abc import Callable
from functools import partial

from tests.hostile.oddities_of_drawings import oddities_of_drawings
from tests.hostile.oddities_of_tables import oddities_of_tables
from tests.hostile.samples import TEXT, catalog, picture_over_text
from tests.unit.documents.drafts import A4, CATALOG, draft, one_page, stream

CATALOG_LOOPS = {
    "outlines": "/Outlines 6 0 R",
    "names": "/Names 6 0 R",
    "destinations": "/Dests 6 0 R",
    "structure": "/StructTreeRoot 6 0 R",
    "page labels": "/PageLabels 6 0 R",
    "form": "/AcroForm 6 0 R",
    "layers": "/OCProperties 6 0 R",
    "opening": "/OpenAction 6 0 R",
    "intents": "/OutputIntents[6 0 R 6 0 R]",
    "threads": "/Threads[6 0 R]",
    "metadata": "/Metadata 6 0 R",
    "collection": "/Collection 6 0 R",
    "uri": "/URI 6 0 R",
    "permissions": "/Perms 6 0 R",
    "security store": "/DSS 6 0 R",
    "extensions": "/Extensions 6 0 R",
}
LOOP = (
    "<</First 6 0 R/Last 6 0 R/Next 6 0 R/Prev 6 0 R/Parent 6 0 R/Kids[6 0 R 6 0 R]/K 6 0 R"
    "/Names 6 0 R/Dests 6 0 R/Nums[0 6 0 R]/Fields[6 0 R]/D 6 0 R/S 6 0 R/A 6 0 R/OCGs[6 0 R]"
    "/AA 6 0 R/JavaScript 6 0 R/EmbeddedFiles 6 0 R/DocMDP 6 0 R/Certs[6 0 R]>>"
)
PAGE_ODDITIES = {
    "contents of itself": "/Contents 3 0 R",
    "contents in a circle": "/Contents[6 0 R]",
    "annotations are itself": "/Annots 3 0 R",
    "annotation is the page": "/Annots[3 0 R]",
    "annotation is missing": "/Annots[99 0 R]",
    "annotations of everything": "/Annots[1 0 R 2 0 R null 7 (x) [3 0 R]]",
    "resources are itself": "/Resources 3 0 R",
    "resources are a number": "/Resources 7",
    "parent is itself": "/Parent 3 0 R",
    "box is itself": "/MediaBox 3 0 R",
    "box of references": "/MediaBox[6 0 R 6 0 R 6 0 R 6 0 R]",
    "box without size": "/MediaBox[0 0 0 0]",
    "box of billions": "/MediaBox[-2000000000 -2000000000 2000000000 2000000000]",
    "box of real billions": "/MediaBox[0 0 1e300 1e300]",
    "crop box of text": "/CropBox[(a)(b)(c)(d)]",
    "crop box of five": "/CropBox[0 0 1 1 1]",
    "unit of nothing": "/UserUnit 0",
    "unit of millions": "/UserUnit 9999999",
    "rotated by text": "/Rotate(90)",
    "rotated by a lot": "/Rotate 99999999999999999999",
    "group is itself": "/Group 3 0 R",
    "beads in a circle": "/B[3 0 R]",
    "thumb is itself": "/Thumb 3 0 R",
}
COVER = b" q 500 0 0 60 80 680 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"
CONTENTS = {
    "ten thousand saves": b"q " * 10_000,
    "ten thousand restores": b"Q " * 10_000,
    "nested text": b"BT " * 5_000,
    "marked content without end": b"/P BMC " * 5_000,
    "arrays without end": b"[" * 20_000,
    "dictionaries without end": b"<<" * 20_000,
    "a text without end": b"(" * 20_000,
    "an inline picture without end": b"BI /W 9 /H 9 /BPC 8 /CS /G ID " + b"x" * 2_000,
    "an inline picture of billions": b"BI /W 99999999 /H 99999999 /BPC 8 /CS /G ID x EI",
    "numbers without end": b"9" * 20_000 + b" 0 m S",
    "a million operators": b"0 0 m S " * 125_000,
    "unknown operators": b"xyzzy " * 2_000,
    "a font that is not there": b"BT /Nothing 12 Tf 9 9 Td (x) Tj ET",
    "a size of billions": b"BT /F 1e12 Tf 9 9 Td (here) Tj ET",
    "a matrix of nothing": b"0 0 0 0 0 0 cm BT /F 9 Tf (here) Tj ET",
    "a matrix of not a number": b"nan inf 1e400 -1e400 0 0 cm 0 0 9 9 re f",
    "dashes of nothing": b"[0 0] 0 d 0 0 m 99999 99999 l S",
    "dashes without end": b"[0.0001] 0 d 0 0 m 500 800 l S",
    "control bytes": bytes(range(256)) * 20,
    "draws itself": b"/P Do " * 10,
    "clips a lot": b"0 0 9 9 re W n " * 5_000,
}
STREAMS = {
    "unknown filter": stream(b"x", "/Filter/Unheard.Of"),
    "filter is itself": stream(b"x", "/Filter 5 0 R"),
    "filters in a circle": stream(b"x", "/Filter[5 0 R 5 0 R]"),
    "half a deflate": stream(zlib.compress(b"0 0 9 9 re f" * 99)[:20], "/Filter/FlateDecode"),
    "no deflate": stream(b"\xff" * 99, "/Filter/FlateDecode"),
    "a hundred filters": stream(b">", "/Filter[" + "/ASCIIHexDecode" * 100 + "]"),
    "lzw of nothing": stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "/Filter/LZWDecode"),
    "run length bomb": stream(b"\x81 " * 50_000 + b"\x80", "/Filter/RunLengthDecode"),
    "run length twice": stream(b"\x81\x81" * 20_000, "/Filter[/RunLengthDecode/RunLengthDecode]"),
    "predictor of billions": stream(
        zlib.compress(b"\0" * 99),
        "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2000000000>>",
    ),
    "predictor below nothing": stream(
        zlib.compress(b"\0" * 99), "/Filter/FlateDecode/DecodeParms<</Predictor 2/Colors -9>>"
    ),
    "ascii without end": stream(b"zzzz" * 9_000, "/Filter/ASCII85Decode"),
    "a crypt filter": stream(b"x", "/Filter/Crypt/DecodeParms<</Name/Identity>>"),
    "a picture as content": stream(b"\xff\xd8\xff", "/Filter/DCTDecode"),
    "length of itself": b"<</Length 5 0 R>>\nstream\nx\nendstream",
    "length in a circle": b"<</Length 6 0 R>>\nstream\nx\nendstream",
    "length below nothing": b"<</Length -5>>\nstream\nx\nendstream",
    "length of billions": b"<</Length 99999999999>>\nstream\nx\nendstream",
    "length of text": b"<</Length(5)>>\nstream\nx\nendstream",
    "no length": b"<<>>\nstream\nx\nendstream",
    "no end": b"<</Length 5>>\nstream\nx",
    "no line break": b"<</Length 1>>stream x endstream",
    "an end within": stream(b"endstream endobj 9 0 obj << >> endobj"),
}
PICTURES = {
    "of billions": "/Width 2000000000/Height 2000000000/BitsPerComponent 8/ColorSpace/DeviceGray",
    "below nothing": "/Width -1/Height -1/BitsPerComponent 8/ColorSpace/DeviceGray",
    "of text": "/Width(1)/Height(1)/BitsPerComponent 8/ColorSpace/DeviceGray",
    "colours are itself": "/Width 1/Height 1/BitsPerComponent 8/ColorSpace 6 0 R",
    "colours in a circle": "/Width 1/Height 1/BitsPerComponent 8/ColorSpace[/Lab 6 0 R]",
    "a mask of itself": "/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/SMask 6 0 R",
    "alternates of itself": "/Width 1/Height 1/ImageMask true/Alternates[<</Image 6 0 R>>]",
    "jbig2 of nothing": "/Width 999/Height 999/ImageMask true/Filter/JBIG2Decode",
    "jpx of nothing": "/Width 999/Height 999/Filter/JPXDecode",
    "fax of nothing": "/Width 999/Height 999/ImageMask true/Filter/CCITTFaxDecode"
    "/DecodeParms<</K -1/Columns 2000000000/Rows 2000000000>>",
    "a hundred bits": "/Width 9/Height 9/BitsPerComponent 100/ColorSpace/DeviceRGB",
}


def _trees() -> dict[str, Callable[[], bytes]]:
    pages = {
        "kid is the tree": "<</Type/Pages/Kids[2 0 R]/Count 1>>",
        "kid twice": "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
        "kid is missing": "<</Type/Pages/Kids[99 0 R]/Count 1>>",
        "kid is direct": "<</Type/Pages/Kids[<</Type/Page>>]/Count 1>>",
        "kid is the catalogue": "<</Type/Pages/Kids[1 0 R]/Count 1>>",
        "kids are a number": "<</Type/Pages/Kids 7/Count 1>>",
        "kids are the page": "<</Type/Pages/Kids 3 0 R/Count 1>>",
        "count of billions": "<</Type/Pages/Kids[3 0 R]/Count 2000000000>>",
        "count below nothing": "<</Type/Pages/Kids[3 0 R]/Count -1>>",
        "count of itself": "<</Type/Pages/Kids[3 0 R]/Count 2 0 R>>",
        "count of text": "<</Type/Pages/Kids[3 0 R]/Count(1)>>",
        "no kids": "<</Type/Pages/Kids[]/Count 0>>",
        "ten thousand times one kid": f"<</Type/Pages/Kids[{'3 0 R ' * 10_000}]/Count 10000>>",
        "null": "null",
        "a page": "<</Type/Page>>",
        "parent of itself": "<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>",
    }
    well = {
        n: f"<</Type/Pages/Parent {n - 1} 0 R/Kids[{n + 1} 0 R]/Count 1>>" for n in range(2, 3_000)
    }
    found: dict[str, Callable[[], bytes]] = {
        f"page tree: {name}": partial(one_page, TEXT, pages=said) for name, said in pages.items()
    }
    found["page tree: a well"] = lambda: draft(
        {1: CATALOG, **well, 3_000: f"<</Type/Page{A4}>>"}
    ).replace(b"/Size 110", b"/Size 9999")
    found["page tree: a fan"] = lambda: _fan(7)
    return found


def _fan(depth: int) -> bytes:
    """Ten kids at every node, and all of them the same: ten million pages in a kilobyte."""
    nodes = {
        n: f"<</Type/Pages/Kids[{f'{n + 1} 0 R ' * 10}]/Count {10 ** (depth + 2 - n)}>>"
        for n in range(2, depth + 2)
    }
    return draft({1: CATALOG, **nodes, depth + 2: f"<</Type/Page{A4}>>"})


def _signatures() -> dict[str, Callable[[], bytes]]:
    values = {
        "range of text": "/ByteRange(x)/Contents<00>",
        "range below nothing": "/ByteRange[0 -1 2 3]/Contents<3080>",
        "range of billions": "/ByteRange[0 9999999999 9999999999 9999999999]/Contents<00>",
        "range of three": "/ByteRange[0 1 2]/Contents<00>",
        "range of itself": "/ByteRange 7 0 R/Contents<00>",
        "contents of itself": "/ByteRange[0 1 2 3]/Contents 7 0 R",
        "contents of nothing": "/ByteRange[0 1 2 3]/Contents<>",
        "references of itself": "/ByteRange[0 1 2 3]/Contents<00>/Reference[7 0 R]",
        "permission of text": "/ByteRange[0 1 2 3]/Contents<00>/Reference[<</TransformMethod/DocMDP"
        "/TransformParams<</P(x)>>>>]",
    }

    def make(value: str) -> Callable[[], bytes]:
        field = "<</FT/Sig/T(s)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/V 7 0 R>>"
        return lambda: one_page(
            TEXT,
            catalog=catalog("/AcroForm<</Fields[6 0 R]/SigFlags 3>>"),
            page=f"{A4}/Annots[6 0 R]",
            more={6: field, 7: f"<</Type/Sig/SubFilter/ETSI.CAdES.detached{value}>>"},
        )

    return {f"signature: {name}": make(value) for name, value in values.items()}


def oddities() -> dict[str, Callable[[], bytes]]:
    """All of them by name."""
    found: dict[str, Callable[[], bytes]] = {}
    for name, said in CATALOG_LOOPS.items():
        found[f"catalogue loop: {name}"] = partial(
            one_page, TEXT, catalog=catalog(said), more={6: LOOP}
        )
    for name, said in PAGE_ODDITIES.items():
        page = said if "MediaBox" in said else A4 + said
        found[f"page: {name}"] = partial(one_page, TEXT, page=page, more={6: "6 0 R"})
    for name, data in CONTENTS.items():
        found[f"content: {name}"] = partial(one_page, more={5: stream(data)})
        drawn = TEXT.encode() + COVER + b" q " + data
        found[f"content, drawn: {name}"] = partial(one_page, more={5: stream(drawn)})
    for name, data in STREAMS.items():
        found[f"stream: {name}"] = partial(one_page, more={5: data, 6: "6 0 R"})
    for name, said in PICTURES.items():
        picture = stream(b"\0" * 9, f"/Type/XObject/Subtype/Image{said}")
        found[f"picture: {name}"] = partial(
            picture_over_text, f"{TEXT} q 500 0 0 60 80 680 cm /P Do Q", picture
        )
    drawings = oddities_of_drawings()
    for name, make in drawings.items():
        # qpdf does not see these streams, and pdfium does.
        found[f"{name}, of no length"] = partial(_without_length, make)
    return found | _trees() | _signatures() | oddities_of_tables() | drawings


def _without_length(make: Callable[[], bytes]) -> bytes:
    head, found, tail = make().rpartition(b"/Length")
    return head + found.replace(b"/Length", b"/Lenght") + tail
