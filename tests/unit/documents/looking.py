"""What the eye sees of a sealed document, compared with what it saw before."""

import io
from collections.abc import Sequence

import pikepdf
from PIL import Image, ImageChops, ImageDraw

from gateway.documents.model import Prepared, StampPosition
from tests.document_fixtures import rendered

UNITS_PER_MM = 72 / 25.4
# A renderer blends the pixels at a box's border with what lies beside them.
_BORDER = 2


def stamps_of(prepared: Prepared) -> list[StampPosition]:
    """The stamps that are there."""
    return [each for each in prepared.stamps if isinstance(each, StampPosition)]


def assert_differs_only_inside(
    before: bytes, after: bytes, stamps: Sequence[StampPosition], *, scale: float = 1.0
) -> None:
    """Every page looks as before outside the stamps, and otherwise inside of each.

    Args:
        before: the document.
        after: the sealed one.
        stamps: where they lie.
        scale: pixels per user space unit; pages have a /UserUnit of 1.
    """
    with pikepdf.open(io.BytesIO(before)) as pdf:
        count = len(pdf.pages)
    for page in range(1, count + 1):
        here = [stamp for stamp in stamps if stamp.page == page]
        changed = ImageChops.difference(
            rendered(before, page=page, scale=scale), rendered(after, page=page, scale=scale)
        ).convert("L")
        for stamp in here:
            box = _pixels(stamp, scale)
            assert changed.crop(box).getbbox() is not None, f"no stamp on page {page}"
        outside = changed.copy()
        pen = ImageDraw.Draw(outside)
        for stamp in here:
            left, top, right, bottom = _pixels(stamp, scale)
            pen.rectangle((left - _BORDER, top - _BORDER, right + _BORDER, bottom + _BORDER), 0)
        assert outside.getbbox() is None, f"page {page} changed at {outside.getbbox()}"


def cut_out(document: bytes, stamp: StampPosition, *, scale: float) -> Image.Image:
    """The picture of a stamp's box."""
    return rendered(document, page=stamp.page, scale=scale).crop(_pixels(stamp, scale))


def _pixels(stamp: StampPosition, scale: float) -> tuple[int, int, int, int]:
    factor = scale * UNITS_PER_MM
    left, top = round(stamp.left_mm * factor), round(stamp.top_mm * factor)
    right = max(round((stamp.left_mm + stamp.width_mm) * factor), left + 1)
    bottom = max(round((stamp.top_mm + stamp.height_mm) * factor), top + 1)
    return left, top, right, bottom
