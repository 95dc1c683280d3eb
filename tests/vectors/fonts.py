"""Chinese text: with a font of our own that is embedded, with one by its name only, and Type 3.

The embedded font draws each character as a pattern of squares that no other character has, so no
font of anybody's is copied here. What can be read out of the file is the real text.
"""

import io
from collections.abc import Sequence

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

_UNITS = 1000
_CELL = 180
_COLUMNS = 4


def embedded(pdf: Pdf, characters: str) -> Dictionary:
    """A composite font (ISO 32000-2 §9.7) of TrueType outlines; codes are glyph numbers."""
    drawn = sorted(set(characters))
    program = Stream(pdf, _true_type(drawn))
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/ABCDEF+Squares"),
        Flags=4,
        FontBBox=Array([0, 0, _UNITS, _UNITS]),
        ItalicAngle=0,
        Ascent=_UNITS,
        Descent=0,
        CapHeight=_UNITS,
        StemV=80,
        FontFile2=pdf.make_indirect(program),
    )
    info = Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0)
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name("/ABCDEF+Squares"),
        CIDSystemInfo=info,
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=_UNITS,
        CIDToGIDMap=Name.Identity,
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/ABCDEF+Squares"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_indirect(Stream(pdf, _to_unicode(drawn))),
    )


def by_name(pdf: Pdf) -> Dictionary:
    """A font that readers are expected to have; codes are UTF-16."""
    info = Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=4)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/STSong-Light"),
        Flags=6,
        FontBBox=Array([-25, -254, 1000, 880]),
        ItalicAngle=0,
        Ascent=880,
        Descent=-120,
        CapHeight=880,
        StemV=93,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0,
        BaseFont=Name("/STSong-Light"),
        CIDSystemInfo=info,
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=_UNITS,
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light-UniGB-UCS2-H"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
    )


def type_3(pdf: Pdf, characters: str) -> Dictionary:
    """A font whose glyphs are content streams."""
    drawn = sorted(set(characters))
    procedures = Dictionary()
    for character in drawn:
        boxes = " ".join(f"{x} {y} {_CELL} {_CELL} re" for x, y in _squares(character))
        glyph = f"{_UNITS} 0 0 0 {_UNITS} {_UNITS} d1 {boxes} f"
        procedures[f"/c{ord(character):x}"] = pdf.make_indirect(Stream(pdf, glyph.encode()))
    differences = [item for each in drawn for item in (ord(each), Name(f"/c{ord(each):x}"))]
    first, last = ord(drawn[0]), ord(drawn[-1])
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, _UNITS, _UNITS]),
        FontMatrix=Array([1 / _UNITS, 0, 0, 1 / _UNITS, 0, 0]),
        CharProcs=procedures,
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array(differences)),
        FirstChar=first,
        LastChar=last,
        Widths=Array([_UNITS] * (last - first + 1)),
        Resources=Dictionary(),
        ToUnicode=pdf.make_indirect(Stream(pdf, _to_unicode(drawn, codes=[*map(ord, drawn)]))),
    )


def chinese_text(lines: Sequence[str], characters: str | None) -> bytes:
    """A content stream in /F: glyph numbers of the embedded font, or UTF-16 where None."""
    shown = []
    drawn = sorted(set(characters or ""))
    for index, line in enumerate(lines):
        codes = [ord(each) if characters is None else drawn.index(each) + 1 for each in line]
        digits = "".join(f"{code:04X}" for code in codes)
        shown.append(f"1 0 0 1 60 {780 - 24 * index} Tm <{digits}> Tj\n")
    return ("BT /F 14 Tf\n" + "".join(shown) + "ET\n").encode()


def _squares(character: str) -> list[tuple[int, int]]:
    bits = [bit for bit in range(16) if ord(character) >> bit & 1]
    return [(100 + _CELL * (bit % _COLUMNS), 50 + _CELL * (bit // _COLUMNS)) for bit in bits]


def _true_type(characters: list[str]) -> bytes:
    names = [".notdef", *(f"uni{ord(each):04X}" for each in characters)]
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for name, character in zip(names[1:], characters, strict=True):
        pen = TTGlyphPen(None)
        for x, y in _squares(character):
            pen.moveTo((x, y))
            pen.lineTo((x, y + _CELL))
            pen.lineTo((x + _CELL, y + _CELL))
            pen.lineTo((x + _CELL, y))
            pen.closePath()
        glyphs[name] = pen.glyph()
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(dict(zip(map(ord, characters), names[1:], strict=True)))
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (_UNITS, 0)))
    builder.setupHorizontalHeader(ascent=_UNITS, descent=0)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=_UNITS)
    builder.setupPost()
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    output = io.BytesIO()
    builder.save(output)
    return output.getvalue()


def _to_unicode(characters: list[str], codes: list[int] | None = None) -> bytes:
    """ISO 32000-2 §9.10.3; codes of one byte, or of two where they are glyph numbers."""
    digits = 2 if codes else 4
    numbers = codes or range(1, len(characters) + 1)
    pairs = "\n".join(
        f"<{number:0{digits}X}> <{ord(character):04X}>"
        for number, character in zip(numbers, characters, strict=True)
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Squares def\n"
        f"1 begincodespacerange <{'0' * digits}> <{'F' * digits}> endcodespacerange\n"
        f"{len(characters)} beginbfchar\n{pairs}\nendbfchar\n"
        "endcmap end end"
    ).encode()
