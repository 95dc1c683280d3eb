"""Syntax at odds with the proof that nothing is in a document (`gateway.documents.lean.clean`).

Each document has something that an intake rule is about, and hides it where a reader that does not
quite read PDF would not look, or would take it for something else.
"""

import zlib
from collections.abc import Callable
from functools import cache

from tests.hostile.samples import TEXT, WHITE_PIXEL, catalog, picture_over_text
from tests.unit.documents.drafts import A4, CATALOG, FONT, PAGES, draft, one_page, stream

MIB = 1024 * 1024
SPARE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R>>"
SCRIPT = "/OpenAction<</S/JavaScript/JS<6170702e616c657274283129>>>"
INLINE_PICTURE = "BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI"
COVER = "q 500 0 0 60 80 680 cm"
WEB_LINK = "/Subtype/Link/A<</S/URI/URI(https://a.example)>>"

Makers = dict[str, Callable[[], bytes]]


def page(entries: str, more: dict[int, str | bytes] | None = None) -> bytes:
    """A page with text and these entries besides its own."""
    return one_page(TEXT, page=f"{A4}{entries}", more=more)


def annotated(entries: str) -> bytes:
    """A page with one annotation."""
    return page("/Annots[6 0 R]", {6: f"<</Type/Annot/Rect[0 0 595 842]{entries}>>"})


def trailing(entries: str, more: dict[int, str | bytes] | None = None) -> bytes:
    """A page whose trailer has these entries too."""
    return one_page(TEXT, trailer=f"/Root 1 0 R{entries}", more=more)


def in_the_gap(document: bytes, gap: bytes) -> bytes:
    """The document with something between its last object and its table."""
    start = int(document.rsplit(b"startxref", 1)[1].split()[0])
    table = document[start:].replace(b"%d" % start, b"%d" % (start + len(gap)))
    return document[:start] + gap + table


def drawn_by(entries: str, data: bytes, more: dict[int, str | bytes] | None = None) -> bytes:
    """A page whose content has these entries and this data, but no /Length of our making."""
    body = f"<<{entries}>>\nstream\n".encode() + data + b"\nendstream"
    return one_page(more={5: body, **(more or {})})


def with_spare(entries: str) -> bytes:
    """A font with these entries, and a page behind it that no table names."""
    return page("", {4: FONT.replace(">>", f"{entries}>>") + SPARE_BEHIND})


@cache
def packed(times: int) -> bytes:
    """A hundred MiB of space, packed so often."""
    data = b" " * (100 * MIB)
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


def circle_of_forms() -> bytes:
    """Forms that draw twenty of the next each, and say what they are by reference."""
    forms: dict[int, str | bytes] = {30: "/Form"}
    for depth in range(10, 18):
        own = "/Type/XObject/Subtype 30 0 R/BBox[0 0 9 9]"
        if depth == 17:
            forms[depth] = stream(b"0 0 9 9 re f", own)
            continue
        resources = f"/Resources<</XObject<</P {depth + 1} 0 R>>>>"
        forms[depth] = stream(b"/P Do " * 20, own + resources)
    content = f"<</Type/Page/Parent 2 0 R/Resources<</XObject<</P 10 0 R>>>>/Contents 5 0 R{A4}>>"
    return draft({1: CATALOG, 2: PAGES, 3: content, 5: stream(b"/P Do"), **forms})


def cover_by_reference() -> bytes:
    """A picture over text that says what it is by reference."""
    resources = "/Resources<</Font<</F 4 0 R>>/XObject<</P 6 0 R>>>>"
    return one_page(
        more={
            3: f"<</Type/Page/Parent 2 0 R{resources}/Contents 5 0 R{A4}>>",
            5: stream(f"{TEXT} {COVER} /P Do Q".encode()),
            6: WHITE_PIXEL.replace(b"/Image", b" 7 0 R"),
            7: "/Image",
        }
    )


def another_kind_of_page(kind: str) -> bytes:
    """A page that says what it is somewhere else than a reader looks."""
    rest = f"/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R{A4}"
    return one_page(TEXT, more={3: f"<<{kind}{rest}>>"})


