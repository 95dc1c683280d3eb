"""Where there is no network, whoever runs it has what its pages lead to."""

import tomllib
from pathlib import Path

import pytest

from deploy.bundle.make import PAPERS, add_papers
from tests.unit.docs.markdown import ROOT, links, read

SOURCES = {"deploy", "examples", "gateway", "tests"}
OPERATIONS = sorted(
    f"docs/operations/{file.name}" for file in (ROOT / "docs" / "operations").glob("*.md")
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle")
    add_papers(directory)
    return directory


def test_the_examples_and_the_changes_are_in_the_bundle(tree: Path) -> None:
    assert {"config.example.yaml", "onboarding.example.yaml", "CHANGELOG.md"} <= set(PAPERS)
    assert all((tree / name).stat().st_size for name in PAPERS)
    assert not list(tree.rglob("*.py"))


@pytest.mark.parametrize("page", OPERATIONS)
def test_every_page_for_operations_is_there_with_what_it_leads_to(tree: Path, page: str) -> None:
    assert (tree / page).exists()
    for link in links(read(page)):
        path = link.partition("#")[0]
        if not path or "://" in path:
            continue
        target = (ROOT / page).parent.joinpath(path).resolve().relative_to(ROOT)
        # What leads to the program's sources is for who has these.
        if target.parts[0] not in SOURCES:
            assert (tree / target).exists(), f"{page} leads to {link}"


def test_an_installed_version_has_its_own_manual_where_the_units_say() -> None:
    """`Documentation=` of the units leads to `share/doc/sealgate` of the version that runs."""
    told = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["data-files"]
    installed = {
        Path(place) / file.name: file
        for place, patterns in told.items()
        for pattern in patterns
        for file in ROOT.glob(pattern)
    }
    wanted = {
        Path("share/doc/sealgate") / file.relative_to(ROOT / "docs"): file
        for file in (ROOT / "docs").rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    }
    assert installed == wanted
