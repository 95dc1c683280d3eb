"""One or more constructed samples for each intake rule. Nothing here was downloaded.

The shadow samples follow the published description of the attacks (hide, replace, hide-and-replace)
and are written anew.
"""

import io
import zlib
from collections.abc import Callable
from functools import cache

import pikepdf

from policies.model import OnPage, Placement, Several
from tests.document_fixtures import soft_seal
from tests.hostile.bombs import packed_run
from tests.hostile.filled_forms import fields_that_say_two_things, undrawn_fields
from tests.hostile.fonts import fonts_that_readers_differ_in, words_taken_otherwise
from tests.hostile.linearised import of_two_contracts
from tests.unit.documents.drafts import A4, CATALOG, PAGES, draft, one_page, stream, updated

MIB = 1024 * 1024
TEXT = "BT /F 24 Tf 100 700 Td (Payment is due in 30 days) Tj ET"
BLACK_PIXEL = stream(
    b"\x00", "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
)
WHITE_PIXEL = stream(
    b"\xff", "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
)
WHITE_BOX = stream(b"1 g 0 0 400 40 re f", "/Type/XObject/Subtype/Form/BBox[0 0 400 40]")


def stamped_by_a_partner() -> bytes:
    """A line of text upon which somebody has sealed; it can be read still."""
    return _sealed(OnPage(page=1, left_mm=40, top_mm=40))


def stamped_beside_a_signature() -> bytes:
    """The signature itself lies where nothing stands, and a stamp of the same act does not."""
    over = OnPage(page=1, left_mm=40, top_mm=40)
    beside = OnPage(page=1, left_mm=120, top_mm=200)
    return _sealed(Several(placements=(beside, over)))


@cache
def _sealed(placement: Placement) -> bytes:
    """A page that was sealed, once: each time its signature would be another."""
    return soft_seal().seal(one_page(TEXT), placement)


def catalog(entries: str) -> str:
    """A catalogue with more in it."""
    return f"<</Type/Catalog/Pages 2 0 R{entries}>>"


def action(text: str) -> bytes:
    """A page with an annotation that does something when it is clicked."""
    annotation = f"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<<{text}>>>>"
    return one_page(TEXT, page=f"{A4}/Annots[6 0 R]", more={6: annotation})


def annotation(entries: str, more: dict[int, str | bytes] | None = None) -> bytes:
    """A page with one annotation, object 6."""
    body = f"<</Type/Annot/Rect[90 690 490 730]{entries}>>"
    return one_page(TEXT, page=f"{A4}/Annots[6 0 R]", more={6: body, **(more or {})})


