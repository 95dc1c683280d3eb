"""Which template a page follows: its size, and every mark at its place to a millimetre."""

import msgspec
import pytest

from policies.objects.documents import Field, Mark, Template
from policies.templates.matching import fingerprint, followed, matches, title_of

RECEIPT = Template(
    name="receipt-v1",
    document_type="receipt",
    version=1,
    width_mm=210,
    height_mm=297,
    marks=(
        Mark(text="运单号", left_mm=20, top_mm=31),
        Mark(text="合计金额", left_mm=20, top_mm=60),
    ),
    fields={"amount": Field(left_mm=40, top_mm=58, width_mm=60, height_mm=8)},
)
PAGE = (210.0, 297.0)
FOUND = {"运单号": [(90.0, 31.0), (20.4, 30.2)], "合计金额": [(20.0, 60.0)]}


def test_a_page_with_every_mark_at_its_place_follows_the_template() -> None:
    assert matches(RECEIPT, PAGE, FOUND)
    assert followed([RECEIPT], PAGE, FOUND) == RECEIPT
    assert title_of(RECEIPT) == "receipt-v1@1"


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ((210, 280), FOUND),
        ((212, 297), FOUND),
        (PAGE, {**FOUND, "合计金额": []}),
        (PAGE, {**FOUND, "合计金额": [(20.0, 61.1)]}),
        (PAGE, {**FOUND, "合计金额": [(18.9, 60.0)]}),
        (PAGE, {"运单号": FOUND["运单号"]}),
        (PAGE, {}),
    ],
)
def test_another_page_does_not(
    page: tuple[float, float], found: dict[str, list[tuple[float, float]]]
) -> None:
    assert not matches(RECEIPT, page, found)
    assert followed([RECEIPT], page, found) is None


def test_a_template_without_marks_is_followed_by_nothing() -> None:
    assert not matches(msgspec.structs.replace(RECEIPT, marks=()), PAGE, FOUND)


def test_of_several_the_one_with_most_marks_and_then_the_newest_is_followed() -> None:
    plain = msgspec.structs.replace(RECEIPT, name="plain", version=9, marks=RECEIPT.marks[:1])
    newer = msgspec.structs.replace(RECEIPT, version=2)
    assert followed([plain, newer, RECEIPT], PAGE, FOUND) == newer
    assert followed([newer, RECEIPT, plain], PAGE, FOUND) == newer


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"width_mm": 211.0},
        {"marks": RECEIPT.marks[:1]},
        {"fields": {"amount": Field(left_mm=41, top_mm=58, width_mm=60, height_mm=8)}},
    ],
)
def test_what_is_looked_for_changes_the_fingerprint(change: dict[str, object]) -> None:
    assert fingerprint(msgspec.structs.replace(RECEIPT, **change)) != fingerprint(RECEIPT)


def test_the_order_in_which_marks_are_written_does_not() -> None:
    turned = msgspec.structs.replace(RECEIPT, marks=RECEIPT.marks[::-1])
    assert fingerprint(turned) == fingerprint(RECEIPT)
    assert len(fingerprint(RECEIPT)) == 64
