"""Texts of a table become what the document type declares, or it is said why not."""

import pytest

from gateway.batches.reading import typed
from gateway.batches.reading.errors import ItemAttributesProblem
from policies.objects.documents import Attribute

DECLARED = {
    "amount_cents": Attribute(type="integer"),
    "paid": Attribute(type="boolean"),
    "waybill": Attribute(type="string"),
}


def test_texts_become_what_is_declared() -> None:
    assert typed(
        {"amount_cents": "-128000", "paid": "TRUE", "waybill": "00123", "other": "1"}, DECLARED
    ) == {"amount_cents": -128000, "paid": True, "waybill": "00123", "other": "1"}


def test_what_has_a_type_keeps_it() -> None:
    given = {"amount_cents": True, "paid": 1, "waybill": 5}
    assert typed(given, DECLARED) == given


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("amount_cents", "1,280.00", "without separators"),
        ("amount_cents", "1.28E+05", "write its digits alone"),
        ("amount_cents", "00123", "leading zeros: is it a text?"),
        ("amount_cents", "９", "no whole number"),
        ("amount_cents", "9999999999999999999", "more than fits into 64 bits"),
        ("paid", "是", "neither true nor false"),
        ("paid", "1", "neither true nor false"),
    ],
)
def test_a_text_that_is_something_else_is_told(name: str, text: str, told: str) -> None:
    with pytest.raises(ItemAttributesProblem) as refused:
        typed({name: text}, DECLARED)
    assert refused.value.detail.startswith(f"`{name}` is {text!r}, ")
    assert told in refused.value.detail
