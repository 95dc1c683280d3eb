"""Photographs of strangers: drawn anew, or refused."""

import contextlib
import io
import struct
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cloud_bridge.network.deliveries.darkroom import Darkroom
from cloud_bridge.network.deliveries.photos import redrawn
from cloud_bridge.network.deliveries.problems import PhotoRefusedProblem
from tests.delivery_house import House, photo


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(pixels, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with 100 MB of compressed text beside its one pixel."""
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(100_000_000), 9))
    whole = png(1, 1, bytes(4))
    return whole[:33] + text + whole[33:]


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (5, 5)).save(file, "GIF")
    return file.getvalue()


def test_nothing_of_the_camera_and_the_place_is_left() -> None:
    before = photo()
    assert b"Secret" in before
    after = redrawn(before)
    assert b"Secret" not in after
    assert b"Exif" not in after
    with Image.open(io.BytesIO(after)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))
        assert not image.getexif()


def test_a_large_photo_becomes_small_and_upright() -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (4000, 3000), "blue").save(file, "JPEG", exif=exif)
    with Image.open(io.BytesIO(redrawn(file.getvalue()))) as image:
        assert image.size == (1200, 1600)


def test_what_is_transparent_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(file, "PNG")
    with Image.open(io.BytesIO(redrawn(file.getvalue()))) as image:
        assert image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="an SVG"),
        pytest.param(b"%PDF-1.7", id="a PDF"),
        pytest.param(gif(), id="a GIF"),
        pytest.param(photo()[:800], id="half a JPEG"),
        pytest.param(png(50_000, 50_000, bytes(1000)), id="a PNG that promises 2.5 gigapixels"),
        pytest.param(png(9000, 9000, bytes(1000)), id="a PNG of 81 million pixels"),
        pytest.param(png(100, 100), id="a PNG without pixels"),
        pytest.param(text_bomb(), id="a PNG with a text that swells"),
        pytest.param(photo() + bytes(8 * 1024 * 1024), id="too many bytes"),
    ],
)
def test_what_is_no_photo_or_too_much_is_refused(hostile: bytes) -> None:
    with pytest.raises(PhotoRefusedProblem):
        redrawn(hostile)


@pytest.mark.filterwarnings("ignore:.*(Tag|EXIF|Metadata|Truncated)")  # told, and passed over
@given(st.integers(0, 4000), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_broken_photo_is_redrawn_or_refused_and_nothing_else(at: int, other: bytes) -> None:
    whole = photo()
    broken = whole[:at] + other + whole[at + len(other) :]
    with contextlib.suppress(PhotoRefusedProblem):
        assert redrawn(broken).startswith(b"\xff\xd8")


async def test_the_child_draws_photos_in_their_order() -> None:
    darkroom = Darkroom()
    sizes = [(400, 300), (300, 400)]
    drawn = await darkroom.develop([photo(size=each) for each in sizes])
    assert [Image.open(io.BytesIO(each)).size for each in drawn] == sizes
    assert await darkroom.develop(()) == ()


async def test_the_child_tells_which_photo_it_does_not_take() -> None:
    with pytest.raises(PhotoRefusedProblem, match="cannot be read"):
        await Darkroom().develop((photo(), b"no photo"))


async def test_a_photo_that_ends_the_child_or_keeps_it_busy_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(PhotoRefusedProblem, match="too long"):
        await Darkroom(deadline_seconds=0.0).develop((photo(),))
    room = "cloud_bridge.network.deliveries.darkroom._MEMORY_BYTES"
    monkeypatch.setattr(room, 64 * 1024 * 1024)  # too little to decode anything
    with pytest.raises(PhotoRefusedProblem, match="ended the process"):
        await Darkroom().develop((photo(size=(6000, 6000)),))


def test_the_network_itself_has_no_decoder() -> None:
    code = "import sys, cloud_bridge.network.deliveries.open; print('PIL' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


async def test_a_hostile_photo_signs_nothing_and_the_telephone_may_correct_it(
    house: House,
) -> None:
    token = await house.label(await house.send())
    await house.claim(token)
    status, told = await house.put(token, photos=(text_bomb(),))
    assert (status, told["type"]) == (422, "urn:sealgate:problem:delivery-photo-refused")
    assert (await house.put(token, photos=(photo(),)))[1]["ending"] == "signed"


async def test_more_photos_than_four_and_parts_too_large_are_refused(house: House) -> None:
    token = await house.label(await house.send())
    assert (await house.put(token, photos=(photo(),) * 5))[0] == 413
    assert (await house.put(token, photos=(bytes(9 * 1024 * 1024),)))[0] == 413
