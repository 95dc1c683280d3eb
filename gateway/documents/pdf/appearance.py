"""The stamp as a form XObject that a signature's widget shows (ISO 32000-2 §12.5.5)."""

import zlib

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from gateway.documents.pdf.geometry import POINTS_PER_MM, PageGeometry
from gateway.documents.stamp.model import Artwork, Raster


class Appearance:
    """A seal's stamp, packed once and written into many documents."""

    def __init__(self, artwork: Artwork) -> None:
        self._image = artwork.image
        self._content = zlib.compress(artwork.content, 9)
        self.width_mm, self.height_mm = artwork.width_mm, artwork.height_mm

    def add_to(self, writer: BasePdfFileWriter, geometry: PageGeometry) -> generic.DictionaryObject:
        """Write the stamp into the update; gives the widget's /AP dictionary."""
        resources = generic.DictionaryObject()
        if self._image is not None:
            image = writer.add_object(_image(writer, self._image))
            resources["/XObject"] = generic.DictionaryObject({pdf_name("/Im0"): image})
        a, b, c, d = geometry.upright_matrix()
        form = _compressed(
            {
                "/Type": pdf_name("/XObject"),
                "/Subtype": pdf_name("/Form"),
                "/BBox": _numbers(
                    0, 0, self.width_mm * POINTS_PER_MM, self.height_mm * POINTS_PER_MM
                ),
                "/Matrix": _numbers(a, b, c, d, 0, 0),
                "/Resources": resources,
            },
            self._content,
        )
        return generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})


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


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject(
        generic.NumberObject(value)
        if isinstance(value, int)
        else generic.FloatObject(f"{value:.4f}")
        for value in values
    )
