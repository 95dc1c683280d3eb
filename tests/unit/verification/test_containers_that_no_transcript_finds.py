"""A signature that our gateway could read and whoever verifies the transcript could not find."""

import re
from collections.abc import Callable

import pytest

from tests.hostile.signed_by_hand import plain, signed
from tests.unit.documents.drafts import one_page
from tests.unit.verification.test_revising import WEST, judge, now_asked

BASE = one_page("BT /F 24 Tf 72 700 Td (Amount 100) Tj ET")
_VALUE = re.compile(rb"/Contents <([0-9a-f]{6000})>")


def _written(change: Callable[[bytes], bytes]) -> bytes:
    document = signed(BASE, plain(), WEST)
    found = _VALUE.search(document)
    assert found is not None
    value = change(found[1])
    assert len(value) == len(found[1])
    return document[: found.start(1)] + value + document[found.end(1) :]


ODD = {
    "letters of both cases": lambda value: value[:200].upper() + value[200:],
    "a space within": lambda value: value[:100] + b" \n" + value[100:-2],
    "a space before": lambda value: b"  " + value[:-2],
    "something behind": lambda value: value[:-4] + b"abcd",
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD.keys())
def test_what_cannot_be_found_again_is_refused(change: Callable[[bytes], bytes]) -> None:
    judgement = judge(_written(change), BASE, **now_asked())
    assert judgement.fault in ("not-intact", "not-whole", "unreadable"), judgement
    assert judge(_written(change), BASE, is_person=True, **now_asked()).fault is not None


@pytest.mark.parametrize("change", [bytes.lower, bytes.upper])
def test_letters_of_one_case_are_found(change: Callable[[bytes], bytes]) -> None:
    judgement = judge(_written(change), BASE, **now_asked())
    assert judgement.fault is None, judgement
