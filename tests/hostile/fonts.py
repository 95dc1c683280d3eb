"""Pages whose text one reader draws and another does not, or as another text; and honest ones."""

from collections.abc import Callable, Mapping

from tests.unit.documents.drafts import A4, CATALOG, FONT, PAGES, draft, stream

SHOWN = "72 700 Td (Amount 100) Tj ET"
F = "/Font<</F 4 0 R>>"
F_AND_G = "/Font<</F 4 0 R/G 6 0 R>>"
NINE_FOR_ONE = (
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica"
    "/Encoding<</Type/Encoding/Differences[49/nine]>>>>"
)
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
LETTERS = (
    "/Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 49/LastChar 49"
    "/Widths[1]/Encoding<</Differences[49/one]>>"
)


def _page(
    content: str,
    resources: str = F,
    *,
    page: str = "",
    pages: str = PAGES,
    more: Mapping[int, str | bytes] | None = None,
) -> bytes:
    own = f"/Resources<<{resources}>>" if resources else ""
    objects: dict[int, str | bytes] = {
        1: CATALOG,
        2: pages,
        3: f"<</Type/Page/Parent 2 0 R{own}/Contents 5 0 R{A4}{page}>>",
        4: FONT,
        5: stream(content.encode()),
    }
    return draft({**objects, **(more or {})})


def fonts_that_readers_differ_in() -> dict[str, Callable[[], bytes]]:
    """What is odd about one → its maker."""
    return {
        "a font that the page lacks": lambda: _page(f"BT /x 24 Tf {SHOWN}"),
        "a font that the page lacks, in escapes": lambda: _page(f"BT /#78 24 Tf {SHOWN}"),
        "a font that is nothing": lambda: _page(f"BT /G 24 Tf {SHOWN}", "/Font<</F 4 0 R/G null>>"),
        "a font of no kind": lambda: _page(
            f"BT /F 24 Tf {SHOWN}", more={4: "<</Type/Font/BaseFont/Helvetica>>"}
        ),
        "a font of a graphics state": lambda: _page(
            f"BT /F 24 Tf /G gs {SHOWN}",
            f"{F}/ExtGState<</G<</Font[6 0 R 24]>>>>",
            more={6: NINE_FOR_ONE},
        ),
        "a font of a graphics state, by reference": lambda: _page(
            f"BT /F 24 Tf /G gs {SHOWN}",
            f"{F}/ExtGState<</G<</Font 7 0 R>>>>",
            more={6: NINE_FOR_ONE, 7: "[6 0 R 24]"},
        ),
        "a size and an operator in one word": lambda: _page(
            f"BT /F 24 Tf /G 24Tf {SHOWN}", F_AND_G, more={6: NINE_FOR_ONE}
        ),
        "a font that the page lacks, behind what looks like a comment": lambda: _page(
            f"BT /F %\n24 Tf ((((%)))) Tj /x 24 Tf {SHOWN}"
        ),
        "a font that a form lacks": lambda: _page(
            "/P Do",
            f"{F}/XObject<</P 6 0 R>>",
            more={6: stream(f"BT /x 24 Tf {SHOWN}".encode(), FORM)},
        ),
        "a font that an appearance lacks": lambda: _page(
            "",
            page="/Annots[6 0 R]",
            more={
                6: "<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N 7 0 R>>>>",
                7: stream(f"BT /x 24 Tf {SHOWN}".encode(), FORM),
            },
        ),
        "a font that a tile lacks": lambda: _page(
            "/Pattern cs /P scn 0 0 595 842 re f",
            f"{F}/Pattern<</P 6 0 R>>",
            more={
                6: stream(
                    f"BT /x 24 Tf {SHOWN}".encode(),
                    "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 595 842]"
                    "/XStep 595/YStep 842/Resources<<>>",
                )
            },
        ),
        "a font that a character lacks": lambda: _page(
            "BT /T 24 Tf 72 700 Td (1) Tj ET",
            "/Font<</F 4 0 R/T 6 0 R>>",
            more={
                6: f"<<{LETTERS}/CharProcs<</one 7 0 R>>>>",
                7: stream(b"1 0 d0 BT /x 1 Tf (1) Tj ET"),
            },
        ),
    }


