"""A canvas that writes PDF content operators itself."""

from functools import cache

from receipt_makers.canvas import BLACK, MM, Align, Colour, Face
from receipt_makers.plain_file import Objects
from receipt_makers.plain_font import FullFont, Subset, embed


@cache
def _full(face: Face) -> FullFont:
    return FullFont(face)


def _rgb(colour: Colour, operator: str) -> str:
    red, green, blue = colour
    return f"{red:g} {green:g} {blue:g} {operator}"


class PlainCanvas:
    """Collects operators, page by page; text waits until its font's subset is known."""

    def __init__(self, width: float, height: float, *, sans: bool = False) -> None:
        self.width, self.height = width, height
        self._filled_in: Face = "hei" if sans else "song"
        self._pages: list[list[str | tuple[Face, str]]] = [[]]

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
        share = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        start = (x - share * self.width_of(words, size, face)) * MM
        base = (self.height - y) * MM
        face = self._filled_in if face == "song" else face
        name = "/F1" if face == "song" else "/F2"
        begin = f"BT {_rgb(colour, 'rg')} {name} {size:.2f} Tf {start:.2f} {base:.2f} Td"
        self._pages[-1] += [begin, (face, words), "Tj ET"]

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        face = self._filled_in if face == "song" else face
        return _full(face).width_of(words) * size / MM

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
        pen = f"{weight * MM:.2f} w {_rgb(colour, 'RG')} {'[2 2]' if dashed else '[]'} 0 d"
        start = f"{x1 * MM:.2f} {(self.height - y1) * MM:.2f} m"
        end = f"{x2 * MM:.2f} {(self.height - y2) * MM:.2f} l S"
        self._pages[-1] += [pen, start, end]

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
        """Draw a rectangle."""
        bottom = (self.height - y - h) * MM
        area = f"{x * MM:.2f} {bottom:.2f} {w * MM:.2f} {h * MM:.2f} re"
        if fill is not None:
            self._pages[-1] += [_rgb(fill, "rg"), f"{area} f"]
        if weight:
            self._pages[-1] += [f"[] 0 d {weight * MM:.2f} w", _rgb(colour, "RG"), f"{area} S"]

    def next_page(self) -> None:
        """Begin another page of the same size."""
        self._pages.append([])

    def words(self, words: str, size: float) -> str:
        """Operators that show `words` in the face that is filled in, once `write` was called."""
        name = "F1" if self._filled_in == "song" else "F2"
        return f"/{name} {size:g} Tf {self.fonts[self._filled_in].encode(words)} Tj"

    def write(self, objects: Objects, also: str = "") -> tuple[str, list[list[str]]]:
        """Embed the fonts; give the resources and each page's operators.

        Characters in `also` are embedded too, for text that a later revision adds.
        """
        used: dict[Face, set[str]] = {"hei": set(), self._filled_in: set(also)}
        for page in self._pages:
            for part in page:
                if isinstance(part, tuple):
                    used[part[0]].update(part[1])
        self.fonts: dict[Face, Subset] = {
            face: embed(objects, face, characters) for face, characters in used.items()
        }
        names = {"song": "F1", "hei": "F2"}
        entries = " ".join(f"/{names[face]} {font.number} 0 R" for face, font in self.fonts.items())
        resources = f"<</Font <<{entries}>>>>"
        return resources, [
            [
                part if isinstance(part, str) else self.fonts[part[0]].encode(part[1])
                for part in page
            ]
            for page in self._pages
        ]
