"""Stamps as form XObjects that widgets and stamp annotations show (ISO 32000-2 §12.5.5)."""

import zlib

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from gateway.documents.placing.frames import window_of
from gateway.documents.placing.geometry import POINTS_PER_MM, Area, PageGeometry
from gateway.documents.placing.places import StampPlace
from gateway.documents.stamp.model import Artwork, Raster


class Appearance:
    """A seal's stamp, packed once and written into many documents."""

    def __init__(self, artwork: Artwork) -> None:
        self._image = artwork.image
        self._content = zlib.compress(artwork.content, 9)
        self.width_mm, self.height_mm = artwork.width_mm, artwork.height_mm

    def add_to(
        self, writer: BasePdfFileWriter, geometry: PageGeometry | None
    ) -> generic.IndirectObject:
        """Write the stamp into the update, upright on the page; None: as it is drawn."""
        resources = generic.DictionaryObject()
        if self._image is not None:
            image = writer.add_object(_image(writer, self._image))
            resources["/XObject"] = generic.DictionaryObject({pdf_name("/Im0"): image})
        form = _form(self.width_mm, self.height_mm, geometry, resources, self._content)
        return writer.add_object(form)


class SharedAppearance:
    """One stamp's drawing for all the places of one update.

    A place that shows another part, or shows it turned or in a larger frame, has a form of some
    hundred bytes that cuts and draws the shared one, so that 300 slices stay small.
    """

    def __init__(self, appearance: Appearance, writer: BasePdfFileWriter) -> None:
        self._appearance = appearance
        self._writer = writer
        self._whole: generic.IndirectObject | None = None
        self._forms: dict[tuple[object, ...], generic.IndirectObject] = {}

    def form(self, place: StampPlace) -> generic.IndirectObject:
        """The form XObject of the place."""
        window = window_of(place, self._appearance.width_mm, self._appearance.height_mm)
        key = (place.geometry.rotation, window)
        if key not in self._forms:
            self._forms[key] = self._drawn(place.geometry, window)
        return self._forms[key]

    def _drawn(self, geometry: PageGeometry, window: Area) -> generic.IndirectObject:
        if self._whole is None:
            self._whole = self._appearance.add_to(self._writer, None)
        width, height = self._appearance.width_mm, self._appearance.height_mm
        if geometry.rotation == 0 and window == Area(0.0, 0.0, width, height):
            return self._whole
        resources = generic.DictionaryObject(
            {
                pdf_name("/XObject"): generic.DictionaryObject({pdf_name("/Stamp"): self._whole}),
            }
        )
        # From the window's lower left corner to the artwork's.
        right = -window.left_mm * POINTS_PER_MM
        up = -(height - window.top_mm - window.height_mm) * POINTS_PER_MM
        content = zlib.compress(f"1 0 0 1 {right:.4f} {up:.4f} cm /Stamp Do".encode(), 9)
        form = _form(window.width_mm, window.height_mm, geometry, resources, content)
        return self._writer.add_object(form)


def _form(
    width_mm: float,
    height_mm: float,
    geometry: PageGeometry | None,
    resources: generic.DictionaryObject,
    deflated: bytes,
) -> generic.StreamObject:
    entries: dict[str, generic.PdfObject] = {
        "/Type": pdf_name("/XObject"),
        "/Subtype": pdf_name("/Form"),
        "/BBox": numbers(0, 0, width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM),
    }
    if geometry is not None:
        a, b, c, d = geometry.upright_matrix()
        entries["/Matrix"] = numbers(a, b, c, d, 0, 0)
    return _compressed({**entries, "/Resources": resources}, deflated)


def _image(writer: BasePdfFileWriter, raster: Raster) -> generic.StreamObject:
    entries: dict[str, generic.PdfObject] = {
        "/Type": pdf_name("/XObject"),
        "/Subtype": pdf_name("/Image"),
        "/Width": generic.NumberObject(raster.width_px),
        "/Height": generic.NumberObject(raster.height_px),
        "/BitsPerComponent": generic.NumberObject(8),
    }
    if raster.alpha is not None:
        mask = {**entries, "/ColorSpace": pdf_name("/DeviceGray")}
        entries["/SMask"] = writer.add_object(_compressed(mask, raster.alpha))
    return _compressed({**entries, "/ColorSpace": pdf_name("/DeviceRGB")}, raster.rgb)


def _compressed(entries: dict[str, generic.PdfObject], deflated: bytes) -> generic.StreamObject:
    dictionary = {pdf_name(key): value for key, value in entries.items()}
    dictionary[pdf_name("/Filter")] = pdf_name("/FlateDecode")
    return generic.StreamObject(dictionary, encoded_data=deflated)


def numbers(*values: float) -> generic.ArrayObject:
    """An array of them, to a ten thousandth of a unit."""
    return generic.ArrayObject(
        generic.NumberObject(value)
        if isinstance(value, int)
        else generic.FloatObject(f"{value:.4f}")
        for value in values
    )