def behind_a_predictor(content: str) -> bytes:
    """A page whose packed content has each byte told by how far it is from the one before."""
    plain = content.encode("latin-1")
    apart = bytes((one - other) % 256 for one, other in zip(plain, b"\0" + plain, strict=False))
    data = zlib.compress(apart)
    told = f"/Predictor 2/Columns {len(plain)}"
    return drawn_by(f"/Length {len(data)}/Filter/FlateDecode/DecodeParms<<{told}>>", data)


def in_drawn_letters(letter: str) -> bytes:
    """A page with text in a font whose letter is drawn by this content."""
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]"
        "/FirstChar 97/LastChar 97/Widths[1000]/Encoding<</Differences[97/a]>>"
        "/CharProcs<</a 6 0 R>>/Resources<<>>>>"
    )
    return page("", {4: font, 6: stream(letter.encode("latin-1"))})


ENDS = "\nendstream"
TEXT_BYTES = TEXT.encode()
CUT = TEXT_BYTES + b"\nendstream endobj\n" + TEXT_BYTES
WITH_OBJECT = TEXT_BYTES + b"\nendstream\nendobj\n9 0 obj\n<</S/JavaScript/JS(x)>>\nendobj\n"

BRACKETS_IN_COMMENTS: Makers = {
    "script at opening": lambda: one_page(TEXT, catalog=catalog(f"% (\n{SCRIPT}% )\n")),
    "script behind half a dictionary": lambda: one_page(
        TEXT, catalog=catalog(f"/A<<% >> (\n/B 1>>{SCRIPT}% )\n")
    ),
    "script behind a backslash": lambda: one_page(
        TEXT, catalog=catalog(f"/A(\\\\)% (\\\r{SCRIPT}% )\r")
    ),
    "attached file": lambda: one_page(
        TEXT,
        catalog=catalog("% (\n/Names<</EmbeddedFiles<</Names[<61>6 0 R]>>>>% )\n"),
        more={6: "<</Type/Filespec/EF<</F 7 0 R>>>>", 7: stream(b"MZ")},
    ),
    "launch": lambda: annotated("/Subtype/Link% (\n/A<</S/Launch/F<61>>>% )\n"),
    "crop box": lambda: page("% (\n/CropBox[100 100 110 110]% )\n"),
    "content twice": lambda: page(
        "% (\n/Contents 6 0 R% )\n/Keep 6 0 R", {6: stream(b"0 0 9 9 re f")}
    ),
    "font twice": lambda: page("", {4: FONT.replace(">>", "% (\n/BaseFont/Courier% )\n>>")}),
    "a key twice, deep within": lambda: page("/A<<% (\n/B 1/B 2% )\n>>"),
}
LENGTHS: Makers = {
    "in a string, and true behind a form feed": lambda: drawn_by(
        f"/A(/Length {len(WITH_OBJECT)} )/Length\x0c{len(TEXT)}", WITH_OBJECT
    ),
    "too short behind a form feed": lambda: drawn_by(
        f"/A(/Length {len(TEXT)} )/Length\x0c1", TEXT_BYTES
    ),
    "none of nothing": lambda: drawn_by(f"/A(/Length {len(TEXT)} )/Length\x0c0", TEXT_BYTES),
    "beyond the data": lambda: drawn_by(
        f"/A(/Length {len(TEXT)} )/Length\x0c{len(TEXT) + 40}", TEXT_BYTES
    ),
    "in a dictionary within": lambda: drawn_by(f"/A<</Length {len(TEXT)}>>", TEXT_BYTES),
    "twice, in a dictionary within and wrong": lambda: drawn_by(
        f"/A<</Length {len(TEXT)}>>/Length 9", TEXT_BYTES
    ),
    "in a comment": lambda: drawn_by(f"%/Length {len(TEXT)}\n", TEXT_BYTES),
    "none, and endstream in the data": lambda: drawn_by(f"/A(/Length {len(CUT)} )", CUT),
    "too long, and endstream in the data": lambda: drawn_by(
        f"/A(/Length {len(CUT)} )/Length\x0c{len(CUT) + 7}", CUT
    ),
    "an object in the data": lambda: drawn_by(f"/Length {len(TEXT)}", WITH_OBJECT),
}
TRAILERS: Makers = {
    "script": lambda: trailing("/JS(x)"),
    "script in escapes": lambda: trailing("/Info<</J#53(x)>>"),
    "script behind a bracket in a comment": lambda: trailing("% (\n/JS(x)% )\n"),
    "attached file": lambda: trailing("/A<</EF<</F 6 0 R>>>>", {6: stream(b"MZ")}),
    "a key twice": lambda: trailing("/Info<</Title(a)/Title(b)>>"),
    "text that reaches": lambda: trailing("/ID[(6 0 R)(6 0 R)]", {6: SPARE}),
    "comment that reaches": lambda: trailing("% 6 0 R\n", {6: SPARE}),
}
EXCUSES: Makers = {
    "called a table within": lambda: one_page(
        TEXT, more={6: SPARE.replace("<<", "<</A<</Type/XRef>>", 1)}
    ),
    "called a table in a text": lambda: one_page(
        TEXT, more={6: SPARE.replace("<<", "<</A(/Type/XRef)", 1)}
    ),
    "called linearised": lambda: one_page(
        TEXT, more={6: SPARE.replace("<<", "<</Linearized 1", 1)}
    ),
    "a stream called a table": lambda: one_page(TEXT, more={6: stream(TEXT_BYTES, "/Type/XRef")}),
    "a stream called a table within": lambda: one_page(
        TEXT, more={6: stream(TEXT_BYTES, "/A<</Type/XRef>>")}
    ),
    "a container of nothing": lambda: one_page(
        TEXT, more={6: stream(TEXT_BYTES, "/Type/ObjStm/N 0/First 0")}
    ),
    "reached by a text": lambda: page("/A(6 0 R)", {6: SPARE}),
    "reached by a comment": lambda: page("% 6 0 R\n", {6: SPARE}),
    "reached by itself": lambda: page("", {6: SPARE.replace("<<", "<</Self 6 0 R", 1)}),
}
INDIRECT: Makers = {
    "forms": circle_of_forms,
    "picture": cover_by_reference,
    "action": lambda: page(
        "/Annots[6 0 R]",
        {6: "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S 7 0 R>>>>", 7: "/Launch"},
    ),
    "annotation": lambda: page(
        "/Annots[6 0 R]", {6: "<</Type/Annot/Subtype 7 0 R/Rect[0 0 9 9]>>", 7: "/Movie"}
    ),
    "filter": lambda: drawn_by(
        f"/Filter 6 0 R/Length {len(packed(1))}", packed(1), {6: "/FlateDecode"}
    ),
    "filters behind a twin": lambda: drawn_by(
        f"/A<</Filter/FlateDecode>>/Filter\x0c6 0 R/Length {len(packed(2))}",
        packed(2),
        {6: "[/FlateDecode/FlateDecode]"},
    ),
    "sides of a picture": lambda: page(
        "/A 6 0 R",
        {
            6: stream(b"a", "/Subtype/Image/A<</Width 1/Height 1>>/Width 7 0 R/Height 7 0 R"),
            7: "100000",
        },
    ),
}
TWINS: Makers = {
    "bomb called a picture within": lambda: drawn_by(
        f"/A<</Subtype/Image/Width 1/Height 1>>/Filter[/FlateDecode/FlateDecode]"
        f"/Length {len(packed(2))}",
        packed(2),
    ),
    "page": lambda: another_kind_of_page("/Type/Foo/A<</Type/Page>>"),
    "page that is a node": lambda: another_kind_of_page("/Type/Page/Kids<41>"),
    "page in a text": lambda: another_kind_of_page("/A(/Type/Page )"),
    "box": lambda: one_page(TEXT, page="/A<</MediaBox[0 0 595 842]>>"),
    "box behind odd space": lambda: one_page(
        TEXT, page="/A<</MediaBox[0 0 595 842]>>/MediaBox\x0c\x00[0 0 1 1]"
    ),
    "box and what is inherited": lambda: one_page(
        TEXT,
        page="/A<</MediaBox[0 0 595 842]>>",
        pages="<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 3 3]>>",
    ),
}
ANNOTATIONS: Makers = {
    "a name where the list should be": lambda: page(
        "/Annots/Type/Page [6 0 R]", {6: f"<</Type/Annot/Rect[0 0 595 842]{WEB_LINK}>>"}
    ),
    "a number where the list should be": lambda: page("/Annots 5"),
    "a dictionary by reference where the list should be": lambda: page(
        "/Annots 6 0 R", {6: "<</Keep 1>>"}
    ),
    "link to a script, balanced by a text": lambda: annotated(
        "/Subtype/Link/Contents(/S/URI )/A<</S/URI/URI(javascript:alert\\(1\\))>>"
    ),
    "link to a script in hex": lambda: annotated(
        "/Subtype/Link/Contents(/S/URI )/A<</S/URI/URI<6a6176617363726970743a61>>>"
    ),
    "link to a script beside a web address": lambda: annotated(
        "/Subtype/Link/Contents(https://a.example)/A<</S/URI/URI(javascript:a)>>"
    ),
    "link to a script by reference": lambda: page(
        "/Annots[6 0 R]",
        {
            6: "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI 7 0 R>>>>",
            7: "(javascript:a)",
        },
    ),
    "square without appearance": lambda: annotated("/Subtype/Square/IC[1 1 1]/C[1 1 1]/F 4"),
    "text without appearance": lambda: annotated(
        "/Subtype/FreeText/DA(/F 30 Tf 0 g)/Contents(1,000,000)/F 4"
    ),
}
_WITHOUT_A_PLACE = {
    "square without a place": "/Subtype/Square/IC[1 1 1]",
    "text without a place": "/Subtype/FreeText/DA(/F 30 Tf 0 g)/Contents(1,000,000)",
}
ANNOTATIONS |= {
    name: lambda entries=entries: page("/Annots[6 0 R]", {6: f"<</Type/Annot{entries}>>"})  # type: ignore[misc]
    for name, entries in _WITHOUT_A_PLACE.items()
}
INLINE_PICTURES: Makers = {
    f"behind {glued!r}": lambda glued=glued: one_page(  # type: ignore[misc]
        f"{TEXT} {COVER} {glued}{INLINE_PICTURE} Q"
    )
    for glued in ("()", "[]", "<>", "/A ", "1\x00", "1\x0c", "%\n")
} | {
    "in an array by reference": lambda: one_page(
        more={5: "[6 0 R]", 6: stream(f"{TEXT} {COVER} {INLINE_PICTURE} Q".encode("latin-1"))}
    ),
    "behind a predictor": lambda: behind_a_predictor(f"{TEXT} {COVER} {INLINE_PICTURE} Q"),
}
LOOK_LIKE_OBJECTS: Makers = {
    "in the first comment": lambda: one_page(TEXT, version="1.7\n% 9 0 obj <</JS 1>> endobj"),
    "in a text": lambda: page("/A(see 9 0 obj)"),
    "in a comment within": lambda: page("% 9 0 obj\n"),
    "in a comment before the value": lambda: page("", {4: f"% 9 0 obj\n{FONT}"}),
    "in a comment behind the value": lambda: page("", {4: f"{FONT}% 9 0 obj"}),
    "at once in a text": lambda: page("/A(9 0 obj)"),
    "at once in a comment": lambda: page("%9 0 obj\n"),
    "in a word": lambda: page("/A(seen9 0 obj)"),
    "with many digits": lambda: page(f"/A({'0' * 40}9 {'0' * 9} obj)"),
    "with a comment between its numbers": lambda: page("/A(9 %\n0 obj)"),
    "with a comment before its word": lambda: page("/A(9 0 %\nobj)"),
    "with much space before its word": lambda: page(f"/A(9 0 %\n{' ' * 99}obj)"),
    "in a trailer": lambda: trailing("/A(see 9 0 obj)"),
    "in a comment of a trailer": lambda: trailing("% 9 0 obj\n"),
    "in a gap": lambda: in_the_gap(one_page(TEXT), b"% 9 0 obj <</JS 1>> endobj\n"),
}
LONG_NUMBERS: Makers = {
    "box": lambda: one_page(TEXT, page=f"/MediaBox[0 0 {'9' * 5000} 842]"),
    "count": lambda: one_page(
        TEXT, pages=f"<</Type/Pages/Kids[3 0 R]/Count {'0' * 5000}1>>", page=A4
    ),
    "reference": lambda: page(f"/A {'0' * 5000}5 0 R"),
    "length": lambda: drawn_by(f"/Length {'0' * 5000}{len(TEXT)}", TEXT_BYTES),
    "size": lambda: trailing(f"/A {'7' * 5000}"),
    "width of a picture": lambda: picture_over_text(
        TEXT, stream(b"a", f"/Subtype/Image/Width {'9' * 5000}/Height 1")
    ),
    "box beyond all bounds": lambda: one_page(TEXT, page="/MediaBox[0 -2147483648 595 842]"),
    "of more than 64 bits": lambda: page("/A 9223372036854775808"),
    "of more than 64 bits, below nothing": lambda: page("/A[-9223372036854775809]"),
    "of more than 64 bits in a trailer": lambda: trailing("/A 9223372036854775808"),
}
REFERENCES: Makers = {
    "a list that is a reference": lambda: page("/Annots 6 0 R", {6: "7 0 R", 7: "[]"}),
    "a picture that is a reference": lambda: page("/A 6 0 R", {6: "5 0 R"}),
    "to object 0": lambda: page("/A 0 0 R"),
    "to object 0 by many digits": lambda: page("/A[1 00 0 R]"),
    "to an object 0 that is there": lambda: page("/A 0 0 R", {0: SPARE}),
    "a table that is object 0": lambda: (
        one_page(TEXT, xref="stream")
        .replace(b"\n100 0 obj", b"\n000 0 obj")
        .replace(b" 100 1]", b" 000 1]")
    ),
}

