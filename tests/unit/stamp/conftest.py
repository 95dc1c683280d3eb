"""A font that the product's setup installs, and a look at the page."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from gateway.documents.stamp.glyphs import GlyphSource
from gateway.documents.stamp.model import POINTS_PER_MM, Artwork, Raster

UMING = Path("/usr/share/fonts/truetype/arphic/uming.ttc")


@pytest.fixture(scope="session")
def uming() -> GlyphSource:
    return GlyphSource(UMING)


class Page:
    """An artwork alone on a white page of its own size."""

    def __init__(self, artwork: Artwork) -> None:
        pdf = pikepdf.new()
        size = (artwork.width_mm * POINTS_PER_MM, artwork.height_mm * POINTS_PER_MM)
        page = pdf.add_blank_page(page_size=size)
        page.Contents = pdf.make_stream(artwork.content)
        if artwork.image is not None:
            xobjects = pikepdf.Dictionary(Im0=_image(pdf, artwork.image))
            page.Resources = pikepdf.Dictionary(XObject=xobjects)
        written = io.BytesIO()
        pdf.save(written)
        self.pdf = written.getvalue()

    def rendered(self, *, dpi: int) -> Image.Image:
        document = pypdfium2.PdfDocument(self.pdf)
        try:
            picture: Image.Image = document[0].render(scale=dpi / 72).to_pil().convert("RGB")
        finally:
            document.close()
        return picture


@pytest.fixture
def page() -> type[Page]:
    return Page


def _image(pdf: pikepdf.Pdf, raster: Raster) -> pikepdf.Object:
    def stream(data: bytes, space: pikepdf.Name) -> pikepdf.Stream:
        made = pdf.make_stream(b"")
        made.write(data, filter=pikepdf.Name.FlateDecode)
        made.Type, made.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        made.Width, made.Height = raster.width_px, raster.height_px
        made.ColorSpace, made.BitsPerComponent = space, 8
        return made

    image = stream(raster.rgb, pikepdf.Name.DeviceRGB)
    if raster.alpha is not None:
        image.SMask = stream(raster.alpha, pikepdf.Name.DeviceGray)
    return image
