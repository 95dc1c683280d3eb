"""From what a seal declares to artwork: the one door of this room."""

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.model import Artwork, RoundStamp
from gateway.documents.stamp.png import artwork_from_png
from gateway.documents.stamp.round import round_artwork
from gateway.documents.stamp.svg import artwork_from_svg
from gateway.seals.model import Picture
from policies.objects import seals


def artwork_for(stamp: seals.RoundStamp | Picture, *, font: StampFont) -> Artwork:
    """The stamp's artwork.

    Args:
        stamp: a round seal to be drawn, or a picture that the company supplied.
        font: for round seals.

    Raises:
        StampError: it cannot be drawn or taken; the message has the cure.
    """
    match stamp:
        case seals.RoundStamp():
            declared = RoundStamp(
                name=stamp.name,
                purpose=stamp.purpose,
                serial=stamp.serial,
                diameter_mm=stamp.diameter_mm,
                color=stamp.color,
            )
            return round_artwork(declared, font.opened())
        case Picture(kind="svg"):
            try:
                text = stamp.data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise StampError(f"The SVG is not UTF-8 text: {error}. Save it as UTF-8.") from None
            return artwork_from_svg(text, width_mm=stamp.width_mm, trim=True)
        case Picture():
            return artwork_from_png(stamp.data, width_mm=stamp.width_mm)
