"""An embedded subset of a TrueType font as PDF objects (ISO 32000-1 §9.7.4, §9.9)."""

import io
from dataclasses import dataclass
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont
from receipt_makers.canvas import HEI_FILE, SONG_FILE, Face
from receipt_makers.plain_file import Objects

_FILES: Final = {"song": (SONG_FILE, "ABCDEF+UMingCN"), "hei": (HEI_FILE, "GHIJKL+MicroHei")}


class FullFont:
    """The whole font: what is needed to measure text before the subset is known."""

    def __init__(self, face: Face) -> None:
        file, self.name = _FILES[face]
        self.font = TTFont(file, fontNumber=0, lazy=True)
        self._glyphs = self.font.getBestCmap()
        self._widths = self.font["hmtx"]
        self._em = self.font["head"].unitsPerEm

    def width_of(self, words: str) -> float:
        """The width of `words` in ems."""
        units: int = sum(self._widths[self._glyphs[ord(c)]][0] for c in words)
        return units / int(self._em)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """A font in a file: its object's number and the code of every character."""

    number: int
    codes: dict[str, int]

    def encode(self, words: str) -> str:
        """`words` as a hexadecimal PDF string."""
        return "<" + "".join(f"{self.codes[c]:04X}" for c in words) + ">"


def embed(objects: Objects, face: Face, characters: set[str]) -> Subset:
    """Add the font with just `characters` to `objects`.

    Raises:
        KeyError: the font lacks one of them.
    """
    full = FullFont(face)
    options = subset.Options(hinting=False, notdef_outline=True, layout_features=[])
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "EBDT", "EBLC", "BDF ", "FFTM"]
    options.drop_tables += ["vhea", "vmtx", "name", "post"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(c) for c in characters])
    subsetter.subset(full.font)
    font, em = full.font, full.font["head"].unitsPerEm
    cmap = font.getBestCmap()
    codes = {c: font.getGlyphID(cmap[ord(c)]) for c in sorted(characters)}
    widths = " ".join(
        f"{font.getGlyphID(name)} [{round(1000 * font['hmtx'][name][0] / em)}]"
        for name in font.getGlyphOrder()
    )
    head, hhea = font["head"], font["hhea"]
    box = " ".join(str(round(1000 * v / em)) for v in (head.xMin, head.yMin, head.xMax, head.yMax))
    ascent, descent = (round(1000 * v / em) for v in (hhea.ascent, hhea.descent))
    for table in ("cmap", "OS/2"):  # the codes are glyph numbers: nobody asks these tables
        del font[table]
    data = io.BytesIO()
    font.save(data)
    program = objects.stream(f"/Length1 {len(data.getvalue())}", data.getvalue())
    descriptor = objects.add(
        f"<</Type /FontDescriptor /FontName /{full.name} /Flags 4 /FontBBox [{box}]"
        f" /ItalicAngle 0 /Ascent {ascent} /Descent {descent} /CapHeight 700 /StemV 60"
        f" /FontFile2 {program} 0 R>>"
    )
    cid = objects.add(
        f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{full.name} /CIDToGIDMap /Identity"
        f" /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>"
        f" /FontDescriptor {descriptor} 0 R /DW 1000 /W [{widths}]>>"
    )
    to_unicode = objects.stream("", _to_unicode(codes))
    number = objects.add(
        f"<</Type /Font /Subtype /Type0 /BaseFont /{full.name} /Encoding /Identity-H"
        f" /DescendantFonts [{cid} 0 R] /ToUnicode {to_unicode} 0 R>>"
    )
    return Subset(number=number, codes=codes)


def _to_unicode(codes: dict[str, int]) -> bytes:
    """The CMap that lets readers find text (ISO 32000-1 §9.10.3), 100 characters a block."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    pairs = [f"<{code:04X}> <{ord(c):04X}>" for c, code in codes.items()]
    for start in range(0, len(pairs), 100):
        block = pairs[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()
