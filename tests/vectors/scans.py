"""Pages that came from a scanner: one picture of 300 dots an inch, and no text."""

import io

from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image, ImageDraw, TiffImagePlugin

from tests.vectors.papers import Box, add_page, saved

_DOTS_PER_UNIT = 300 / 72


def fax() -> bytes:
    """Two pages of 1 bit a dot (CCITT Group 4); boxes off zero, with fractions, none a multiple."""
    pdf = Pdf.new()
    for box in ((-12.5, 7.25, 582.74, 849.14), (100, -841.92, 695.28, 0)):
        width, height = _dots(box)
        lines = _written_lines(width, height, "1")
        picture = _picture(pdf, width, height, _group_4(lines))
        picture.BitsPerComponent = 1
        picture.Filter = Name.CCITTFaxDecode
        picture.DecodeParms = Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=True)
        _add(pdf, picture, box)
    return saved(pdf, version="1.4")


def grey() -> bytes:
    """An A6 page in grey (JPEG), turned by the scanner, with a /CropBox as large as the page."""
    box = (0, 0, 297.6, 419.52)
    width, height = _dots(box)
    output = io.BytesIO()
    _written_lines(width, height, "L").save(output, "JPEG", quality=30)
    pdf = Pdf.new()
    picture = _picture(pdf, width, height, output.getvalue())
    picture.BitsPerComponent = 8
    picture.Filter = Name.DCTDecode
    _add(pdf, picture, box, Dictionary(Rotate=90, CropBox=Array(box)))
    return saved(pdf, version="1.5", in_object_streams=True)


def _dots(box: Box) -> tuple[int, int]:
    return round((box[2] - box[0]) * _DOTS_PER_UNIT), round((box[3] - box[1]) * _DOTS_PER_UNIT)


def _written_lines(width: int, height: int, mode: str) -> Image.Image:
    """Something that looks like words from afar, a little askew."""
    picture = Image.new(mode, (width, height), 255)
    pen = ImageDraw.Draw(picture)
    for line in range(12):
        x = width // 10
        y = height // 8 + line * height // 18
        for word in range(7):
            length = width // 30 + (line * 7 + word * 13) % 11 * width // 150
            pen.rectangle((x, y + word, x + length, y + word + height // 90), 0)
            x += length + width // 60
    return picture


def _group_4(picture: Image.Image) -> bytes:
    """The only strip of a TIFF of it (TIFF 6.0, section 11)."""
    output = io.BytesIO()
    whole = {TiffImagePlugin.ROWSPERSTRIP: picture.height}
    picture.save(output, "TIFF", compression="group4", tiffinfo=whole)
    with Image.open(output) as written:
        assert isinstance(written, TiffImagePlugin.TiffImageFile)
        (start,) = written.tag_v2[TiffImagePlugin.STRIPOFFSETS]
        (length,) = written.tag_v2[TiffImagePlugin.STRIPBYTECOUNTS]
    return output.getvalue()[start : start + length]


def _picture(pdf: Pdf, width: int, height: int, data: bytes) -> Stream:
    return Stream(
        pdf,
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        ColorSpace=Name.DeviceGray,
    )


def _add(pdf: Pdf, picture: Stream, box: Box, entries: Dictionary | None = None) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    drawing = f"q {width:.10g} 0 0 {height:.10g} {box[0]} {box[1]} cm /Scan Do Q\n".encode()
    resources = Dictionary(XObject=Dictionary(Scan=pdf.make_indirect(picture)))
    add_page(pdf, drawing, box=box, resources=resources, entries=entries)