def in_object_streams(document: bytes) -> bytes:
    """The same document with its objects in object streams."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(document)) as pdf:
        pdf.save(
            written,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
    return written.getvalue()


def field(entries: str, *, in_form: bool = True, appearance: bool = True) -> bytes:
    """A page with one field, object 6, that is or is not in the form."""
    shown = "/AP<</N 7 0 R>>" if appearance else ""
    body = f"<</Type/Annot/Subtype/Widget/T(x)/Rect[100 100 300 140]{entries}{shown}>>"
    fields = "[6 0 R]" if in_form else "[]"
    return one_page(
        TEXT,
        catalog=catalog(f"/AcroForm<</Fields{fields}>>"),
        page=f"{A4}/Annots[6 0 R]",
        more={6: body, 7: WHITE_BOX},
    )


def picture_over_text(content: str, picture: bytes = WHITE_PIXEL) -> bytes:
    """Text, and whatever `content` draws with the picture /P after or before it."""
    return draft(
        {
            1: CATALOG,
            2: PAGES,
            3: "<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>/XObject<</P 6 0 R>>>>"
            f"/Contents 5 0 R{A4}>>",
            4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            5: stream(content.encode()),
            6: picture,
        }
    )


def layers(default: str, usage: str = "") -> bytes:
    """A document with one layer, object 6."""
    return one_page(
        TEXT,
        catalog=catalog(f"/OCProperties<</OCGs[6 0 R]/D<<{default}>>>>"),
        more={6: f"<</Type/OCG/Name(x){usage}>>"},
    )


def of_layers(membership: str, *, of_catalog: str = "/OCProperties<</OCGs[6 0 R]/D<<>>>>") -> bytes:
    """A document with a layer that is on, object 6, and content that is shown as layers stand."""
    return one_page(
        f"{TEXT} /OC /M BDC BT /F 24 Tf 100 600 Td (in 300 days) Tj ET EMC",
        catalog=catalog(of_catalog),
        resources=f"/Properties<</M<</Type/OCMD{membership}>>>>",
        more={6: "<</Type/OCG/Name(x)>>"},
    )


def hybrid() -> bytes:
    """A table that shows one content to old readers, and a stream that shows another to new."""
    document = b"%PDF-1.5\n"
    bodies: dict[int, bytes] = {
        1: CATALOG.encode(),
        2: PAGES.encode(),
        3: f"<</Type/Page/Parent 2 0 R/Contents 5 0 R{A4}>>".encode(),
        5: stream(b"0 0 9 9 re f"),
        6: stream(b"0 0 99 99 re f"),
    }
    offsets = {}
    for number, body in bodies.items():
        offsets[number] = len(document)
        document += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    # Object 5 is the one drawing for the table and the other for the stream.
    at = len(document)
    rows = b"\x01" + offsets[6].to_bytes(4) + b"\0\0"
    document += b"7 0 obj\n" + stream(rows, "/Type/XRef/Size 8/W[1 4 2]/Index[4 1]/Root 1 0 R")
    document += b"\nendobj\n"
    start = len(document)
    document += b"xref\n0 4\n0000000000 65535 f \n"
    document += b"".join(b"%010d 00000 n \n" % offsets[number] for number in (1, 2, 3))
    document += b"5 3\n" + b"%010d 00000 n \n%010d 00000 n \n" % (offsets[5], offsets[6])
    document += b"%010d 00000 n \n" % at
    document += b"trailer\n<</Size 8/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        at,
        start,
    )
    return document


def twice(document: bytes, number: int, body: bytes) -> bytes:
    """The document with an object of that number once more, before the first, in no table."""
    extra = b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = int(document.rsplit(b"startxref", 1)[1].split()[0])
    head, table = document[:start], document[start:]
    table = table.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + len(extra)))
    return head + extra + table


def encrypted() -> bytes:
    """A document behind a password."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(one_page(TEXT))) as pdf:
        pdf.save(written, encryption=pikepdf.Encryption(user="u", owner="o"))
    return written.getvalue()


def many_pages(count: int) -> bytes:
    """That many empty pages."""
    kids = " ".join(f"{number} 0 R" for number in range(3, count + 3))
    pages = dict.fromkeys(range(3, count + 3), f"<</Type/Page/Parent 2 0 R{A4}>>")
    return draft(
        {1: CATALOG, 2: f"<</Type/Pages/Kids[{kids}]/Count {count}>>", **pages},
        trailer="/Root 1 0 R",
        xref="table",
    ).replace(b"/Size 110", b"/Size %d" % (count + 200))


@cache
def bomb(layers_of_deflate: int) -> bytes:
    """A content stream that unpacks to 256 MiB."""
    packed = packed_run(b"", b"\n", 256 * MIB)
    for _ in range(layers_of_deflate - 1):
        packed = zlib.compress(packed, 9)
    filters = "/FlateDecode" * layers_of_deflate
    return one_page(more={5: stream(packed, f"/Filter[{filters}]")})


def shadow_hide() -> bytes:
    """A picture over the text that an update will take away."""
    return picture_over_text(f"{TEXT} q 500 0 0 60 80 680 cm /P Do Q")


def shadow_hide_fields() -> bytes:
    """A field over a field; neither is in the form."""
    place = "Type/Annot/Rect[100 100 300 140]/AP<</N 8 0 R>>"
    return one_page(
        TEXT,
        catalog=catalog("/AcroForm<</Fields[]>>"),
        page=f"{A4}/Annots[6 0 R 7 0 R]",
        more={
            6: f"<</Subtype/Widget/FT/Tx/T(a)/V(1)/{place}>>",
            7: f"<</Subtype/Widget/FT/Tx/T(b)/V(9)/{place}>>",
            8: WHITE_BOX,
        },
    )


