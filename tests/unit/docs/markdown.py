"""Just enough of Markdown for the tests of the prose."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    + [path for room in ("bench", "examples", "deploy") for path in (ROOT / room).rglob("*.md")]
)

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def read(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return [found[2] for found in _FENCED.finditer(text) if found[1] == language]


def languages(text: str) -> list[str]:
    """The language of every code block, in order."""
    return [found[1] for found in _FENCED.finditer(text)]


def prose(text: str) -> str:
    """The text without its code blocks."""
    return _FENCED.sub("", text)


def code(text: str) -> list[str]:
    """Everything in the fonts of code: blocks, and what stands between backticks."""
    return [found[2] for found in _FENCED.finditer(text)] + spans(text)


def spans(text: str) -> list[str]:
    """What stands between backticks."""
    return _CODE.findall(prose(text))


def sections(text: str) -> list[tuple[str, set[str]]]:
    """Title and words in inline code of every section, the part above the first heading included.

    A span that is broken between two lines is the same word as one that is not.
    """
    bodies = _HEADING.split(prose(text))
    titles = ["", *bodies[2::3]]
    return [
        (title, {" ".join(word.split()) for word in _CODE.findall(body)})
        for title, body in zip(titles, bodies[::3], strict=True)
    ]


def links(text: str) -> list[str]:
    """Where links lead."""
    return _LINK.findall(_CODE.sub("", prose(text)))


def headings(text: str) -> list[tuple[int, str]]:
    """Levels and texts."""
    return [(len(marks), title) for marks, title in _HEADING.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """What a link may name after `#`, as GitHub makes it of headings."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in headings(text)}
