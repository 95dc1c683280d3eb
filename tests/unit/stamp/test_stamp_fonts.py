"""A font that is absent, broken or too poor is named, with what to do."""

from pathlib import Path

import pytest

from gateway.documents.stamp import glyphs
from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import GlyphSource, open_font


def test_an_absent_font_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(StampError, match=r"is not there.*apt install fonts-arphic-uming"):
        open_font(tmp_path / "none.ttc")


def test_no_font_at_all_says_where_was_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glyphs, "USUAL_FONTS", (tmp_path / "none.ttc",))
    with pytest.raises(StampError, match=r"none\.ttc.*apt install"):
        open_font()


@pytest.mark.parametrize("content", [b"", b"no font", b"ttcf" + b"\xff" * 40, b"\x00\x01\x00\x00"])
def test_a_broken_font_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(content)
    with pytest.raises(StampError, match="cannot be read"):
        GlyphSource(path)


def test_a_font_cut_short_is_refused(tmp_path: Path, uming: GlyphSource) -> None:
    path = tmp_path / "short.ttc"
    path.write_bytes(uming.path.read_bytes()[:2000])
    with pytest.raises(StampError, match="cannot be read"):
        GlyphSource(path)


def test_a_character_that_the_font_lacks_is_named(uming: GlyphSource) -> None:
    with pytest.raises(StampError, match=r"U\+1F409.*hole"):
        uming.glyph("🐉")


def test_the_face_for_simplified_chinese_is_taken(uming: GlyphSource) -> None:
    assert not uming.is_bold
    assert uming.has("龙")
    assert uming.has("龍")
