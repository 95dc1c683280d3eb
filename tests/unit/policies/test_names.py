"""One name is one, however it is typed; two that look different are two."""

import pytest

from policies.names import folded


@pytest.mark.parametrize(
    "typed",
    [
        "东\ufe00篱商贸",
        "东篱\U000e0100商贸",
        "东\u034f篱商贸",
        "东篱\u3164商贸",
        "东篱\u115f商贸",
        "东篱\uffa0商贸",
        "东篱\u2060商贸",
    ],
)
def test_what_nobody_sees_makes_no_other_name(typed: str) -> None:
    assert folded(typed) == "东篱商贸"


def test_letters_are_put_together_when_what_stood_between_them_is_gone() -> None:
    assert folded("CAFE\u034f\u0301") == folded("caf\u00e9")


def test_traditional_and_simplified_forms_are_two_names() -> None:
    assert folded("東籬商貿") != folded("东篱商贸")
