"""Company-supplied PNG, unpacked once and packed as PDF wants it."""

import io
import zlib
from functools import reduce

from PIL import Image, ImageChops, UnidentifiedImageError

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.model import POINTS_PER_MM, Artwork, Raster, require_side
from gateway.documents.stamp.outline import written

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 4_000_000
"""2000 × 2000: a seal of 42 mm at 1200 dpi."""

# Paper that was scanned or saved as JPEG once is not quite white; a seal's faintest edge is darker.
_WHITEST_INK = 240
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


def artwork_from_png(data: bytes, *, width_mm: float) -> Artwork:
    """The picture `width_mm` wide with square pixels; transparency becomes the soft mask.

    Colours are taken as sRGB whatever profile the file carries. Transparent and white margins are
    cut off first, so that the width is that of the mark itself, and no slice of a stamp across
    pages is empty. A picture that is white everywhere keeps all that is not transparent.

    Raises:
        StampError: the data is no PNG, damaged, animated, deeper than 8 bits, too large,
            or wholly transparent.
    """
    require_side("width", width_mm)
    picture = _trimmed(_opened(data).convert("RGBA"))
    height_mm = width_mm * picture.height / picture.width
    require_side("height", height_mm)
    mask = picture.getchannel("A")
    faintest, _ = mask.getextrema()
    width, height = (written(side * POINTS_PER_MM, 3) for side in (width_mm, height_mm))
    return Artwork(
        width_mm=width_mm,
        height_mm=height_mm,
        content=f"q\n{width} 0 0 {height} 0 0 cm\n/Im0 Do\nQ\n".encode("ascii"),
        image=Raster(
            width_px=picture.width,
            height_px=picture.height,
            rgb=zlib.compress(picture.convert("RGB").tobytes(), 9),
            alpha=None if faintest == 255 else zlib.compress(mask.tobytes(), 9),  # noqa: PLR2004  # opaque
        ),
    )


def _trimmed(picture: Image.Image) -> Image.Image:
    on_paper = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    darkest = reduce(ImageChops.darker, on_paper.convert("RGB").split())
    ink = darkest.point(lambda value: 255 * (value < _WHITEST_INK)).getbbox()
    box = ink or picture.getchannel("A").getbbox()
    if box is None:
        raise StampError(
            "The PNG is transparent everywhere, so the stamp would not be seen. Export it again"
            " with the seal's layer visible."
        )
    return picture.crop(box)


def _opened(data: bytes) -> Image.Image:
    if len(data) > MAX_FILE_BYTES:
        raise StampError(
            f"The PNG has {len(data)} bytes, more than the {MAX_FILE_BYTES} a stamp may have."
            " Save it with fewer pixels."
        )
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise StampError(
            "The picture is not a PNG (its first bytes say so). Convert it, or supply SVG."
        )
    # The size stands in the header (PNG §11.2.1): nothing is unpacked before it is known harmless.
    _require_modest(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
    try:
        picture = Image.open(io.BytesIO(data), formats=["PNG"])
        _require_modest(picture.width, picture.height)
        _require_plain(picture)
        picture.load()
    except StampError:
        raise
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, zlib.error) as error:
        raise StampError(f"The PNG is damaged: {error}. Export it again.") from error
    return picture


def _require_modest(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise StampError(
            f"The PNG is {width} × {height} pixels, more than the {MAX_PIXELS} in all that a stamp"
            " may have. Scale it down; 1000 pixels across are plenty for 40 mm."
        )


def _require_plain(picture: Image.Image) -> None:
    if picture.mode not in _EIGHT_BIT_MODES:
        raise StampError(
            f"The PNG has a depth this program does not take ({picture.mode}). Save it with 8 bits"
            " per channel, grey or RGB."
        )
    if getattr(picture, "is_animated", False):
        raise StampError("The PNG is animated. Save one frame as an ordinary PNG.")
