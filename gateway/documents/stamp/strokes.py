"""Turns strokes into filled shapes.

picosvg does this too, and then simplifies the result; that step loses the hole of one ring in
eleven when the ring is centred on the origin, and a seal with a filled disc for a ring would be
released without an error. The stroker's own outline needs no simplifying: it is right under the
non-zero rule.
"""

import copy
from typing import Any

import pathops  # type: ignore[import-untyped]
from picosvg.svg import SVG
from picosvg.svg_pathops import skia_path, svg_commands

from gateway.documents.stamp.outline import path_data

_CAPS = {
    "butt": pathops.LineCap.BUTT_CAP,
    "round": pathops.LineCap.ROUND_CAP,
    "square": pathops.LineCap.SQUARE_CAP,
}
_JOINS = {
    "miter": pathops.LineJoin.MITER_JOIN,
    "round": pathops.LineJoin.ROUND_JOIN,
    "bevel": pathops.LineJoin.BEVEL_JOIN,
}
_CURVE_TOLERANCE = 0.25
_DECIMALS = 3


def outline_strokes(root: Any) -> None:  # noqa: ANN401  # lxml is untyped here
    """Replace, in place, every stroke by a filled path that is painted just after its shape.

    The tree holds paths only, its lengths such that a quarter of a unit cannot be seen.

    Raises:
        ValueError: an attribute is not understood.
        KeyError: the cap or join is none of SVG 1.1's.
    """
    svg: Any = SVG(root)  # type: ignore[no-untyped-call]
    contexts = [context for context in svg.depth_first() if context.element.get("d")]
    for context in contexts:
        element, shape = context.element, context.shape()
        if shape.stroke != "none" and shape.stroke_width > 0 and shape.stroke_opacity > 0:
            rim = copy.deepcopy(element)
            rim.attrib.pop("id", None)
            rim.set("d", path_data(_stroked(shape), decimals=_DECIMALS))
            rim.set("fill", shape.stroke)
            rim.set("fill-rule", "nonzero")
            rim.set("fill-opacity", "1")
            rim.set("stroke", "none")
            element.addnext(rim)
        element.set("stroke", "none")


def _stroked(shape: Any) -> Any:  # noqa: ANN401  # picosvg is half typed
    path = skia_path(shape.as_cmd_seq(), "nonzero")
    path.stroke(
        shape.stroke_width,
        _CAPS[shape.stroke_linecap],
        _JOINS[shape.stroke_linejoin],
        shape.stroke_miterlimit,
    )
    path.convertConicsToQuads(_CURVE_TOLERANCE)
    return svg_commands(path)
