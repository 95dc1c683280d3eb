"""A company's PNG keeps its pixels, its shape and its transparency, but not its margins."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.png import MAX_FILE_BYTES, artwork_from_png

LookAt = Callable[[Any], Any]


def png(picture: Image.Image, **options: Any) -> bytes:  # noqa: ANN401  # Pillow's own options
    data = io.BytesIO()
    picture.save(data, "PNG", **options)
    return data.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_an_opaque_picture_needs_no_mask() -> None:
    artwork = artwork_from_png(png(Image.new("RGB", (200, 100), (230, 0, 18))), width_mm=40)
    assert (artwork.width_mm, artwork.height_mm) == (40, 20)
    assert artwork.content == b"q\n113.386 0 0 56.693 0 0 cm\n/Im0 Do\nQ\n"
    assert artwork.image is not None
    assert artwork.image.alpha is None
    assert zlib.decompress(artwork.image.rgb) == bytes((230, 0, 18)) * 20_000


def test_transparency_becomes_the_soft_mask(page: LookAt) -> None:
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    picture.paste((230, 0, 18, 255), (0, 0, 50, 100))
    picture.putpixel((99, 0), (230, 0, 18, 255))
    artwork = artwork_from_png(png(picture), width_mm=40)
    assert artwork.image is not None
    assert artwork.image.alpha is not None
    assert zlib.decompress(artwork.image.alpha)[100:] == (b"\xff" * 50 + b"\x00" * 50) * 99
    seen = page(artwork).rendered(dpi=254)
    assert seen.getpixel((100, 200)) == (230, 0, 18)
    assert seen.getpixel((300, 200)) == (255, 255, 255)


@pytest.mark.parametrize("paper", [(255, 255, 255, 255), (0, 0, 0, 0), (250, 248, 245, 255)])
def test_margins_are_cut_off_so_that_the_width_is_the_marks(
    paper: tuple[int, int, int, int],
) -> None:
    picture = Image.new("RGBA", (240, 140), paper)
    picture.paste((230, 0, 18, 255), (20, 20, 220, 120))
    artwork = artwork_from_png(png(picture), width_mm=40)
    assert (artwork.width_mm, artwork.height_mm) == (40, 20)
    assert artwork.image is not None
    assert (artwork.image.width_px, artwork.image.height_px) == (200, 100)
    assert zlib.decompress(artwork.image.rgb) == bytes((230, 0, 18)) * 20_000


def test_a_pale_mark_is_no_margin() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste((255, 255, 0), (10, 10, 90, 50))
    assert artwork_from_png(png(picture), width_mm=40).height_mm == 20


def test_a_mark_in_nothing_but_white_keeps_its_shape() -> None:
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (10, 10, 90, 50))
    assert artwork_from_png(png(picture), width_mm=40).height_mm == 20


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_ordinary_kind_of_png_is_taken(mode: str) -> None:
    artwork = artwork_from_png(png(Image.new("RGB", (8, 8), "white").convert(mode)), width_mm=40)
    assert artwork.image is not None
    assert zlib.decompress(artwork.image.rgb) == b"\xff" * 192


def test_the_same_file_gives_the_same_bytes() -> None:
    data = png(Image.effect_mandelbrot((50, 50), (-3, -2.5, 2, 2.5), 9))
    assert artwork_from_png(data, width_mm=40) == artwork_from_png(data, width_mm=40)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "not a PNG", id="empty"),
        pytest.param(b"\xff\xd8\xff\xe0JFIF", "not a PNG", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "not a PNG", id="nothing but a signature"),
        pytest.param(bomb(4, 4), "damaged", id="no picture inside"),
        pytest.param(png(Image.effect_noise((64, 64), 9))[:900], "damaged", id="cut short"),
        pytest.param(bomb(100_000, 100_000), "pixels", id="bomb"),
        pytest.param(bomb(40_000, 4_000), "pixels", id="bomb below Pillow's own limit"),
        pytest.param(png(Image.new("I;16", (4, 4))), "8 bits", id="sixteen bits of grey"),
        pytest.param(png(Image.new("RGBA", (4, 4))), "transparent everywhere", id="invisible"),
        pytest.param(png(Image.new("L", (4, 400))), "height", id="too high"),
        pytest.param(bomb(4, 4) + bytes(MAX_FILE_BYTES), "bytes", id="too many bytes"),
        pytest.param(
            png(
                Image.new("L", (4, 4)),
                save_all=True,
                append_images=[Image.new("L", (4, 4), "white")],
            ),
            "animated",
            id="animated",
        ),
    ],
)
def test_what_cannot_be_stamped_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(StampError, match=why):
        artwork_from_png(data, width_mm=40)


@pytest.mark.parametrize("width_mm", [-1.0, 4.0, 151.0, float("nan")])
def test_a_width_that_no_stamp_has_is_refused(width_mm: float) -> None:
    with pytest.raises(StampError, match="width"):
        artwork_from_png(png(Image.new("L", (4, 4))), width_mm=width_mm)
