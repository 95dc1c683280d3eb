"""A company's SVG is drawn as its designer saw it, or refused with a cure."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops

from gateway.documents.stamp import intake
from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.svg import artwork_from_svg

LookAt = Callable[[Any], Any]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def svg(body: str, *, box: str = "0 0 40 40", attributes: str = "") -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="{box}" {attributes}>{body}</svg>'
    )


@pytest.mark.parametrize(
    ("text", "at", "color"),
    [
        pytest.param(svg('<rect width="40" height="40" fill="red"/>'), (20, 20), RED, id="rect"),
        pytest.param(
            svg('<circle cx="20" cy="20" r="15" fill="none" stroke="red" stroke-width="4"/>'),
            (20, 20),
            WHITE,
            id="a ring has a hole",
        ),
        pytest.param(
            svg('<circle r="15" fill="none" stroke="red" stroke-width="4"/>', box="-20 -20 40 40"),
            (5, 20),
            RED,
            id="a ring about the origin",
        ),
        pytest.param(
            svg('<path fill="red" fill-rule="evenodd" d="M0 0H40V40H0ZM10 10H30V30H10Z"/>'),
            (20, 20),
            WHITE,
            id="even-odd",
        ),
        pytest.param(
            svg('<path fill="red" d="M0 0H40V40H0ZM10 10H30V30H10Z"/>'),
            (20, 20),
            RED,
            id="non-zero",
        ),
        pytest.param(
            svg('<g transform="translate(20 20) rotate(45)"><path d="M0-4H20V4H0Z"/></g>'),
            (30, 30),
            (0, 0, 0),
            id="transform",
        ),
        pytest.param(
            svg('<defs><path id="p" d="M0 0H9V9H0Z"/></defs><use href="#p" x="30" fill="blue"/>'),
            (35, 5),
            BLUE,
            id="use",
        ),
        pytest.param(
            svg('<path fill="red" d="m20-1e1a15 15 0 0115 15v9h-30z"/>', box="0 -10 40 40"),
            (22, 20),
            RED,
            id="path written tersely",
        ),
        pytest.param(
            svg('<rect style="fill: rgb(0,128,0); stroke-width: 2px" width="40" height="40"/>'),
            (20, 20),
            GREEN,
            id="style",
        ),
        pytest.param(
            svg('<rect width="40" height="40"/><rect width="40" height="40" fill="blue"/>'),
            (20, 20),
            BLUE,
            id="the later shape is on top",
        ),
        pytest.param(
            svg('<rect width="40" height="40" fill="none"/><path d="M1 1H2V2Z"/>'),
            (20, 20),
            WHITE,
            id="no fill",
        ),
        pytest.param(
            svg('<g display="none"><rect width="40" height="40"/></g><path d="M1 1H2V2Z"/>'),
            (20, 20),
            WHITE,
            id="hidden layer",
        ),
        pytest.param(
            svg('<rect width="40" height="40" opacity="0"/><path d="M1 1H2V2Z"/>'),
            (20, 20),
            WHITE,
            id="invisible shape",
        ),
    ],
)
def test_it_looks_as_it_should(
    page: LookAt, text: str, at: tuple[int, int], color: tuple[int, int, int]
) -> None:
    picture = page(artwork_from_svg(text, width_mm=40)).rendered(dpi=254)
    assert picture.getpixel((at[0] * 10, at[1] * 10)) == color


def test_the_height_follows_the_view_box() -> None:
    artwork = artwork_from_svg(
        svg('<rect width="60" height="40"/>', box="0, 0, 60, 40"), width_mm=30
    )
    assert artwork.height_mm == pytest.approx(20)


def test_width_and_height_stand_in_for_a_view_box() -> None:
    sized = '<svg xmlns="http://www.w3.org/2000/svg" width="60px" height="30">'
    text = sized + '<path d="M0 0H9V9Z"/></svg>'
    assert artwork_from_svg(text, width_mm=30).height_mm == pytest.approx(15)


def test_what_stands_out_of_the_view_box_is_cut_off() -> None:
    inside = artwork_from_svg(svg('<rect width="40" height="40"/>'), width_mm=40)
    outside = artwork_from_svg(svg('<rect width="90" height="40"/>'), width_mm=40)
    assert b" W n" not in inside.content
    assert outside.content.startswith(b"q 0 0 113.386 113.386 re W n\n")
    assert outside.content.endswith(b"\nQ\n")


@pytest.mark.parametrize(
    ("body", "height"),
    [
        ('<rect x="10" y="5" width="20" height="10" fill="red"/>', 20),
        (
            '<rect width="40" height="40" fill="#fff"/><rect x="10" y="5" width="20" height="10"/>',
            20,
        ),
        # A circle's guiding points lie outside of it.
        ('<circle cx="20" cy="20" r="7" fill="red"/>', 40),
        ('<rect x="30" y="30" width="40" height="5" fill="red"/>', 20),
    ],
    ids=["empty margin", "white margin", "curves", "half outside"],
)
def test_margins_are_cut_off_so_that_the_width_is_the_marks(
    page: LookAt, body: str, height: float
) -> None:
    artwork = artwork_from_svg(svg(body), width_mm=40, trim=True)
    assert artwork.height_mm == pytest.approx(height, abs=0.01)
    seen = page(artwork).rendered(dpi=254)
    paper = Image.new("RGB", seen.size, "white")
    left, top, right, bottom = ImageChops.difference(seen, paper).getbbox() or (0, 0, 0, 0)
    assert (left, top) == (0, 0)
    assert (right, bottom) == pytest.approx((400, 10 * height), abs=1)


def test_a_mark_in_nothing_but_white_keeps_its_shape() -> None:
    body = '<rect x="10" y="5" width="20" height="10" fill="white"/>'
    assert artwork_from_svg(svg(body), width_mm=40, trim=True).height_mm == pytest.approx(20)


def test_titles_metadata_comments_and_editor_leftovers_are_ignored() -> None:
    body = (
        "<!-- 公章 --><title>t</title><metadata><x xmlns='urn:x'/></metadata>"
        "<e:view xmlns:e='urn:editor' e:zoom='2'/><rect width='40' height='40'/>"
    )
    plain = artwork_from_svg(svg('<rect width="40" height="40"/>'), width_mm=40)
    assert (
        artwork_from_svg('<?xml version="1.0" encoding="GBK"?>\n' + svg(body), width_mm=40) == plain
    )


def test_the_same_text_gives_the_same_bytes() -> None:
    text = svg('<circle cx="20" cy="20" r="15" fill="red" stroke="blue"/>')
    assert artwork_from_svg(text, width_mm=40) == artwork_from_svg(text, width_mm=40)


def test_a_ring_in_a_small_view_box_is_as_round_as_in_a_large_one(page: LookAt) -> None:
    def drawn(scale: float) -> bytes:
        ring = f'<circle r="{19 * scale}" fill="none" stroke="red" stroke-width="{scale}"/>'
        text = svg(ring, box=f"{-20 * scale} {-20 * scale} {40 * scale} {40 * scale}")
        return bytes(page(artwork_from_svg(text, width_mm=40)).rendered(dpi=300).tobytes())

    assert drawn(0.1) == drawn(1) == drawn(100)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("<svg", "not well-formed", id="cut short"),
        pytest.param("", "not well-formed", id="empty"),
        pytest.param("<html/>", "does not begin with <svg", id="other XML"),
        pytest.param('<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;"), "document type", id="entity"),
        pytest.param('<!DOCTYPE svg SYSTEM "x.dtd">' + svg(""), "document type", id="DTD"),
        pytest.param(svg("<text>公章</text>"), "<text>.*Object to Path", id="text"),
        pytest.param(svg('<image href="file:///etc/passwd"/>'), "<image>", id="image"),
        pytest.param(svg("<script>1</script>"), "<script>", id="script"),
        pytest.param(svg("<foreignObject/>"), "<foreignObject>", id="foreign object"),
        pytest.param(
            svg("<style>.a{fill:red}</style>"), "Presentation Attributes", id="style sheet"
        ),
        pytest.param(svg("<linearGradient/>"), "solid colours", id="gradient"),
        pytest.param(svg("<svg/>"), "<svg>", id="nested"),
        pytest.param(svg("<animate/>"), "<animate>", id="animation"),
        pytest.param(svg("<clipPath/>"), "Crop the shapes", id="clip path"),
        pytest.param(svg('<g clip-path="url(#c)"/>'), "clip-path", id="clipped"),
        pytest.param(svg('<rect width="1" height="1" onclick="x()"/>'), "script", id="handler"),
        pytest.param(svg('<path d="M0 0H9V9Z" fill="url(#g)"/>'), "refers to", id="paint server"),
        pytest.param(
            svg('<path d="M0 0H9V9Z" style="fill: URL( x )"/>'), "refers to", id="style url"
        ),
        pytest.param(svg('<use href="other.svg#a"/>'), "refers to", id="outside reference"),
        pytest.param(svg('<use href="#nowhere"/>'), "does not define", id="dangling use"),
        pytest.param(svg('<g id="a"><use href="#a"/></g>'), "circle", id="circular use"),
        pytest.param(svg('<g opacity=".5"><path d="M0 0H9V9Z"/></g>'), "transparent", id="opacity"),
        pytest.param(svg('<path d="M0 0H9V9Z" fill="#ff000080"/>'), "solid", id="alpha colour"),
        pytest.param(
            svg('<path d="M0 0H9V9Z" fill="currentColor"/>'), "solid", id="current colour"
        ),
        pytest.param(
            svg('<path d="M0 0H9" stroke-dasharray="1"/>'), "stroke-dasharray", id="dashes"
        ),
        pytest.param(
            svg('<path d="M0 0H9V9Z" visibility="hidden"/>'), "visibility", id="visibility"
        ),
        pytest.param(svg('<path d="M0 0H9V9Z" filter="x"/>'), "filter", id="filter"),
        pytest.param(svg("", attributes='transform="scale(2)"'), "on <svg> itself", id="root"),
        pytest.param(svg('<rect width="2mm" height="1"/>'), "plain numbers", id="units"),
        pytest.param(svg('<path d="M0 0 L x"/>'), "understood|reduced", id="nonsense path"),
        pytest.param(
            svg('<path d="M0 0H9V9Z" transform="bend(1)"/>'), "understood|reduced", id="bend"
        ),
        pytest.param(svg("<g/>"), "draws nothing", id="nothing"),
        pytest.param(svg("<g/>", box="0 0 0 0"), "viewBox", id="empty view box"),
        pytest.param(svg("<g/>", box="0 0 nan 1"), "viewBox", id="nan view box"),
        pytest.param('<svg xmlns="http://www.w3.org/2000/svg"/>', "viewBox", id="no view box"),
        pytest.param(svg('<path d="M0 0H1V1Z"/>', box="0 0 1 400"), "height", id="too high"),
        pytest.param(svg("<g>" * 40 + "</g>" * 40), "nested more than", id="too deep"),
    ],
)
def test_what_cannot_be_stamped_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(StampError, match=why):
        artwork_from_svg(text, width_mm=40)


def test_a_small_file_cannot_unfold_into_a_large_one() -> None:
    layers = "".join(
        f'<g id="l{level}">' + f'<use href="#l{level - 1}"/>' * 10 + "</g>" for level in range(1, 9)
    )
    with pytest.raises(StampError, match="elements"):
        artwork_from_svg(svg(f'<path id="l0" d="M0 0H9V9Z"/>{layers}'), width_mm=40)


def test_too_many_points_are_refused() -> None:
    path = '<path d="M0 0' + "L1 1" * intake.MAX_COMMANDS + '"/>'
    with pytest.raises(StampError, match="points"):
        artwork_from_svg(svg(path), width_mm=40)


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(StampError, match="characters"):
        artwork_from_svg(" " * (intake.MAX_SVG_CHARACTERS + 1), width_mm=40)


@pytest.mark.parametrize("width_mm", [0.0, 4.0, 151.0, float("nan"), float("inf")])
def test_a_width_that_no_stamp_has_is_refused(width_mm: float) -> None:
    with pytest.raises(StampError, match="width"):
        artwork_from_svg(svg('<rect width="40" height="40"/>'), width_mm=width_mm)
