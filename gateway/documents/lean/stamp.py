"""A seal's stamp as the objects that go into a file, encoded once (ISO 32000-2 §8.10, §8.9.5)."""

import zlib

from gateway.documents.lean.update import UpdateBuilder
from gateway.documents.placing.frames import window_of
from gateway.documents.placing.geometry import POINTS_PER_MM, Area, PageGeometry
from gateway.documents.placing.places import StampPlace
from gateway.documents.stamp.model import Artwork, Raster


class EncodedStamp:
    """The artwork of one seal, packed; only object numbers are filled in for a document."""

    def __init__(self, artwork: Artwork) -> None:
        self.width_mm, self.height_mm = artwork.width_mm, artwork.height_mm
        self._image = artwork.image
        self._content = zlib.compress(artwork.content, 9)
        self.whole = Area(0.0, 0.0, artwork.width_mm, artwork.height_mm)

    def put(self, update: UpdateBuilder, geometry: PageGeometry | None) -> int:
        """Write the stamp, upright for a page or as it is drawn; gives its form's number."""
        resources = b"<<>>"
        if self._image is not None:
            resources = b"<</XObject<</Im0 %d 0 R>>>>" % _put_image(update, self._image)
        return _put_form(update, self.whole, geometry, resources, self._content)


class SharedStamp:
    """One stamp's drawing for all the places of one update, as `pdf.appearance` has it."""

    def __init__(self, stamp: EncodedStamp, update: UpdateBuilder) -> None:
        self._stamp = stamp
        self._update = update
        self._whole: int | None = None
        self._forms: dict[tuple[int, Area], int] = {}

    def form(self, place: StampPlace) -> int:
        """The number of the form XObject of the place."""
        window = window_of(place, self._stamp.width_mm, self._stamp.height_mm)
        key = place.geometry.rotation, window
        if key not in self._forms:
            self._forms[key] = self._put(place.geometry, window)
        return self._forms[key]

    def _put(self, geometry: PageGeometry, window: Area) -> int:
        if self._whole is None:
            self._whole = self._stamp.put(self._update, None)
        if geometry.rotation == 0 and window == self._stamp.whole:
            return self._whole
        right = -window.left_mm * POINTS_PER_MM
        up = -(self._stamp.height_mm - window.top_mm - window.height_mm) * POINTS_PER_MM
        content = zlib.compress(f"1 0 0 1 {right:.4f} {up:.4f} cm /Stamp Do".encode(), 9)
        resources = b"<</XObject<</Stamp %d 0 R>>>>" % self._whole
        return _put_form(self._update, window, geometry, resources, content)


def _put_form(
    update: UpdateBuilder,
    window: Area,
    geometry: PageGeometry | None,
    resources: bytes,
    deflated: bytes,
) -> int:
    box = decimals(0, 0, window.width_mm * POINTS_PER_MM, window.height_mm * POINTS_PER_MM)
    matrix = b"" if geometry is None else b"/Matrix" + decimals(*geometry.upright_matrix(), 0, 0)
    entries = b"/Type/XObject/Subtype/Form/BBox%b%b/Resources%b" % (box, matrix, resources)
    number = update.number()
    update.put(number, _stream(entries, deflated))
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
    """An array of numbers to a ten thousandth of a unit."""
    return b"[%b]" % b" ".join(map(_decimal, values))


def _decimal(value: float) -> bytes:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return (text if text not in ("-0", "") else "0").encode()
