"""Pictures in the guides: each is shown in both languages, and none is large."""

from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[3] / "docs"
_PICTURES = sorted((_DOCS / "images").iterdir())
_MOST_BYTES, _MOST_BYTES_OF_ALL = 150_000, 2_500_000


@pytest.mark.parametrize("picture", _PICTURES, ids=lambda each: each.name)
def test_each_picture_is_shown_in_both_languages_and_is_small(picture: Path) -> None:
    assert picture.stat().st_size <= _MOST_BYTES
    pages = [page for page in _DOCS.glob("*.md") if f"images/{picture.name}" in page.read_text()]
    assert any(page.name.endswith(".zh-CN.md") for page in pages), pages
    assert any(not page.name.endswith(".zh-CN.md") for page in pages), pages


def test_all_pictures_together_are_small() -> None:
    assert sum(each.stat().st_size for each in _PICTURES) <= _MOST_BYTES_OF_ALL
