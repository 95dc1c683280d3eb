"""A seal's stamp as the objects that go into a file, encoded once (ISO 32000-2 §8.10, §8.9.5)."""

import zlib

from gateway.documents.lean.update import UpdateBuilder
from gateway.documents.pdf.geometry import POINTS_PER_MM, PageGeometry
from gateway.documents.stamp.model import Artwork, Raster


class EncodedStamp:
    """The artwork of one seal, packed; only object numbers are filled in for a document."""

    def __init__(self, artwork: Artwork) -> None:
        self.width_mm, self.height_mm = artwork.width_mm, artwork.height_mm
        self._image = artwork.image
        self._content = zlib.compress(artwork.content, 9)
        self._box = decimals(0, 0, self.width_mm * POINTS_PER_MM, self.height_mm * POINTS_PER_MM)

    def put(self, update: UpdateBuilder, geometry: PageGeometry) -> int:
        """Write the stamp, upright for a page; gives the number of its form XObject."""
        resources = b"<<>>"
        if self._image is not None:
            resources = b"<</XObject<</Im0 %d 0 R>>>>" % _put_image(update, self._image)
        number = update.number()
        entries = b"/Type/XObject/Subtype/Form/BBox%b/Matrix%b/Resources%b" % (
            self._box,
            decimals(*geometry.upright_matrix(), 0, 0),
            resources,
        )
        update.put(number, _stream(entries, self._content))
        return number


def _put_image(update: UpdateBuilder, raster: Raster) -> int:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8" % (
        raster.width_px,
        raster.height_px,
    )
    mask = b""
    if raster.alpha is not None:
        number = update.number()
        update.put(number, _stream(entries + b"/ColorSpace/DeviceGray", raster.alpha))
        mask = b"/SMask %d 0 R" % number
    number = update.number()
    update.put(number, _stream(entries + b"/ColorSpace/DeviceRGB" + mask, raster.rgb))
    return number


def _stream(entries: bytes, deflated: bytes) -> bytes:
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (
        entries,
        len(deflated),
        deflated,
    )


def decimals(*values: float) -> bytes:
    """An array of numbers to four decimals."""
    return b"[%b]" % b" ".join(map(_decimal, values))


def _decimal(value: float) -> bytes:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return (text if text not in ("-0", "") else "0").encode()
