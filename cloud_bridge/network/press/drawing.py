"""What a mark looks like, as the content of a form XObject (ISO 32000-2 §8.5, §14.9.4)."""

import itertools
import re
from collections.abc import Iterator, Sequence

from cloud_bridge.model import Box
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.geometry import POINTS_PER_MM
from cloud_bridge.network.press.glyphs import Font
from cloud_bridge.network.press.model import Handwritten, Mark, Point, Stroke, Ticked, Typed

_INK = "0.06 0.12 0.36"
_BLACK = "0 0 0"
_LARGEST, _SMALLEST, _STEP = 11.0, 4.0, 0.5
_LARGEST_SIGNATURE = 30.0
_LEADING = 1.3
_ASCENT = 0.86
_MARGIN = 1.5
_PIECES = re.compile(r"[!-~]+|.")


def content_of(marks: Sequence[Mark], around: Box, font: Font) -> bytes:
    """The operators that draw marks upright, from the lower left corner of the box around them.

    Raises:
        PressError: a text does not fit, or has a character that the font lacks.
    """
    bottom = around.top_mm + around.height_mm
    parts = []
    for mark in marks:
        box = mark.box
        right = (box.left_mm - around.left_mm) * POINTS_PER_MM
        up = (bottom - box.top_mm - box.height_mm) * POINTS_PER_MM
        width, height = box.width_mm * POINTS_PER_MM, box.height_mm * POINTS_PER_MM
        drawn = _drawn(mark, width, height, font)
        parts.append(b"q 1 0 0 1 %.2f %.2f cm\n%b\nQ" % (right, up, drawn))
    return b"\n".join(parts)


def _drawn(mark: Mark, width: float, height: float, font: Font) -> bytes:
    match mark.ink:
        case Typed() as typed:
            return _typed(mark.field, typed, width, height, font)
        case Ticked():
            return _tick(width, height)
        case Handwritten() as drawn:
            return _handwritten(drawn, width, height)


def _typed(field: str, typed: Typed, width: float, height: float, font: Font) -> bytes:
    text = typed.text.replace("\r\n", "\n").replace("\t", " ")
    for character in text:
        if character != "\n" and not font.has(character):
            raise PressError(
                f"the character {character!r} (U+{ord(character):04X}) cannot be written",
                reason="text",
                field=field,
            )
    room, tall = max(width - 2 * _MARGIN, 1.0), max(height - 2 * _MARGIN, 1.0)
    size = min(_LARGEST_SIGNATURE if typed.signature else _LARGEST, tall)
    while size >= _SMALLEST:
        # No more lines than could fit at all: a long text in a narrow place must cost nothing.
        most = int((tall / size - 1) / _LEADING) + 1
        lines = list(itertools.islice(_lines(text, room / size, font), most + 1))
        used = size * (1 + _LEADING * (len(lines) - 1))
        if used <= tall and all(font.width(line) * size <= room + 0.01 for line in lines):
            body = "\n".join(_outlines(lines, size, height, used, font))
            colour = _INK if typed.signature else _BLACK
            meant = text.encode("utf-16-be").hex()
            return (
                f"/Span <</ActualText <feff{meant}>>> BDC\nq {colour} rg\n{body}\nQ\nEMC".encode()
            )
        size -= _STEP
    raise PressError("the text is too long for its place", reason="text", field=field)


def _lines(text: str, room: float, font: Font) -> Iterator[str]:
    """Broken between words and ideographs; a word that is longer than a line is broken, too."""
    for paragraph in text.split("\n"):
        line = ""
        for piece in _PIECES.findall(paragraph):
            if font.width(line + piece) <= room:
                line += piece
                continue
            if line:
                yield line.rstrip()
            line = "" if piece == " " else piece
            while font.width(line) > room and len(line) > 1:
                fits = _fitting(line, room, font)
                yield line[:fits]
                line = line[fits:]
        yield line


def _fitting(line: str, room: float, font: Font) -> int:
    """How many characters of a line that is too long fit; one at least."""
    used = 0.0
    for number, character in enumerate(line):
        used += font.width(character)
        if used > room:
            return max(number, 1)
    return len(line)


def _outlines(
    lines: list[str], size: float, height: float, used: float, font: Font
) -> Iterator[str]:
    top = height - (height - used) / 2
    for number, line in enumerate(lines):
        x, y = _MARGIN, top - size * (_ASCENT + _LEADING * number)
        for character in line:
            glyph = font.glyph(character)
            for operator, numbers in glyph.commands:
                placed = (
                    f"{value * size + (x if place % 2 == 0 else y):.2f}"
                    for place, value in enumerate(numbers)
                )
                yield " ".join((*placed, operator))
            if glyph.commands:
                yield "f"
            x += glyph.advance * size


def _tick(width: float, height: float) -> bytes:
    side = min(width, height)
    x, y = (width - side) / 2, (height - side) / 2
    points = [(0.2, 0.5), (0.42, 0.25), (0.82, 0.8)]
    path = " ".join(
        f"{x + side * a:.2f} {y + side * b:.2f} {'m' if number == 0 else 'l'}"
        for number, (a, b) in enumerate(points)
    )
    return f"q {_BLACK} RG {max(side / 9, 0.8):.2f} w 1 J 1 j {path} S Q".encode()


def _handwritten(drawn: Handwritten, width: float, height: float) -> bytes:
    """The strokes as large as the box allows, in the middle, their proportions kept."""
    points = [point for stroke in drawn.strokes for point in stroke]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    pen = max(min(height, width) / 34, 0.7)
    room, tall = max(width - 2 * pen, 1.0), max(height - 2 * pen, 1.0)
    # No larger than the sheet would be in the box: a dot stays a dot.
    scale = min(
        room / max(right - left, drawn.width / 3), tall / max(bottom - top, drawn.height / 3)
    )
    shift_x = (width - scale * (right - left)) / 2 - scale * left
    shift_y = (height + scale * (bottom - top)) / 2 + scale * top
    paths = "\n".join(
        _smooth(tuple((shift_x + scale * x, shift_y - scale * y) for x, y in stroke))
        for stroke in drawn.strokes
        if stroke
    )
    return f"q {_INK} RG {pen:.2f} w 1 J 1 j\n{paths}\nQ".encode()


def _smooth(stroke: Stroke) -> str:
    """Through the middles of the points, which a pen's jitter does not move (quadratic, raised)."""
    if len(stroke) <= 2:  # noqa: PLR2004 - a dot or a line
        first, last = stroke[0], stroke[-1]
        return f"{_at(first)} m {_at(last)} l S"
    parts = [f"{_at(stroke[0])} m"]
    at = stroke[0]
    for guide, after in itertools.pairwise(stroke[1:]):
        end = ((guide[0] + after[0]) / 2, (guide[1] + after[1]) / 2)
        one = _towards(at, guide)
        other = _towards(end, guide)
        parts.append(f"{_at(one)} {_at(other)} {_at(end)} c")
        at = end
    parts.append(f"{_at(stroke[-1])} l S")
    return "\n".join(parts)


def _towards(start: Point, guide: Point) -> Point:
    return start[0] + 2 / 3 * (guide[0] - start[0]), start[1] + 2 / 3 * (guide[1] - start[1])


def _at(point: Point) -> str:
    return f"{point[0]:.2f} {point[1]:.2f}"
