"""Characters as outlines, so that a value looks alike wherever it is read and embeds no font."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from cloud_bridge.network.press.errors import PressError

_CURE = "Run 'apt install fonts-arphic-uming', or name another font in the configuration."


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character for a size of 1: how far it goes on, and what it draws, in PDF operators."""

    advance: float
    commands: tuple[tuple[str, tuple[float, ...]], ...]


class Font:
    """One face, read from memory. A collection gives its first.

    Raises:
        PressError: the font is absent, or none.
    """

    def __init__(self, path: Path) -> None:
        try:
            data = path.read_bytes()
            face = (
                TTCollection(io.BytesIO(data), lazy=True).fonts[0]
                if data.startswith(b"ttcf")
                else TTFont(io.BytesIO(data), lazy=True)
            )
            self._characters: dict[int, str] = face.getBestCmap()
            self._glyphs = face.getGlyphSet()
            self._units = float(face["head"].unitsPerEm)
        except (OSError, TTLibError, KeyError, AssertionError) as error:
            raise PressError(f"The font {path} cannot be read. {_CURE}", reason="font") from error
        self._drawn: dict[str, Glyph] = {}

    def has(self, character: str) -> bool:
        """Whether the face can draw it."""
        return ord(character) in self._characters

    def glyph(self, character: str) -> Glyph:
        """The character's shape; KeyError: the face has none, see `has`."""
        if character not in self._drawn:
            shape = self._glyphs[self._characters[ord(character)]]
            pen = _Pen(self._glyphs, 1 / self._units)
            shape.draw(pen)
            self._drawn[character] = Glyph(shape.width / self._units, tuple(pen.commands))
        return self._drawn[character]

    def width(self, text: str) -> float:
        """How wide a line is at a size of 1."""
        return sum(self.glyph(character).advance for character in text)


class _Pen(BasePen):  # type: ignore[misc]  # fontTools' pens are untyped
    """Writes down path operators; BasePen makes quadratic curves cubic, as PDF knows no others."""

    def __init__(self, glyphs: Any, scale: float) -> None:  # noqa: ANN401 - untyped there
        super().__init__(glyphs)
        self._scale = scale
        self.commands: list[tuple[str, tuple[float, ...]]] = []

    def _add(self, operator: str, *points: tuple[float, float]) -> None:
        numbers = tuple(value * self._scale for point in points for value in point)
        self.commands.append((operator, numbers))

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - BasePen's name
        self._add("m", point)

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - BasePen's name
        self._add("l", point)

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802 - BasePen's name
        self._add("c", *points)

    def _closePath(self) -> None:  # noqa: N802 - BasePen's name
        self._add("h")
