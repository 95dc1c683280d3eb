"""Reading conditions as text."""

import pytest

from policies.conditions.expressions import conjuncts, literal_arguments, masked, variables_in


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", ("a",)),
        ("a && b&&c", ("a", "b", "c")),
        ("a && (b && c)", ("a", "(b && c)")),
        ("a && b || c", ("a && b || c",)),
        ("a ? b && c : d", ("a ? b && c : d",)),
        ("a && (b || c) && d[1 && 2]", ("a", "(b || c)", "d[1 && 2]")),
        ("x == \"&&\" && y == '||'", ('x == "&&"', "y == '||'")),
        (r'x == "\"&&" && y', (r'x == "\"&&"', "y")),
        (r'x == r"\" && y', (r'x == r"\"', "y")),
        ('x == """ " && """ && y', ('x == """ " && """', "y")),
        ("a // && b\n&& c", ("a // && b", "c")),
    ],
)
def test_a_condition_is_cut_at_its_outer_ands(expression: str, expected: tuple[str, ...]) -> None:
    assert conjuncts(expression) == expected


def test_masking_keeps_every_position() -> None:
    text = 'a == "x(" // (\n && b'
    assert len(masked(text)) == len(text)
    assert "(" not in masked(text)
    assert masked(text).index("&&") == text.index("&&")


def test_variables_are_found_outside_strings() -> None:
    text = 'doc.pages > 1 && doc.attributes.a1 == "doc.type" && now > x.now && doc.pages < 5'
    assert variables_in(text) == ("doc.pages", "doc.attributes.a1", "now")


def test_calls_with_one_written_text_are_found() -> None:
    text = "a.matches( \"x\" ) && now.getHours('y') > b.matches(c)"
    assert literal_arguments(text) == (("matches", '"x"'), ("getHours", "'y'"))
