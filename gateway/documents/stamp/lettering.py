"""Fits characters into their cells: condensed, thickened for print, and never outside."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.documents.stamp.glyphs import Glyph, GlyphSource
from gateway.documents.stamp.layout import Cell
from gateway.documents.stamp.outline import Affine, Outline, Polygon, moved, polygon
from gateway.documents.stamp.simplify import polygons
from gateway.documents.stamp.widen import widened

Box = tuple[float, float, float, float]
"""Left, low, right, high, in font units."""

_SLIM, _SIDES = 0.4, 0.12
# Thin Song strokes would break up in print. Lengths are hundredths of a millimetre on a seal of
# 40 mm; the second figure is the most in proportion to the cell, lest narrow characters clog.
_THIN_RIM, _BOLD_RIM = (17.0, 0.065), (5.0, 0.02)
_TOLERANCE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A glyph; its wish for width, an ideograph's being 1; whether its ink is to be centred."""

    glyph: Glyph
    weight: float
    centred: bool


def model_box(characters: str, font: GlyphSource) -> Box:
    """The box around all these characters, each at its place: what this font calls full size."""
    boxes = [font.glyph(character).ink for character in characters]
    left, low, right, high = zip(*boxes, strict=True)
    return min(left), min(low), max(right), max(high)


def letters_of(text: str, font: GlyphSource, model: Box) -> list[Letter]:
    """The text's letters, in reading order.

    Raises:
        StampError: the font lacks a character.
    """
    letters = []
    for character in text:
        glyph = font.glyph(character)
        ideograph = unicodedata.category(character) == "Lo"
        share = (glyph.ink[2] - glyph.ink[0]) / (model[2] - model[0])
        # Brackets and Latin letters are narrow; a full-width slot would tear the line apart.
        weight = 1.0 if ideograph else min(1.0, max(_SLIM, share + _SIDES))
        letters.append(Letter(glyph=glyph, weight=weight, centred=not ideograph))
    return letters


def drawn(
    letters: Sequence[Letter], cells: Sequence[Cell], model: Box, *, is_bold: bool
) -> tuple[Outline, ...]:
    """Each letter that has ink, in reading order, wholly within its cell."""
    most, share = _BOLD_RIM if is_bold else _THIN_RIM
    found = []
    for letter, cell in zip(letters, cells, strict=True):
        rim = min(most, share * cell.width / letter.weight)
        shape = widened(polygons(_filled(letter, cell, model, rim), _TOLERANCE), rim)
        if shape:
            outline = tuple(command for contour in shape for command in polygon(contour))
            found.append(moved(moved(outline, _fit(shape, cell)), cell.placement))
    return tuple(found)


def _filled(letter: Letter, cell: Cell, model: Box, rim: float) -> Outline:
    """The glyph about the origin, y downwards, so that `model` and its rim would fill the cell.

    An ideograph keeps its place within the model's box: 一 stays a thin line in the middle.
    """
    left, low, right, high = model
    across = (cell.width / letter.weight - rim) / (right - left)
    upwards = (cell.height - rim) / (high - low)
    if letter.centred:
        left, right = letter.glyph.ink[0], letter.glyph.ink[2]
    return moved(
        letter.glyph.outline,
        Affine(across, 0, 0, -upwards, -across * (left + right) / 2, upwards * (low + high) / 2),
    )


def _fit(shape: Sequence[Polygon], cell: Cell) -> Affine:
    """What makes the shape smaller and shifts it where it would stand out of its cell."""
    xs, ys = zip(*(point for contour in shape for point in contour), strict=True)
    across, shift_x = _squeeze(min(xs), max(xs), cell.width)
    down, shift_y = _squeeze(min(ys), max(ys), cell.height)
    return Affine(across, 0, 0, down, shift_x, shift_y)


def _squeeze(start: float, end: float, room: float) -> tuple[float, float]:
    """Scale and shift that bring an interval within `room` about zero."""
    scale = min(1.0, room / max(end - start, 1.0))
    start, end = scale * start, scale * end
    return scale, min(0.0, room / 2 - end) + max(0.0, -room / 2 - start)