def shadow_replace() -> bytes:
    """A field whose appearance an update will change, without the form knowing of it."""
    return field("/FT/Tx/V(100)", in_form=False)


def shadow_replace_font() -> bytes:
    """An embedded font that an update will overwrite: nothing in the structure tells."""
    return one_page(TEXT, more={4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"})


def shadow_hide_and_replace() -> bytes:
    """A second catalogue with other pages, which an update will put in the place of the first."""
    return one_page(
        TEXT,
        more={
            20: "<</Type/Catalog/Pages 21 0 R>>",
            21: "<</Type/Pages/Kids[22 0 R]/Count 1>>",
            22: f"<</Type/Page/Parent 21 0 R/Contents 23 0 R{A4}>>",
            23: stream(b"0 0 99 99 re f"),
        },
    )


def shadow_hide_and_replace_with_widget() -> bytes:
    """A stray widget, and the content that an update will give it."""
    body = "<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/Rect[100 100 300 140]/AP<</N 7 0 R>>>>"
    return one_page(TEXT, page=f"{A4}/Annots[6 0 R]", more={6: body, 7: WHITE_BOX, 8: WHITE_BOX})


def in_object_streams_with_spare() -> bytes:
    """A page that nothing shows, in an object stream."""
    body = f"6 0 <</Type/Page{A4}>>".encode()
    container = stream(body, "/Type/ObjStm/N 1/First 4")
    document = b"%PDF-1.7\n"
    bodies = {1: CATALOG.encode(), 2: PAGES.encode(), 7: container}
    bodies[3] = f"<</Type/Page/Parent 2 0 R{A4}>>".encode()
    offsets = {}
    for number, each in bodies.items():
        offsets[number] = len(document)
        document += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    start = len(document)
    rows = b"".join(b"\x01" + offsets[number].to_bytes(4) + b"\0\0" for number in (1, 2, 3))
    rows += b"\x02" + (7).to_bytes(4) + b"\0\0" + b"\x01" + offsets[7].to_bytes(4) + b"\0\0"
    rows += b"\x01" + start.to_bytes(4) + b"\0\0"
    xref = stream(rows, "/Type/XRef/Size 9/W[1 4 2]/Index[1 3 6 3]/Root 1 0 R")
    document += b"8 0 obj\n" + xref + b"\nendobj\n"
    return document + b"startxref\n%d\n%%%%EOF\n" % start


@cache
def streams_together() -> bytes:
    """Nine pieces of content that are each within bounds, and not together."""
    packed = packed_run(b"", b" ", 59_850_000)
    piece = stream(packed, "/Filter/FlateDecode")
    contents = " ".join(f"{10 + index} 0 R" for index in range(9))
    page = f"<</Type/Page/Parent 2 0 R{A4}/Resources<<>>/Contents[{contents}]>>"
    return draft({1: CATALOG, 2: PAGES, 3: page, **{10 + index: piece for index in range(9)}})


@cache
def object_streams_together() -> bytes:
    """Three object streams with one object each, and much space behind it."""
    document, rows = bytearray(b"%PDF-1.7\n"), {}
    for number, body in ((1, CATALOG), (2, PAGES), (3, f"<</Type/Page/Parent 2 0 R{A4}>>")):
        table = f"{number} 0 ".encode()
        data = packed_run(table + body.encode(), b" ", 50_000_000)
        entries = f"/Type/ObjStm/N 1/First {len(table)}/Filter/FlateDecode"
        rows[number] = b"\x02" + (10 + number).to_bytes(4) + b"\0\0"
        rows[10 + number] = b"\x01" + len(document).to_bytes(4) + b"\0\0"
        document += f"{10 + number} 0 obj\n".encode() + stream(data, entries) + b"\nendobj\n"
    start = len(document)
    rows[14] = b"\x01" + start.to_bytes(4) + b"\0\0"
    table = b"".join(rows.get(number, bytes(7)) for number in range(15))
    document += b"14 0 obj\n" + stream(table, "/Type/XRef/Root 1 0 R/Size 15/W[1 4 2]")
    return bytes(document) + f"\nendobj\nstartxref\n{start}\n%%EOF\n".encode()


SAMPLES: dict[str, dict[str, Callable[[], bytes]]] = {
    "active-content": {
        "script at opening": lambda: one_page(
            catalog=catalog("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
        ),
        "script in names": lambda: one_page(
            catalog=catalog("/Names<</JavaScript<</Names[(a)6 0 R]>>>>"),
            more={6: "<</S/JavaScript/JS(1)>>"},
        ),
        "escaped names": lambda: action("/#53/J#61vaScr#69pt/#4aS(1)"),
        "in an object stream": lambda: in_object_streams(action("/S/J#61vaScript/JS(1)")),
        "indirect kind": lambda: one_page(
            page=f"{A4}/Annots[6 0 R]",
            more={
                6: "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A 7 0 R>>",
                7: "<</S 8 0 R>>",
                8: "/Launch",
            },
        ),
        "inherited": lambda: one_page(
            pages="<</Type/Pages/Kids[3 0 R]/Count 1/AA<</O<</S/Named/N/Print>>>>>>"
        ),
        "of an object that nothing shows": lambda: one_page(more={6: "<</S/JavaScript/JS(1)>>"}),
        "next action": lambda: action("/S/URI/URI(https://a.example)/Next<</S/Launch/F(a.exe)>>"),
        "jump at opening with more": lambda: one_page(
            catalog=catalog("/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/Named/N/Print>>>>")
        ),
        "print at opening": lambda: one_page(catalog=catalog("/OpenAction<</S/Named/N/Print>>")),
        "launch": lambda: action("/S/Launch/F(a.exe)"),
        "submit": lambda: action("/S/SubmitForm/F(https://a.example)"),
        "import": lambda: action("/S/ImportData/F(a.fdf)"),
        "other file": lambda: action("/S/GoToR/F(a.pdf)/D[0/Fit]"),
        "attached file": lambda: action("/S/GoToE/D[0/Fit]"),
        "rendition": lambda: action("/S/Rendition/OP 0"),
        "hide": lambda: action("/S/Hide/T(x)"),
        "layers": lambda: action("/S/SetOCGState/State[/ON]"),
        "script as a link": lambda: action("/S/URI/URI( java\\nscript:alert\\(1\\))"),
        "rich media": lambda: annotation("/Subtype/RichMedia"),
        "movie": lambda: annotation("/Subtype/Movie"),
        "sound": lambda: annotation("/Subtype/Sound"),
        "screen": lambda: annotation("/Subtype/Screen"),
        "xfa": lambda: one_page(
            catalog=catalog("/AcroForm<</Fields[]/XFA 6 0 R>>"), more={6: stream(b"<xdp/>")}
        ),
        "page opens": lambda: one_page(page=f"{A4}/AA<</O<</S/JavaScript/JS(1)>>>>"),
        "called a font": lambda: one_page(
            catalog=catalog("/Font 6 0 R/Names 6 0 R"),
            more={6: "<</JavaScript<</Names[(a)7 0 R]>>>>", 7: "<</S/JavaScript/JS(1)>>"},
        ),
    },
    "ambiguous-structure": {
        **fonts_that_readers_differ_in(),
        **words_taken_otherwise(),
        "linearised, with another contract behind its first object": of_two_contracts,
        "linearised, when it is longer": lambda: of_two_contracts(longer=9000),
        "a catalogue that is a list of fonts": lambda: one_page(
            f"{TEXT} BT /AcroForm 24 Tf 72 600 Td (000) Tj ET", resources="/X<</Font 1 0 R>>"
        ),
        "information that is a list of forms": lambda: one_page(
            TEXT,
            resources="/XObject 6 0 R",
            more={6: "<</Title(a)>>"},
            trailer="/Root 1 0 R/Info 6 0 R",
        ),
        "annotations that are a box": lambda: one_page(
            TEXT, page="/MediaBox 6 0 R/Annots 6 0 R", more={6: "[0 0 595 842]"}
        ),
        "annotations that are content": lambda: one_page(
            TEXT, contents="6 0 R", page=f"{A4}/Annots 6 0 R", more={6: "[5 0 R]"}
        ),
        "fields that are a box": lambda: one_page(
            TEXT,
            page="/MediaBox 6 0 R",
            more={6: "[0 0 595 842]"},
            catalog=catalog("/AcroForm<</Fields 6 0 R>>"),
        ),
        "a field that is a list of states": lambda: one_page(
            TEXT,
            resources="/ExtGState 6 0 R",
            page=f"{A4}/Annots[6 0 R]",
            more={6: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/F 4/Rect[9 9 99 99]/P 3 0 R>>"},
            catalog=catalog("/AcroForm<</Fields[6 0 R]>>"),
        ),
        "wrong length": lambda: one_page(TEXT).replace(b"/Length 56", b"/Length 12"),
        "two roots for two readers": lambda: one_page(TEXT).replace(b"5 0 obj", b"7 0 obj"),
        **fields_that_say_two_things(),
        "stray bytes in an object": lambda: one_page(more={6: "<</A 1>> garbage"}),
        "beyond the size": lambda: one_page(TEXT, more={150: "<</A 1>>"}, xref="stream").replace(
            b"/Size 151", b"/Size 110"
        ),
    },
    "bytes-outside": {
        "behind": lambda: one_page(TEXT) + b"PK\x03\x04 something else",
    },
    "covered-content": {
        "picture over text": shadow_hide,
        "black picture over text": lambda: picture_over_text(
            f"{TEXT} q 500 0 0 60 80 680 cm /P Do Q", BLACK_PIXEL
        ),
        "inline picture over text": lambda: one_page(
            f"{TEXT} q 500 0 0 60 80 680 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"
        ),
        "picture in a form over text": lambda: picture_over_text(
            f"{TEXT} /P Do",
            stream(
                b"q 500 0 0 60 80 680 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q",
                "/Type/XObject/Subtype/Form/BBox[0 0 600 800]",
            ),
        ),
        "picture that cannot be drawn": lambda: picture_over_text(
            f"{TEXT} q 500 0 0 60 80 680 cm /P Do Q",
            stream(b"x", "/Type/XObject/Subtype/Image/Width 9/Height 9/Filter/JPXDecode"),
        ),
        "annotation over text": lambda: annotation(
            "/Subtype/Stamp/F 4/AP<</N 7 0 R>>", {7: WHITE_BOX}
        ),
    },
    "duplicate-keys": {
        "in a font": lambda: one_page(
            TEXT, more={4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/BaseFont/Courier>>"}
        ),
        "under an escape": lambda: one_page(
            TEXT, more={4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Base#46ont/Courier>>"}
        ),
    },
    "duplicate-objects": {
        "content twice": lambda: twice(one_page(TEXT), 5, stream(b"0 0 99 99 re f")),
    },
    "embedded-files": {
        "attached": lambda: one_page(
            catalog=catalog("/Names<</EmbeddedFiles<</Names[(a)6 0 R]>>>>"),
            more={6: "<</Type/Filespec/F(a.xml)/EF<</F 7 0 R>>>>", 7: stream(b"<a/>")},
        ),
        "on the page": lambda: annotation("/Subtype/FileAttachment"),
    },
    "encryption": {"password": encrypted},
    "external-stream": {
        "content": lambda: one_page(more={5: stream(b"", "/F(elsewhere.bin)")}),
        "page of another file": lambda: picture_over_text(
            "/P Do", stream(b"", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Ref<</F(a.pdf)/Page 0>>")
        ),
    },
    "form-fields": {"text": lambda: field("/FT/Tx")},
    "hidden-layers": {
        "shown when another is off": lambda: of_layers("/OCGs[6 0 R]/P/AllOff"),
        "shown when one is off": lambda: of_layers("/OCGs 6 0 R/P/AnyOff"),
        "shown by an expression": lambda: of_layers("/VE[/Not 6 0 R]"),
        "shown when another is off, in a document without layers": lambda: of_layers(
            "/OCGs[6 0 R]/P/AllOff", of_catalog=""
        ),
        "off": lambda: layers("/OFF[6 0 R]"),
        "all off": lambda: layers("/BaseState/OFF"),
        "off when printed": lambda: layers(
            "/AS[<</Event/Print/OCGs[6 0 R]/Category[/Print]>>]",
            "/Usage<</Print<</PrintState/OFF>>>>",
        ),
        "hidden annotation": lambda: annotation(
            "/Subtype/Stamp/F 2/AP<</N 7 0 R>>", {7: WHITE_BOX}
        ),
        "annotation without view": lambda: annotation(
            "/Subtype/Stamp/F 32/AP<</N 7 0 R>>", {7: WHITE_BOX}
        ),
    },
    "hybrid-cross-references": {"another page for old readers": hybrid},
    "limits": {
        "pages": lambda: many_pages(2_001),
        "nesting": lambda: one_page(more={6: "[" * 150 + "]" * 150}),
        "nesting past qpdf": lambda: one_page(more={6: "[" * 400 + "]" * 400}),
        "bomb": lambda: bomb(1),
        "bomb in a bomb": lambda: bomb(2),
        "picture": lambda: picture_over_text(
            "/P Do",
            stream(
                b"",
                "/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 1/ImageMask true",
            ),
        ),
        "streams together": streams_together,
        "object streams together": object_streams_together,
        "filters": lambda: one_page(
            more={5: stream(b">", "/Filter[" + "/ASCIIHexDecode" * 7 + "]")}
        ),
    },
    "page-box-tricks": {
        "crop box outside": lambda: one_page(page=f"{A4}/CropBox[900 900 1200 1200]"),
        "text outside the crop box": lambda: one_page(TEXT, page=f"{A4}/CropBox[0 0 595 500]"),
        "inherited crop box": lambda: one_page(
            TEXT, pages="<</Type/Pages/Kids[3 0 R]/Count 1/CropBox[0 0 595 500]>>"
        ),
        "hardly visible": lambda: one_page(page=f"{A4}/CropBox[0 0 5 5]"),
    },
    "several-revisions": {
        "another content": lambda: updated(one_page(TEXT), {5: stream(b"0 0 99 99 re f")}),
    },
    "stamp-over-text": {
        "a partner's stamp": stamped_by_a_partner,
        "a stamp beside the signature": stamped_beside_a_signature,
    },
    "undrawn-fields": undrawn_fields(),
    "unreachable-objects": {
        "spare page": shadow_hide_and_replace,
        "in no table": lambda: twice(one_page(TEXT), 9, stream(b"0 0 99 99 re f")),
        "in an object stream": in_object_streams_with_spare,
    },
    "widget-outside-form": {
        "in no form": shadow_replace,
        "two over one another": shadow_hide_fields,
        "without any form": lambda: annotation("/Subtype/Widget/FT/Tx/T(a)"),
    },
}
"""Rule → what the sample shows → its maker."""

SHADOW: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "hide": (shadow_hide, {"covered-content"}),
    "hide fields": (shadow_hide_fields, {"widget-outside-form"}),
    "replace": (shadow_replace, {"widget-outside-form"}),
    "replace a font": (shadow_replace_font, set()),
    "hide and replace": (shadow_hide_and_replace, {"unreachable-objects"}),
    "hide and replace with a widget": (
        shadow_hide_and_replace_with_widget,
        {"unreachable-objects", "widget-outside-form"},
    ),
}
"""Shadow attacks before signing, and the rules that must find each."""


def all_samples() -> dict[str, Callable[[], bytes]]:
    """Every sample under a name of its own."""
    found = {
        f"{rule}: {name}": make for rule, makers in SAMPLES.items() for name, make in makers.items()
    }
    return found | {f"shadow: {name}": make for name, (make, _) in SHADOW.items()}