def words_taken_otherwise() -> dict[str, Callable[[], bytes]]:
    """Pages of which readers show more or less; what is odd about one → its maker."""
    shown = f"BT /F 24 Tf {SHOWN}"
    return {
        "a state that was not saved": lambda: _page(f"q {shown} Q Q {shown}"),
        "a state that was not saved, behind a text": lambda: _page(
            f"BT /F 9 Tf (q) Tj ET Q {shown}"
        ),
        "a state that was not saved, in what looks like a picture": lambda: _page(
            f"BT /F 9 Tf (BI ID ) Tj ET Q BT /F 9 Tf ( EI) Tj ET {shown}"
        ),
        "a state that was not saved, behind a picture": lambda: _page(
            f"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI Q {shown} BI /W 1 /H 1 /BPC 8 /CS /G ID ) EI"
        ),
        "a state that was not saved, behind what looks like a comment": lambda: _page(
            f"BT /F 9 Tf {'(' * 9}%{')' * 9} Tj ET Q {shown}"
        ),
        "a place of which one reader makes nothing": lambda: _page(
            "BT /F 24 Tf 72 700 Td (Amount 1) Tj 0 -900Td (00) Tj ET"
        ),
        "a number that is none to all": lambda: _page(f"q 1e3 0 0 1 0 0 cm Q {shown}"),
        "a name that is shown": lambda: _page(f"{shown} BT /F 24 Tf 72 600 Td /Amount900 Tj ET"),
        "a way that there is not": lambda: _page(f"BT /F 24 Tf 3.5 Tr {SHOWN}"),
        "a state that a form did not save": lambda: _page(
            f"/P Do {shown}",
            f"{F}/XObject<</P 6 0 R>>",
            more={6: stream(b"Q", FORM)},
        ),
    }


def honest_fonts() -> dict[str, Callable[[], bytes]]:
    """Pages that all readers draw alike, though they look a little like those."""
    return {
        "inherited": lambda: _page(
            f"BT /F 24 Tf {SHOWN}",
            "",
            pages=f"<</Type/Pages/Kids[3 0 R]/Count 1/Resources<<{F}>>>>",
        ),
        "not an object of its own": lambda: _page(
            f"BT /G 24 Tf {SHOWN}", f"/Font<</F 4 0 R/G{FONT}>>"
        ),
        "what only a text says": lambda: _page(
            "BT /F 24 Tf 72 700 Td (as /x 24 Tf, \\) and (Tf ) Tf ) Tj ET"
        ),
        "states that are saved and not restored": lambda: _page(f"q q BT /F 24 Tf {SHOWN} Q"),
        "what a text and a picture say": lambda: _page(
            "q BT /F 24 Tf 72 700 Td (A Q \\) Q B) Tj ET Q "
            "q 9 0 0 9 9 9 cm BI /W 3 /H 1 /BPC 8 /CS /G ID  Q  EI Q"
        ),
        "texts in hexadecimal digits": lambda: _page(
            "BT /F 24 Tf 72 700 Td <41 6D6F756E74 20 3a> Tj ET"
        ),
        "each way in which text is drawn": lambda: _page(
            "BT /F 24 Tf 0 Tr 7 Tr 3\nTr 0  Tr 72 700 Td (Amount 100) Tj "
            "/A <</B/C>> BDC (1) Tj EMC ET"
        ),
        "brackets in a text": lambda: _page(
            "BT /F 24 Tf 72 700 Td (a (b (c (d 2e (Q))))) Tj ET /Span <</ActualText<FE1b>>> BDC EMC"
        ),
        "a comment between": lambda: _page(f"BT /F % the font\n24 Tf {SHOWN}"),
        "a form that uses the page's": lambda: _page(
            "/P Do",
            f"{F}/XObject<</P 6 0 R>>",
            more={6: stream(f"BT /F 24 Tf {SHOWN}".encode(), FORM)},
        ),
        "a character that is written by the page's": lambda: _page(
            "BT /T 24 Tf 72 700 Td (1) Tj ET",
            "/Font<</F 4 0 R/T 6 0 R>>",
            more={
                6: f"<<{LETTERS}/CharProcs<</one 7 0 R>>/Resources<<{F}>>>>",
                7: stream(b"1 0 d0 BT /F 1 Tf (1) Tj ET"),
            },
        ),
    }
