"""Draws a Chinese round company seal: ring, star, name on the arc, purpose, serial."""

from dataclasses import dataclass

from gateway.documents.stamp.fills import Box, Fill, artwork_of
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
from gateway.documents.stamp.model import Artwork, RoundStamp
from gateway.documents.stamp.outline import Outline, annulus, star

# Full characters: their ink says what box this font gives an ideograph, and a digit.
_IDEOGRAPHS, _DIGITS = "国圆限图", "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDrawing:
    """The parts of a round seal, each an outline for every shape, in reading order.

    Units are four-thousandths of the diameter, the origin is the centre, y grows downwards; they
    are filled by the non-zero winding rule.
    """

    ring: Outline
    star: Outline
    name: tuple[Outline, ...]
    purpose: tuple[Outline, ...]
    serial: tuple[Outline, ...]


def round_artwork(stamp: RoundStamp, font: GlyphSource) -> Artwork:
    """The seal at its true size, equal bytes for equal input.

    Raises:
        StampError: the font lacks a character.
    """
    drawing = draw_round_stamp(stamp, font)
    outlines = (drawing.ring, drawing.star, *drawing.name, *drawing.purpose, *drawing.serial)
    return artwork_of(
        [Fill(outline=outline, color=stamp.color, even_odd=False) for outline in outlines],
        Box(-RADIUS, -RADIUS, 2 * RADIUS, 2 * RADIUS),
        width_mm=stamp.diameter_mm,
    )


def draw_round_stamp(stamp: RoundStamp, font: GlyphSource) -> RoundDrawing:
    """What the engraver would cut.

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
    return RoundDrawing(
        ring=annulus(RADIUS, RADIUS - RING),
        star=star(STAR_RADIUS),
        name=drawn(name, on_arc, ideograph, is_bold=font.is_bold),
        purpose=drawn(purpose, below, ideograph, is_bold=font.is_bold),
        serial=drawn(serial, at_rim, digit, is_bold=font.is_bold),
    )
