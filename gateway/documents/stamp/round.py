"""Draws a Chinese round company seal: ring, star, name on the arc, purpose, serial."""

from gateway.documents.stamp.glyphs import GlyphSource
from gateway.documents.stamp.layout import (
    RADIUS,
    RING,
    STAR_RADIUS,
    name_cells,
    purpose_cells,
    serial_cells,
)
from gateway.documents.stamp.lettering import drawn, letters_of, model_box
from gateway.documents.stamp.model import RoundStamp
from gateway.documents.stamp.outline import annulus, path_data, star, written

# Full characters: their ink says what box this font gives an ideograph, and a digit.
_IDEOGRAPHS, _DIGITS = "国圆限图", "0"


def draw_round_stamp(stamp: RoundStamp, font: GlyphSource) -> str:
    """The seal as SVG of true size, filled paths only, equal bytes for equal input.

    The groups `ring`, `star`, `name`, `purpose` and `serial` hold one path per shape, in reading
    order. The viewBox is 4000 units wide and has its origin in the centre.

    Raises:
        StampError: the font lacks a character.
    """
    ideograph, digit = model_box(_IDEOGRAPHS, font), model_box(_DIGITS, font)
    name = letters_of(stamp.name, font, ideograph)
    purpose = letters_of(stamp.purpose or "", font, ideograph)
    serial = letters_of(stamp.serial or "", font, digit)
    on_arc = name_cells([letter.weight for letter in name])
    at_rim = serial_cells(len(serial))
    below = purpose_cells([letter.weight for letter in purpose], on_arc, at_rim)
    groups = (
        ("ring", [annulus(RADIUS, RADIUS - RING)]),
        ("star", [path_data(star(STAR_RADIUS), decimals=1)]),
        ("name", drawn(name, on_arc, ideograph, is_bold=font.is_bold)),
        ("purpose", drawn(purpose, below, ideograph, is_bold=font.is_bold)),
        ("serial", drawn(serial, at_rim, digit, is_bold=font.is_bold)),
    )
    body = "".join(
        f'<g id="{group}">' + "".join(f'<path d="{path}"/>' for path in paths) + "</g>\n"
        for group, paths in groups
        if paths
    )
    side, box = written(stamp.diameter_mm, 3), written(RADIUS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm"'
        f' viewBox="-{box} -{box} {written(2 * RADIUS)} {written(2 * RADIUS)}"'
        f' fill="{stamp.color.upper()}">\n{body}</svg>\n'
    )
