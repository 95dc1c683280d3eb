"""A round seal is as large, as round and as red as it was ordered."""

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import GlyphSource, open_font
from gateway.documents.stamp.layout import RADIUS, RING, STAR_RADIUS, name_cells
from gateway.documents.stamp.model import Artwork, RoundStamp
from gateway.documents.stamp.outline import Outline
from gateway.documents.stamp.round import draw_round_stamp, round_artwork

DPI = 600
COMPANY = "广东深圳市南山区腾飞科技有限公司"
LONGEST = "新疆维吾尔自治区乌鲁木齐市高新技术产业开发区华龙国际货运代理仓储物流有限"
FULL = RoundStamp(name=COMPANY, purpose="合同专用章", serial="3101150012345")

Point = tuple[float, float]
LookAt = Callable[[Artwork], Any]


def points(outline: Outline) -> list[Point]:
    """All points of a shape, in units about the centre."""
    return [
        (x, y) for _, numbers in outline for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    ]


def ink(picture: Image.Image) -> Image.Image:
    return ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).convert("L")


@pytest.mark.parametrize("diameter_mm", [38.0, 40.0, 42.0, 58.0])
def test_the_ink_is_as_wide_as_the_seal_was_ordered(
    uming: GlyphSource, page: LookAt, diameter_mm: float
) -> None:
    artwork = round_artwork(RoundStamp(name=COMPANY, diameter_mm=diameter_mm), uming)
    box = ink(page(artwork).rendered(dpi=DPI)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert (artwork.width_mm, artwork.height_mm) == (diameter_mm, diameter_mm)
    assert (right - left) * 25.4 / DPI == pytest.approx(diameter_mm, abs=0.1)
    assert (bottom - top) * 25.4 / DPI == pytest.approx(diameter_mm, abs=0.1)


def test_the_corners_outside_the_ring_stay_white(uming: GlyphSource, page: LookAt) -> None:
    picture = ink(page(round_artwork(FULL, uming)).rendered(dpi=DPI))
    middle, radius = picture.width / 2, 20.05 / 25.4 * DPI
    inked = [
        (x, y)
        for y in range(0, picture.height, 3)
        for x in range(0, picture.width, 3)
        if math.hypot(x + 0.5 - middle, y + 0.5 - middle) > radius and picture.getpixel((x, y))
    ]
    assert inked == []


def test_the_seal_has_its_colour_and_no_other(uming: GlyphSource, page: LookAt) -> None:
    artwork = round_artwork(RoundStamp(name=COMPANY, color="#1a2B3c"), uming)
    picture = page(artwork).rendered(dpi=DPI)
    assert picture.getpixel((picture.width // 2, picture.height // 2)) == (0x1A, 0x2B, 0x3C)
    assert artwork.content.count(b" rg") == 1


def test_the_same_seal_gives_the_same_bytes(uming: GlyphSource) -> None:
    again = GlyphSource(uming.path)
    again.glyph("龙")  # what was asked for before makes no difference
    assert draw_round_stamp(FULL, again) == draw_round_stamp(FULL, uming)
    assert round_artwork(FULL, again) == round_artwork(FULL, uming)


def test_a_seal_of_sixteen_characters_is_small(uming: GlyphSource) -> None:
    assert len(round_artwork(RoundStamp(name=COMPANY), uming).content) < 25_000
    assert len(round_artwork(FULL, uming).content) < 40_000


def test_only_path_fill_and_colour_operators_are_used(uming: GlyphSource) -> None:
    content = round_artwork(FULL, uming).content.decode("ascii")
    assert set(re.findall(r"[A-Za-z*]+", content)) == {"m", "l", "c", "f", "rg"}


def test_the_star_stands_upright_in_the_middle(uming: GlyphSource) -> None:
    star = points(draw_round_stamp(FULL, uming).star)
    assert min(star, key=lambda point: point[1]) == (0, -STAR_RADIUS)
    assert sorted(round(math.hypot(x, y)) for x, y in star)[-5:] == [STAR_RADIUS] * 5


def test_the_first_and_last_character_stand_at_the_same_height() -> None:
    for count in (2, 7, 16, 36):
        first, *_, last = name_cells([1.0] * count)
        assert first.y == pytest.approx(last.y)
        assert first.angle == pytest.approx(-last.angle)


def test_the_purpose_is_centred_below_the_star(uming: GlyphSource) -> None:
    seal = draw_round_stamp(RoundStamp(name=COMPANY, purpose="国中中中国"), uming)
    line = [point for shape in seal.purpose for point in points(shape)]
    assert min(x for x, _ in line) + max(x for x, _ in line) == pytest.approx(0, abs=10)
    assert min(y for _, y in line) > STAR_RADIUS


def test_the_serial_reads_from_left_to_right(uming: GlyphSource) -> None:
    digits = [points(shape) for shape in draw_round_stamp(FULL, uming).serial]
    middles = [sum(x for x, _ in digit) / len(digit) for digit in digits]
    assert len(digits) == 13
    assert middles == sorted(middles)


def test_a_nought_keeps_its_hole(uming: GlyphSource, page: LookAt) -> None:
    artwork = round_artwork(RoundStamp(name=COMPANY, serial="0"), uming)
    picture = page(artwork).rendered(dpi=2400)
    at = (picture.width // 2, round((20 + 17.7) / 40 * picture.height))
    assert picture.getpixel(at) == (255, 255, 255)


def test_a_longer_name_takes_more_of_the_arc_and_narrower_characters(uming: GlyphSource) -> None:
    def measured(name: str) -> tuple[float, float]:
        cells = [points(shape) for shape in draw_round_stamp(RoundStamp(name=name), uming).name]
        angles = [[math.atan2(x, -y) for x, y in cell] for cell in cells]
        return max(map(max, angles)) - min(map(min, angles)), max(map(max, angles)) - min(
            angles[-1]
        )

    spans, widths = zip(*(measured("国" * count) for count in (6, 12, 20, 30, 36)), strict=True)
    assert list(spans) == sorted(spans)
    assert math.degrees(spans[-1]) < 272
    assert list(widths) == sorted(widths, reverse=True)


def test_brackets_and_latin_letters_take_less_room_than_ideographs(uming: GlyphSource) -> None:
    letters = [
        points(shape)
        for shape in draw_round_stamp(RoundStamp(name="中国（上海）ABC公司"), uming).name
    ]
    middles = [sum(math.atan2(x, -y) for x, y in letter) / len(letter) for letter in letters]
    gaps = [after - before for before, after in pairwise(middles)]
    assert gaps[6] < 0.9 * gaps[0]  # A to B, against 中 to 国


def test_a_space_leaves_a_gap_and_no_shape(uming: GlyphSource) -> None:
    drawing = draw_round_stamp(RoundStamp(name="ACME LTD"), uming)
    assert len(drawing.name) == len("ACMELTD")


def test_any_installed_font_will_do() -> None:
    assert len(draw_round_stamp(FULL, open_font()).name) == len(COMPANY)


IDEOGRAPHS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@settings(max_examples=40)
@given(
    drawn=st.text(IDEOGRAPHS, min_size=2, max_size=36),
    purpose=st.none() | st.text(IDEOGRAPHS, min_size=1, max_size=14),
    serial=st.none() | st.text("0123456789", min_size=1, max_size=18),
)
def test_nothing_ever_overlaps(
    uming: GlyphSource, drawn: str, purpose: str | None, serial: str | None
) -> None:
    known = [
        "".join(character if uming.has(character) else "国" for character in text or "")
        for text in (drawn, purpose)
    ]
    seal = draw_round_stamp(
        RoundStamp(name=known[0], purpose=known[1] or None, serial=serial), uming
    )
    name, below, digits = (
        [points(shape) for shape in part] for part in (seal.name, seal.purpose, seal.serial)
    )
    for shape in [*name, *below, *digits]:
        for x, y in shape:
            assert STAR_RADIUS < math.hypot(x, y) < RADIUS - RING
    for before, after in pairwise(name):
        assert max(math.atan2(x, -y) for x, y in before) < min(math.atan2(x, -y) for x, y in after)
    if below:
        line = [point for shape in below for point in shape]
        left, right = min(x for x, _ in line), max(x for x, _ in line)
        top, bottom = min(y for _, y in line), max(y for _, y in line)
        for shape in [*name, *digits]:
            assert not any(left <= x <= right and top <= y <= bottom for x, y in shape)
        for before, after in pairwise(below):
            assert max(x for x, _ in before) < min(x for x, _ in after)
    for before, after in pairwise(digits):
        assert max(math.atan2(x, y) for x, y in before) < min(math.atan2(x, y) for x, y in after)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "章"}, "2 to 36"),
        ({"name": "国" * 37}, "2 to 36"),
        ({"name": " 华龙公司"}, "spaces at its ends"),
        ({"name": "华龙\n公司"}, "invisible"),
        ({"name": "华龙公司", "purpose": ""}, "1 to 14"),
        ({"name": "华龙公司", "purpose": "章" * 15}, "1 to 14"),
        ({"name": "华龙公司", "serial": "3101-15"}, "digits"),
        ({"name": "华龙公司", "serial": "１２３"}, "digits"),
        ({"name": "华龙公司", "serial": "1" * 19}, "digits"),
        ({"name": "华龙公司", "diameter_mm": 12.0}, "between 30 and 60"),
        ({"name": "华龙公司", "diameter_mm": float("nan")}, "between 30 and 60"),
        ({"name": "华龙公司", "color": "red"}, "hexadecimal"),
        ({"name": "华龙公司", "color": "#E60012\n"}, "hexadecimal"),
    ],
)
def test_what_no_engraver_could_cut_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(StampError, match=why):
        RoundStamp(**fields)  # type: ignore[arg-type]


def test_the_longest_name_is_drawn_whole(uming: GlyphSource) -> None:
    name = LONGEST[:36]
    assert len(draw_round_stamp(RoundStamp(name=name), uming).name) == 36
