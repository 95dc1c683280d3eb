"""Photographs from a stranger's telephone: read with bounds, drawn anew, and nothing else kept.

What is kept is a picture that this module wrote: no EXIF, no place, no serial number of the
camera, no colour profile, no second image behind the first.
"""

import io
from typing import Final

from PIL import Image, ImageOps

from cloud_bridge.network.deliveries.problems import PhotoRefusedProblem

_FORMATS: Final = ("JPEG", "PNG")
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_PIXELS: Final = 40_000_000
_LONGEST_SIDE: Final = 1600
_QUALITY: Final = 80
_UNREADABLE: Final = (
    OSError,
    SyntaxError,  # what Pillow says of a broken PNG
    ValueError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,  # an error where warnings are
)


def redrawn(photo: bytes) -> bytes:
    """The photograph as a JPEG of ours, upright, no side longer than 1600 pixels.

    Raises:
        PhotoRefusedProblem: it is no JPEG or PNG, is broken, has too many bytes or too many pixels.
    """
    if len(photo) > _MOST_BYTES:
        raise PhotoRefusedProblem(f"A photo has {len(photo)} bytes; {_MOST_BYTES} are the most.")
    try:
        with Image.open(io.BytesIO(photo), formats=_FORMATS) as image:
            _bound(image)
            # A JPEG is then decoded at a fraction of its size; a PNG does not care.
            image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            return _written(upright)
    except _UNREADABLE as error:
        raise PhotoRefusedProblem("A photo cannot be read as a JPEG or PNG.") from error


def _bound(image: Image.Image) -> None:
    """The header alone was read so far: what it promises must be bearable."""
    pixels = image.width * image.height
    if pixels > _MOST_PIXELS:
        raise PhotoRefusedProblem(f"A photo has {pixels} pixels; {_MOST_PIXELS} are the most.")


def _written(image: Image.Image) -> bytes:
    canvas = Image.new("RGB", image.size, "white")
    rgba = image.convert("RGBA")
    canvas.paste(rgba, mask=rgba.getchannel("A"))
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()
