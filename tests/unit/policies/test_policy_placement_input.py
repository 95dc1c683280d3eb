"""Placements as people write them."""

import re

import msgspec
import pytest

from gateway.cli.policy.placement_words import placement_text
from policies.kinds.placement import WrittenPlacement, placement_of
from policies.model import (
    AcrossPages,
    BesideKeyword,
    IntoField,
    Invisible,
    OnPage,
    OnPages,
    Placement,
    Several,
)
from strictyaml import MistakesError, StrictModel, load


class Holder(StrictModel):
    """As in a seal, a rule, or a request."""

    placement: WrittenPlacement


CORNER = "leftMillimetres: 20, topMillimetres: 30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{page: 1, leftMillimetres: 20, topMillimetres: 30.5}",
            OnPage(page=1, left_mm=20.0, top_mm=30.5),
        ),
        (
            "{page: last, leftMillimetres: 0, topMillimetres: 0}",
            OnPage(page="last", left_mm=0.0, top_mm=0.0),
        ),
        ("{keyword: 收货单位}", BesideKeyword(keyword="收货单位")),
        (
            "{keyword: x, occurrence: 2, dxMillimetres: -5, dyMillimetres: 2.5}",
            BesideKeyword(keyword="x", occurrence=2, dx_mm=-5.0, dy_mm=2.5),
        ),
        ("{keyword: x, occurrence: last}", BesideKeyword(keyword="x", occurrence="last")),
        (
            "{keyword: x, occurrence: all, avoid: overlap}",
            BesideKeyword(keyword="x", occurrence="all", avoid="overlap"),
        ),
        (
            f"{{pages: '1-3, 5，last', {CORNER}}}",
            OnPages(pages="1-3,5,last", left_mm=20.0, top_mm=30.0),
        ),
        (
            f"{{pages: odd, {CORNER}, avoid: overlap}}",
            OnPages(pages="odd", left_mm=20.0, top_mm=30.0, avoid="overlap"),
        ),
        ("{field: 甲方.签章}", IntoField(field="甲方.签章")),
        ("{crossPage: {edge: right}}", AcrossPages(edge="right")),
        (
            "{crossPage: {edge: left, pages: 2-last, alternate: true, maxPagesPerSeal: 20, offsetMillimetres: 0}}",  # noqa: E501 - one line of a file
            AcrossPages(
                edge="left", pages="2-last", alternate=True, max_pages_per_seal=20, offset_mm=0.0
            ),
        ),
        (
            f"[{{crossPage: {{edge: right}}}}, {{page: last, {CORNER}}}]",
            Several(
                placements=(
                    AcrossPages(edge="right"),
                    OnPage(page="last", left_mm=20.0, top_mm=30.0),
                )
            ),
        ),
        ("[{field: A}]", IntoField(field="A")),
        ("{invisible: true}", Invisible()),
    ],
)
def test_every_kind_of_placement_is_read(text: str, expected: Placement) -> None:
    loaded = load(f"placement: {text}", file="p.yaml", model=Holder)
    assert placement_of(loaded.value.placement) == expected
    # HTTP bodies come as JSON, in the same words.
    body = loaded.value.model_dump_json(by_alias=True)
    assert placement_of(Holder.model_validate_json(body).placement) == expected


def test_what_an_earlier_version_asked_for_is_encoded_as_it_was() -> None:
    # The digest of a request is what its idempotency key stands for.
    old = b'{"type":"page","page":1,"left_mm":20.0,"top_mm":30.0}'
    assert msgspec.json.encode(OnPage(page=1, left_mm=20.0, top_mm=30.0)) == old


@pytest.mark.parametrize(
    ("placement", "words"),
    [
        (OnPage(page="last", left_mm=1.5, top_mm=2), "page last, 1.5 mm from the left"),
        (OnPages(pages="odd", left_mm=1, top_mm=2, avoid="overlap"), "pages odd, .* moved off"),
        (
            BesideKeyword(keyword="签章", occurrence=2, dx_mm=3),
            "签章 .occurrence 2., moved by 3 mm",
        ),
        (IntoField(field="A"), "in the signature field A"),
        (
            AcrossPages(edge="right", alternate=True, max_pages_per_seal=9, offset_mm=5),
            "across pages all on the right edge .alternating., .* at most 9 pages, 5 mm along it",
        ),
        (
            Several(placements=(AcrossPages(edge="top"), IntoField(field="A"))),
            "across pages all on the top edge; in the signature field A",
        ),
        (Invisible(), "invisible"),
    ],
)
def test_a_placement_is_told_in_a_sentence(placement: Placement, words: str) -> None:
    assert re.search(words, placement_text(placement))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{leftMillimetres: 1}", "exactly one of page, pages, keyword, field, crossPage"),
        ("{page: 1, keyword: x}", "exactly one of page, pages, keyword, field, crossPage"),
        (f"{{pages: 3-1, {CORNER}}}", "p.yaml:1: placement.pages: `3-1` runs backwards"),
        (f"{{pages: 0, {CORNER}}}", "valid string"),
        (f"{{pages: '0', {CORNER}}}", "`0` is no page"),
        (f"{{pages: first, {CORNER}}}", "`first` is no page and no range"),
        ("{pages: all}", "do not make one placement"),
        ("{crossPage: {edge: right}, avoid: overlap}", "do not make one placement"),
        ("{crossPage: {edge: middle}}", "'right', 'left', 'top' or 'bottom'"),
        ("{crossPage: {edge: right, maxPagesPerSeal: 1}}", "greater than or equal to 2"),
        ("{crossPage: {edge: right, alternat: true}}", "did you mean `alternate`"),
        ("{keyword: x, avoid: text}", "should be 'overlap'"),
        ("[]", "at least 1 item"),
        ("[{page: 1, keyword: x}]", "placement[0]: a placement has exactly one of"),
        (f"[{{page: 1, {CORNER}, leftMillimeters: 3}}]", "placement[0].leftMillimeters: unknown"),
        ("[{keyword: x}, {invisible: true}]", "invisible is in a list"),
        ("[{field: A}, {field: B}]", "names two fields"),
        ("{page: 1}", "do not make one placement"),
        ("{page: 1, leftMillimetres: 1}", "do not make one placement"),
        ("{keyword: x, leftMillimetres: 1}", "do not make one placement"),
        ("{invisible: true, occurrence: last}", "do not make one placement"),
        ("{invisible: false}", "should be True"),
        ("{page: 0, leftMillimetres: 1, topMillimetres: 1}", "greater than or equal to 1"),
        ("{page: first, leftMillimetres: 1, topMillimetres: 1}", "should be 'last'"),
        ("{page: 1, leftMillimetres: -1, topMillimetres: 1}", "greater than or equal to 0"),
        ("{keyword: ''}", "at least 1 character"),
        ("{keyword: x, occurrence: 0}", "greater than or equal to 1"),
        ("{page: 1, left: 1, topMillimetres: 1}", "placement.left: unknown key"),
    ],
)
def test_a_placement_that_is_not_one_is_a_mistake(text: str, message: str) -> None:
    with pytest.raises(MistakesError) as caught:
        load(f"placement: {text}", file="p.yaml", model=Holder)
    assert message in str(caught.value)
