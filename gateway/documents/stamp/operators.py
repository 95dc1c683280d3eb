"""PDF path, fill and colour operators (ISO 32000-1 §8.5, §8.6), written compactly."""

from PIL import ImageColor

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.outline import Outline

# A hundredth of a point is 3.5 µm, a third of the finest dot of a 2400 dpi imagesetter.
_DECIMALS = 2


def fill_color(color: str) -> str:
    """The `rg` operator for an SVG colour: a name, #rgb, #rrggbb or rgb().

    Raises:
        StampError: it is no solid colour.
    """
    try:
        channels: tuple[int, ...] = ImageColor.getrgb(color.strip())
    except ValueError:
        channels = ()
    if len(channels) != 3:  # noqa: PLR2004  # red, green, blue; a fourth would be transparency
        raise StampError(
            f"The SVG fills with {color!r}: only solid colours can be stamped (a name, #rrggbb or"
            " rgb()). Replace gradients, patterns, transparency and currentColor."
        )
    return " ".join(_number(min(channel, 255) / 255, 3) for channel in channels) + " rg"


def clipped(lines: list[str], width: float, height: float) -> list[str]:
    """The lines, of which only what lies within [0 0 width height] points is seen."""
    return [f"q 0 0 {_number(width, 3)} {_number(height, 3)} re W n", *lines, "Q"]


def fill_path(outline: Outline, *, even_odd: bool) -> str:
    """Path and fill operators for an outline in points; it must not be empty.

    Filled by the even-odd rule (`f*`) or the non-zero winding rule (`f`).
    """
    parts: list[str] = []
    at = (0.0, 0.0)
    start = at
    for verb, numbers in outline:
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if verb == "Q":
            points = _raised(at, points[0], points[1])
        if verb == "Z":
            at = start  # not written: `f` closes what is open
            continue
        at = points[-1]
        if verb == "M":
            start = at
        text = [f"{_number(x, _DECIMALS)} {_number(y, _DECIMALS)}" for x, y in points]
        parts.append(_operator(verb, text))
    return "\n".join([*parts, "f*" if even_odd else "f"])


def _operator(verb: str, points: list[str]) -> str:
    if verb in "ML":
        return f"{points[0]} {verb.lower()}"
    first, second, end = points
    if second == end:
        return f"{first} {end} y"
    return f"{first} {second} {end} c"


def _raised(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """A quadratic curve as the cubic that PDF has."""
    (x0, y0), (x1, y1), (x2, y2) = start, control, end
    return [
        ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3),
        ((x2 + 2 * x1) / 3, (y2 + 2 * y1) / 3),
        end,
    ]


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    # ISO 32000-1 §7.3.3 lets the leading zero go: .5, -.25
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
