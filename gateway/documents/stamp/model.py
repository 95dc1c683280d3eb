"""What a stamp is before it is drawn, and what it is afterwards."""

import re

import msgspec

from gateway.documents.stamp.errors import StampError

POINTS_PER_MM = 72 / 25.4
"""PDF user space has 72 units to the inch (ISO 32000-1 §8.3.2.3)."""

MIN_SIDE_MM, MAX_SIDE_MM = 5.0, 150.0
"""Sides of company-supplied artwork; seals in use are between 10 mm and 60 mm."""

_MIN_DIAMETER_MM, _MAX_DIAMETER_MM = 30.0, 60.0
_MAX_NAME, _MAX_PURPOSE, _MAX_SERIAL = 36, 14, 18


class RoundStamp(msgspec.Struct, frozen=True, kw_only=True):
    """A Chinese round company seal, as it would be ordered from the engraver.

    `name` goes on the upper arc (2 to 36 characters), `purpose` (such as 合同专用章) straight below
    the star (at most 14), `serial` (防伪编码, at most 18 digits) on the lower arc. `diameter_mm` is
    the outer diameter of the ring, 30 to 60; companies use 38 to 42, and 58 is usual for large
    state bodies. `color` is `#RRGGBB`.

    Raises:
        StampError: a field is outside these bounds.
    """

    name: str
    purpose: str | None = None
    serial: str | None = None
    diameter_mm: float = 40.0
    color: str = "#E60012"

    def __post_init__(self) -> None:
        """Refuse what no engraver could cut."""
        _line("name", self.name, least=2, most=_MAX_NAME)
        if self.purpose is not None:
            _line("purpose", self.purpose, least=1, most=_MAX_PURPOSE)
        if self.serial is not None and not re.fullmatch(rf"[0-9]{{1,{_MAX_SERIAL}}}", self.serial):
            raise StampError(
                f"The serial {self.serial!r} cannot be drawn: it takes 1 to {_MAX_SERIAL} digits"
                " 0-9 and nothing else. Give the digits as registered, without spaces or hyphens."
            )
        if not _MIN_DIAMETER_MM <= self.diameter_mm <= _MAX_DIAMETER_MM:
            raise StampError(
                f"A round stamp of {self.diameter_mm:g} mm cannot be drawn: the diameter must lie"
                f" between {_MIN_DIAMETER_MM:g} and {_MAX_DIAMETER_MM:g} mm."
                " Use 40 for an ordinary company seal."
            )
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", self.color):
            raise StampError(
                f"The colour {self.color!r} is not understood: it must be # and six hexadecimal"
                " digits. Use '#E60012' for the usual red."
            )


class Raster(msgspec.Struct, frozen=True, kw_only=True):
    """A picture for an image XObject: DeviceRGB, 8 bits per component, rows from the top.

    `rgb` and `alpha` are zlib streams (/FlateDecode) of `width_px * height_px * 3` and
    `width_px * height_px` bytes. `alpha` is the /SMask, or None when the picture is opaque.
    """

    width_px: int
    height_px: int
    rgb: bytes
    alpha: bytes | None


class Artwork(msgspec.Struct, frozen=True, kw_only=True):
    """Drawing material for the /AP stream of a signature, or any form XObject.

    `content` is a PDF content stream, not compressed, that draws in the box
    `[0 0 width_mm height_mm]` expressed in points, origin lower left. It uses path, fill and
    DeviceRGB colour operators only (and a clip to the box where a drawing stands out of it); where
    `image` is set it draws that as `/Im0`. It may leave another fill colour behind.
    """

    width_mm: float
    height_mm: float
    content: bytes
    image: Raster | None


def require_side(what: str, millimetres: float) -> None:
    """Refuse a width or height that no stamp has.

    Raises:
        StampError: `millimetres` is not between MIN_SIDE_MM and MAX_SIDE_MM.
    """
    if not MIN_SIDE_MM <= millimetres <= MAX_SIDE_MM:
        raise StampError(
            f"The artwork's {what} would be {millimetres:g} mm: stamps are {MIN_SIDE_MM:g} to"
            f" {MAX_SIDE_MM:g} mm. Change the configured width, or trim the picture."
        )


def _line(field: str, text: str, *, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise StampError(
            f"The {field} has {len(text)} characters: a seal has room for {least} to {most}."
            " Use the registered short form, or company-supplied artwork."
        )
    if text != text.strip() or not all(mark.isprintable() for mark in text):
        raise StampError(
            f"The {field} {text!r} has spaces at its ends or invisible characters, which would"
            " leave holes in the seal. Remove them."
        )
