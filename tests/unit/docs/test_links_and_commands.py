"""Links lead somewhere, and commands that the prose names exist."""

import re
from pathlib import Path

import pytest

from tests.commands import every_command
from tests.unit.docs.markdown import PAGES, ROOT, anchors, code, links, read, spans

_NAMED = [page.relative_to(ROOT) for page in PAGES]
_ELSEWHERE = ("http://", "https://", "mailto:")
_OF_THE_CODE = [page for page in _NAMED if page.parts[0] == "docs"]
_ROOMS = "bench|connectors|cloud_bridge|deploy|docs|examples|gateway|hsm|policies|processes"
_PATH = re.compile(rf"(?:{_ROOMS}|strictyaml|tests)/[\w./-]*")
# `sealgate transcript v1` is the name of a format.
_COMMAND = re.compile(r"\bsealgate ([a-z]+)(?![\w-]| v[0-9])(?: ([a-z]+)(?![\w-]))?")


@pytest.mark.parametrize("page", _NAMED, ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in links(read(page)):
        if link.startswith(_ELSEWHERE):
            continue
        path, _, anchor = link.partition("#")
        target = ROOT / page.parent / path if path else ROOT / page
        assert target.exists(), f"{page} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"


@pytest.mark.parametrize("page", _OF_THE_CODE, ids=str)
def test_every_path_of_the_repository_in_the_prose_exists(page: Path) -> None:
    for path in spans(read(page)):
        if _PATH.fullmatch(path):
            assert (ROOT / path).exists(), f"{page}: {path}"


@pytest.mark.parametrize("page", _NAMED, ids=str)
def test_every_make_target_in_the_prose_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for text in code(read(page)):
        for target in re.findall(r"^make ([a-z]+)", text, re.MULTILINE):
            assert target in targets, f"{page}: make {target}"


@pytest.mark.parametrize("page", _NAMED, ids=str)
def test_every_command_in_the_prose_exists(page: Path) -> None:
    known = set(every_command())
    groups = {
        name.rsplit(" ", count)[0] for name in known for count in range(1, name.count(" ") + 1)
    }
    for text in code(read(page)):
        for first, second in _COMMAND.findall(text):
            name = f"{first} {second}" if first in groups and second else first
            assert name in known | groups, f"{page}: sealgate {name}"


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "README.zh-CN.md"),
        *("docs/policies.md", "docs/policies.zh-CN.md"),
        *("docs/approvals.md", "docs/approvals.zh-CN.md"),
        *("docs/store.md", "docs/store.zh-CN.md"),
        *("docs/batches.md", "docs/batches.zh-CN.md"),
        *("docs/webhooks.md", "docs/webhooks.zh-CN.md"),
        *("docs/envelopes.md", "docs/envelopes.zh-CN.md"),
    ],
)
def test_every_option_in_the_guides_exists(page: str) -> None:
    commands = _commands()
    for text in code(read(page)):
        for line in text.splitlines():
            if not line.startswith("sealgate "):
                continue
            words = line.split()
            name = words[1] if words[1] in commands else " ".join(words[1:3])
            options = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
            # Whether there is such a command is another test's question.
            assert options <= commands.get(name, options), line


def _commands() -> dict[str, set[str]]:
    """Every command with its options."""
    return {
        name: {word for each in command.loaded().params for word in each.opts}
        for name, command in every_command().items()
    }
