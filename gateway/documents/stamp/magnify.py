"""Brings an SVG to a known size before its curves are worked on.

Strokes are outlined to within a quarter of a unit, so a seal drawn in a viewBox 40 units wide would
come out with corners. Magnifying everything first makes that a quarter of a hundredth of a
millimetre.
"""

import math
import re
from typing import Any

from picosvg.svg import SVG
from picosvg.svg_transform import Affine2D
from picosvg.svg_types import SVGPath

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.outline import Affine, moved, path_data
from gateway.documents.stamp.strokes import outline_strokes

_KEPT = frozenset(
    {
        "id",
        "d",
        "transform",
        "display",
        "fill",
        "fill-rule",
        "opacity",
        "fill-opacity",
        "stroke-opacity",
        "stroke",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
    }
)
_DECIMALS = 3

# SVG 1.1 §7.6. CSS's transforms look alike but have units.
_TRANSFORMS = re.compile(
    r"\s*((matrix|translate|scale|rotate|skewX|skewY)\s*\([-+.,\deE\s]*\)[\s,]*)*"
)


def magnified(svg: Any, units: float) -> Any:  # noqa: ANN401  # picosvg is half typed
    """The same picture of filled paths only, its viewBox `units` wide; uses are resolved.

    Raises:
        StampError: no usable viewBox, or shapes that cannot be understood.
    """
    x, y, w, h = _view_box(svg.svg_root)
    scale = units / w
    svg.svg_root.set("viewBox", " ".join(repr(scale * side) for side in (x, y, w, h)))
    for side in ("width", "height"):
        svg.svg_root.attrib.pop(side, None)
    try:
        svg.remove_nonsvg_content(inplace=True)
        svg.apply_style_attributes(inplace=True)
        _drop_px(svg.svg_root)
        svg.shapes_to_paths(inplace=True)
        svg.expand_shorthand(inplace=True)
        svg.resolve_use(inplace=True)
        root = svg.toetree()
        root.set("stroke-width", root.get("stroke-width", "1"))
        for element in root.iter():
            _magnify(element, scale, is_root=element is root)
        outline_strokes(root)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise StampError(
            f"The SVG has a shape or a length that is not understood: {error}. Lengths must be"
            " plain numbers. In the drawing program turn objects into paths and save plain SVG."
        ) from error
    return SVG(root)  # type: ignore[no-untyped-call]


def _view_box(root: Any) -> tuple[float, float, float, float]:  # noqa: ANN401  # lxml is untyped here
    sides = root.get("viewBox") or f"0 0 {root.get('width')} {root.get('height')}"
    try:
        x, y, w, h = (_length(side) for side in re.split(r"[\s,]+", sides.strip()))
    except ValueError:
        x, y, w, h = 0.0, 0.0, 0.0, 0.0
    if not (w > 0 and h > 0 and math.isfinite(x + y + w + h)):
        raise StampError(
            f"The SVG has no usable viewBox ({sides[:60]!r}), so its size is unknown. Add"
            ' viewBox="0 0 WIDTH HEIGHT" around the drawing.'
        )
    return x, y, w, h


def _length(text: str) -> float:
    return float(text.removesuffix("px"))


def _drop_px(root: Any) -> None:  # noqa: ANN401  # lxml is untyped here
    """A px is the user unit itself (CSS 2.1 §4.3.2); picosvg wants the bare number."""
    for element in root.iter():
        for name, value in element.attrib.items():
            if re.fullmatch(r"[-+.\deE]+px", value):
                element.set(name, value.removesuffix("px"))


def _magnify(element: Any, scale: float, *, is_root: bool) -> None:  # noqa: ANN401  # lxml
    attributes = element.attrib
    for name in set(attributes) - _KEPT - ({"viewBox"} if is_root else set()):
        del attributes[name]
    if "stroke-width" in attributes:
        attributes["stroke-width"] = repr(scale * float(attributes["stroke-width"]))
    if "transform" in attributes:
        if not _TRANSFORMS.fullmatch(attributes["transform"]):
            raise ValueError(f"transform {attributes['transform'][:40]!r}")
        a, b, c, d, e, f = Affine2D.fromstring(attributes["transform"])  # type: ignore[no-untyped-call]
        attributes["transform"] = f"matrix({a!r} {b!r} {c!r} {d!r} {scale * e!r} {scale * f!r})"
    if "d" in attributes:
        outline = tuple(SVGPath(d=attributes["d"]).as_cmd_seq())  # type: ignore[no-untyped-call]
        larger = moved(outline, Affine(scale, 0, 0, scale, 0, 0))
        attributes["d"] = path_data(larger, decimals=_DECIMALS)
