"""Glyph outlines from a font file, read only as far as they are asked for."""

import io
from pathlib import Path
from typing import Any

import msgspec
from fontTools.pens.basePen import BasePen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.outline import Command, Outline

USUAL_FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"),
    Path("/usr/share/fonts/truetype/arphic/uming.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSerifCJK-Bold.ttc"),
)
"""Where Debian and the RHEL family put Chinese fonts, those best for a seal (Song, bold) first."""

_CURE = "Run 'apt install fonts-arphic-uming', or name another Chinese font in the configuration."
_SIMPLIFIED = ("SC", "CN")
_BOLD = 600


class Glyph(msgspec.Struct, frozen=True, kw_only=True):
    """One character's shape in font units, y upwards. `ink` is left, low, right, high."""

    outline: Outline
    ink: tuple[float, float, float, float]


class GlyphSource:
    """One face of a font. The file is read once, a glyph's outline when it is first asked for.

    Not for several threads at once: fontTools reads tables as they are needed.

    Raises:
        StampError: the file is absent or is not a TrueType or OpenType font.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # From memory, so that no file stays open for as long as the face lives.
            self._face = _simplified_chinese_face(path.read_bytes())
            self._characters: dict[int, str] = self._face.getBestCmap()
            self._glyphs = self._face.getGlyphSet()
            self.is_bold = int(self._face["OS/2"].usWeightClass) >= _BOLD
        except FileNotFoundError as error:
            raise StampError(f"The stamp font {path} is not there. {_CURE}") from error
        except (OSError, TTLibError, KeyError, AssertionError) as error:
            raise StampError(
                f"The stamp font {path} cannot be read as TrueType or OpenType: {error}. {_CURE}"
            ) from error
        self._drawn: dict[str, Glyph] = {}

    def glyph(self, character: str) -> Glyph:
        """The shape of one character; a space has an empty outline.

        Raises:
            StampError: the font has no such character.
        """
        if character not in self._drawn:
            self._drawn[character] = self._draw(character)
        return self._drawn[character]

    def has(self, character: str) -> bool:
        """Whether the font can draw this character."""
        return ord(character) in self._characters

    def _draw(self, character: str) -> Glyph:
        if not self.has(character):
            raise StampError(
                f"The font {self.path.name} has no shape for {character!r}"
                f" (U+{ord(character):04X}), so the stamp would show a hole. Check the character;"
                " if it is right, name a font that has it, such as NotoSerifCJK-Bold.ttc"
                " ('apt install fonts-noto-cjk')."
            )
        pen = _CommandPen(self._glyphs)
        bounds = BoundsPen(self._glyphs)
        shape = self._glyphs[self._characters[ord(character)]]
        shape.draw(pen)
        shape.draw(bounds)
        return Glyph(outline=tuple(pen.commands), ink=bounds.bounds or (0, 0, 0, 0))


class StampFont:
    """The font that round seals are drawn with, opened for the first and kept for the others.

    To open it takes a sixth of a second, and open it takes 60 MB. Not for several threads at once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._opened: GlyphSource | None = None

    def opened(self) -> GlyphSource:
        """The font's glyphs.

        Raises:
            StampError: see `open_font`.
        """
        if self._opened is None:
            self._opened = open_font(self._path)
        return self._opened

    def close(self) -> None:
        """Give the memory back; it is opened again for whoever asks."""
        self._opened = None


def open_font(path: Path | None = None) -> GlyphSource:
    """The named font, or the first of the usual ones that is installed.

    Which font is found decides how the stamp looks: nodes that must draw alike name it.

    Raises:
        StampError: the font is absent or unreadable, or none of the usual ones is installed.
    """
    if path is not None:
        return GlyphSource(path)
    for usual in USUAL_FONTS:
        if usual.is_file():
            return GlyphSource(usual)
    places = ", ".join(str(usual) for usual in USUAL_FONTS)
    raise StampError(f"No Chinese font is installed (looked for {places}). {_CURE}")


class _CommandPen(BasePen):  # type: ignore[misc]  # fontTools' pens are untyped
    """Writes down what a glyph draws; TrueType's curves stay quadratic."""

    def __init__(self, glyphs: Any) -> None:  # noqa: ANN401  # fontTools' glyph set is untyped
        super().__init__(glyphs)
        self.commands: list[Command] = []

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802  # BasePen's name
        self.commands.append(("M", (point[0], point[1])))

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802  # BasePen's name
        self.commands.append(("L", (point[0], point[1])))

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802  # BasePen's name
        self.commands.append(("C", tuple(value for point in points for value in point)))

    def _qCurveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802  # BasePen's name
        self.commands.append(("Q", tuple(value for point in points for value in point)))

    def _closePath(self) -> None:  # noqa: N802  # BasePen's name
        self.commands.append(("Z", ()))


def _simplified_chinese_face(data: bytes) -> TTFont:
    """The face for Simplified Chinese: the first of a Noto collection is Japanese."""
    if not data.startswith(b"ttcf"):
        return TTFont(io.BytesIO(data), lazy=True)
    faces = TTCollection(io.BytesIO(data), lazy=True).fonts
    for face in faces:
        if str(face["name"].getDebugName(1)).endswith(_SIMPLIFIED):
            return face
    return faces[0]
