"""PDFs that are made for the benchmark: the same bytes at every run and on every machine."""

import hashlib
from io import BytesIO

import pikepdf

_A4 = (595, 842)
_PICTURE_WIDTH = 2500


def pages(count: int) -> bytes:
    """So many A4 pages with a line of text each."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    for number in range(1, count + 1):
        page = pdf.add_blank_page(page_size=_A4)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        text = f"BT /F1 12 Tf 72 770 Td (Delivery list, page {number} of {count}) Tj ET"
        page.Contents = pdf.make_stream(text.encode())
    return _saved(pdf)


def picture(byte_count: int) -> bytes:
    """One A4 page with a grey picture of so many bytes that do not compress."""
    pdf = pikepdf.new()
    noise = hashlib.shake_256(b"sealgate bench").digest(byte_count)
    image = pdf.make_stream(
        noise,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=_PICTURE_WIDTH,
        Height=byte_count // _PICTURE_WIDTH,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
    )
    page = pdf.add_blank_page(page_size=_A4)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im1=image))
    page.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im1 Do Q")
    return _saved(pdf)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True, compress_streams=False)
    return out.getvalue()
