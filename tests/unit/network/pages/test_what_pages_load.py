"""What the pages are made of: words in both languages, and pdf.js as it was taken."""

import hashlib
import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from cloud_bridge.envelopes.model import Status
from cloud_bridge.network.pages import rendering
from cloud_bridge.network.pages.rendering import LANGUAGES, PDFJS, say, words
from cloud_bridge.network.persons.errors import ActReason, CheckReason, LinkReason

ROOM = Path(rendering.__file__).parent
SUMS = PDFJS.parent / "SHA256SUMS"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same() -> None:
    chinese, english = (words(each) for each in LANGUAGES)
    assert chinese.keys() == english.keys()
    for key in chinese:
        assert placeholders(chinese[key]) <= placeholders(english[key]) | {"initiator"}, key


def test_a_document_of_one_page_is_not_said_to_have_1_pages() -> None:
    assert words("en")["read_pages"].format(count=1) == "Pages: 1"


def test_there_are_words_for_whatever_the_templates_say() -> None:
    templates = "".join(file.read_text() for file in (ROOM / "templates").iterdir())
    said = set(re.findall(r"say\('([a-z_-]+)'[,)]", templates))
    assert said
    assert said <= words("en").keys()


@pytest.mark.parametrize("reason", [*get_args(LinkReason), *get_args(ActReason), "visit"])
def test_every_stop_has_its_words(reason: str) -> None:
    assert {f"stop_{reason}", f"stop_{reason}_title"} <= words("zh").keys()


@pytest.mark.parametrize("reason", get_args(CheckReason))
def test_every_check_that_fails_has_its_words(reason: str) -> None:
    assert f"check_{reason}" in words("zh")


def test_no_template_has_script_or_style_of_its_own() -> None:
    for file in (ROOM / "templates").iterdir():
        text = file.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), file.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), file.name


def test_pdfjs_is_what_was_taken() -> None:
    noted = dict(
        reversed(line.split("  ", 1))
        for line in SUMS.read_text().splitlines()  # type: ignore[misc]
    )
    there = {
        str(file.relative_to(PDFJS.parent)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in PDFJS.rglob("*")
        if file.is_file()
    }
    assert there == noted
    assert "pdfjs/LICENSE" in there


def test_the_lock_file_names_no_host() -> None:
    assert "resolved" not in (PDFJS.parent / "package-lock.json").read_text()


def test_a_name_written_from_right_to_left_moves_nothing_around_it() -> None:
    told = say("en", "check_for", name="\u05d0 1", initiator="\u0645 2", title="Contract <3>")
    assert "\u2068\u05d0 1\u2069" in told
    assert "\u2068\u0645 2\u2069" in told
    assert "Contract &lt;3&gt;" in told
    marked = say("en", "check_for", name="\u05d0<b>", initiator="x", title="y")
    assert "\u2068\u05d0&lt;b&gt;\u2069" in marked


@pytest.mark.parametrize("status", sorted({*get_args(Status)} - {"draft"}))
def test_whoever_has_signed_is_told_of_every_end(status: str) -> None:
    assert f"done_{status}" in words("zh")
