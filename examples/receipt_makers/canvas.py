"""What the forms draw on: one small Protocol that five PDF writers and one bitmap fulfil."""

from typing import Final, Literal, Protocol

Face = Literal["song", "hei"]
"""A serif face for what is filled in (宋体), a sans-serif one for what is printed (黑体)."""

Align = Literal["left", "centre", "right"]
Colour = tuple[float, float, float]

Spot = tuple[float, float, float, float]
"""Where a seal belongs: x, y of the top left corner, width, height, in millimetres."""

BLACK: Final[Colour] = (0.0, 0.0, 0.0)
GREY: Final[Colour] = (0.4, 0.4, 0.4)

SONG_FILE: Final = "/usr/share/fonts/truetype/arphic/uming.ttc"
HEI_FILE: Final = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"

MM: Final = 72 / 25.4
"""Points in a millimetre."""


class Canvas(Protocol):
    """A page seen upright, in millimetres from its top left corner; text sizes in points."""

    width: float
    height: float

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        face: Face = "song",
        align: Align = "left",
        colour: Colour = BLACK,
    ) -> None:
        """Write `words` with their base line at `y`."""
        ...

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        ...

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        weight: float = 0.2,
        dashed: bool = False,
        colour: Colour = BLACK,
    ) -> None:
        """Draw a line."""
        ...

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        weight: float = 0.2,
        colour: Colour = BLACK,
        fill: Colour | None = None,
    ) -> None:
        """Draw a rectangle: filled with `fill`, and outlined unless `weight` is 0."""
        ...

    def next_page(self) -> None:
        """Begin another page of the same size."""
        ...


def wrap(canvas: Canvas, words: str, size: float, face: Face, width: float) -> list[str]:
    """Break Chinese text into lines no wider than `width`; it may break anywhere."""
    lines = [""]
    for character in words:
        if lines[-1] and canvas.width_of(lines[-1] + character, size, face) > width:
            lines.append("")
        lines[-1] += character
    return lines


def fitted(canvas: Canvas, words: str, size: float, face: Face, width: float) -> float:
    """The size, `size` or less, at which `words` are no wider than `width`."""
    wide = canvas.width_of(words, size, face)
    return size if wide <= width else size * width / wide
