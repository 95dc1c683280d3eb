"""Documents whose forms, patterns, letters and functions draw themselves."""

from collections.abc import Callable

from tests.unit.documents.drafts import A4, CATALOG, FONT, PAGES, draft, stream


def _resources(entries: str, more: dict[int, str | bytes]) -> bytes:
    page = f"<</Type/Page/Parent 2 0 R/Resources<<{entries}>>/Contents 5 0 R{A4}>>"
    content = b"/P gs /P Do /Pattern cs /P scn 0 0 99 99 re f /P sh BT /F 9 Tf 9 9 Td (ab) Tj ET"
    content += b" q 99 0 0 99 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"  # so it is drawn
    return draft({1: CATALOG, 2: PAGES, 3: page, 4: FONT, 5: stream(content), **more})


def oddities_of_drawings() -> dict[str, Callable[[], bytes]]:
    """All of them by name."""
    masked = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</ExtGState<</P 6 0 R>>>>"
    loop = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</P 6 0 R>>>>"
    glyphs = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 97"
        "/LastChar 98/Widths[9 9]/Encoding<</Differences[97/a/b]>>/CharProcs<</a 7 0 R/b 7 0 R>>"
        "/Resources<</Font<</F 6 0 R>>>>>>"
    )
    function = b"{" * 5_000 + b"}" * 5_000
    return {
        "a form draws itself": lambda: _resources(
            "/XObject<</P 6 0 R>>", {6: stream(b"/P Do /P Do", loop)}
        ),
        "a pattern paints itself": lambda: _resources(
            "/Pattern<</P 6 0 R>>",
            {6: stream(
                b"/Pattern cs /P scn 0 0 9 9 re f",
                "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 0.001/YStep 0.001"
                "/Resources<</Pattern<</P 6 0 R>>>>",
            )},
        ),
        "a letter writes itself": lambda: _resources(
            "/Font<</F 6 0 R>>", {6: glyphs, 7: stream(b"9 0 d0 BT /F 9 Tf (ab) Tj ET")}
        ),
        "a mask of itself": lambda: _resources(
            "/ExtGState<</P 6 0 R>>",
            {6: "<</SMask<</S/Luminosity/G 7 0 R>>>>", 7: stream(b"/P gs 0 0 9 9 re f", masked)},
        ),
        "a shading of deep functions": lambda: _resources(
            "/Shading<</P 6 0 R>>",
            {6: "<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 9 9]/Function 7 0 R>>",
             7: stream(function, "/FunctionType 4/Domain[0 1]/Range[0 1]")},
        ),
        "a function of itself": lambda: _resources(
            "/Shading<</P 6 0 R>>",
            {6: "<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 9 9]/Function 7 0 R>>",
             7: "<</FunctionType 3/Domain[0 1]/Functions[7 0 R 7 0 R]/Bounds[.5]/Encode[0 1]>>"},
        ),
        "a colour space of itself": lambda: _resources(
            "/ColorSpace<</P 6 0 R>>", {6: "[/Separation/x 6 0 R 6 0 R]"}
        ),
        "a font of itself": lambda: _resources(
            "/Font<</F 6 0 R>>", {6: "<</Type/Font/Subtype/Type0/DescendantFonts[6 0 R]>>"}
        ),
        "a map of letters that uses itself": lambda: _resources(
            "/Font<</F 6 0 R>>",
            {6: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R>>",
             7: stream(b"1 begincodespacerange <00> <ff> endcodespacerange", "/UseCMap 7 0 R")},
        ),
        "a map of letters of billions": lambda: _resources(
            "/Font<</F 6 0 R>>",
            {6: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R>>",
             7: stream(b"1 beginbfrange <00000000> <ffffffff> <0041> endbfrange")},
        ),
        "a font file of nothing": lambda: _resources(
            "/Font<</F 6 0 R>>",
            {6: "<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 7 0 R>>>>",
             7: stream(b"\0\1\0\0" + b"\xff" * 500)},
        ),
    }  # fmt: skip