PLAIN: Makers = {
    "page": lambda: page("/A(a)"),
    "comment": lambda: page("% a\n/A% b\r(a)"),
    "trailer": lambda: trailing("/ID[(a)(b)]"),
    "gap": lambda: in_the_gap(one_page(TEXT), b"% a\n"),
    "content": lambda: drawn_by(f"/Length {len(TEXT)}", TEXT_BYTES),
    "length in odd space": lambda: drawn_by(f"/Length\x0c{len(TEXT)}", TEXT_BYTES),
    "kind of page": lambda: another_kind_of_page("/Type/Page"),
    "link": lambda: annotated("/Subtype/Link/A<</S/URI/URI(https://a.example)>>"),
    "procedures for pictures": lambda: page("/A[/PDF/Text/ImageB/ImageC/ImageI]"),
    "font that is drawn": lambda: in_drawn_letters("1000 0 d0 0 0 900 900 re f"),
}
"""Made in the same ways and nothing in them, so that what is not clean in the others is known."""

SPARE_BEHIND = f"\nendobj\n9 0 obj\n{SPARE}"
NO_STREAMS: Makers = {
    "a text": lambda: with_spare("/A(\nstream\n)"),
    "a text that ends a dictionary": lambda: with_spare("/A(>>\nstream\n)"),
    "a comment": lambda: with_spare("%stream\n"),
    "a comment that ends a dictionary": lambda: with_spare("%>>stream\n"),
    "a comment between objects": lambda: page(
        "", {4: f"{FONT}\nendobj\n% <<>>stream\n9 0 obj\n{SPARE}"}
    ),
    "a length in a text": lambda: drawn_by(
        f"/Length {len(TEXT)}/A(/Length {len(TEXT + ENDS + SPARE_BEHIND)} )",
        f"{TEXT}{ENDS}{SPARE_BEHIND}".encode(),
    ),
    "a length in a dictionary within": lambda: drawn_by(
        f"/Length {len(TEXT)}/A<</Length {len(TEXT + ENDS + SPARE_BEHIND)}>>",
        f"{TEXT}{ENDS}{SPARE_BEHIND}".encode(),
    ),
}
"""What is no stream, and hides an object that no table names from who skips to its end."""

EVASIONS: Makers = {
    f"{family}: {name}": make
    for family, makers in {
        "brackets in comments": BRACKETS_IN_COMMENTS,
        "lengths": LENGTHS,
        "trailers": TRAILERS,
        "excuses": EXCUSES,
        "indirect": INDIRECT,
        "twins": TWINS,
        "annotations": ANNOTATIONS,
        "inline pictures": INLINE_PICTURES,
        "what looks like an object": LOOK_LIKE_OBJECTS,
        "long numbers": LONG_NUMBERS,
        "references": REFERENCES,
        "no streams": NO_STREAMS,
    }.items()
    for name, make in makers.items()
}
"""Every evasion by its family and name."""
