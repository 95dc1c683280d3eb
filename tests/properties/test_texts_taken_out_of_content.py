"""Texts and comments are taken out of content in one way, however much there is of it."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.inspection import font_names

CONTENT = st.lists(
    st.sampled_from([b"(", b")", b"\\", b"\\(", b"%", b"\n", b"q", b"12 Tf", b" "]), max_size=40
).map(b"".join)


@given(CONTENT)
def test_by_hand_and_by_the_expression_the_same_is_left(content: bytes) -> None:
    expected = font_names._ASIDE.sub(b" ", content)
    found = b" ".join(font_names._between_texts(content))
    assert found.replace(b" ", b"") == expected.replace(b" ", b"")


def test_a_text_without_an_end_is_gone_through_for_so_long_and_no_longer() -> None:
    content = b"(" + b"\\(" * 200_000 + b" (text) Tj"
    # The expression alone would begin anew at each of the brackets: minutes.
    assert font_names.has_left_of_texts(font_names.without_texts(content))
