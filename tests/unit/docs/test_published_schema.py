"""The schema that editors load is the one of the code."""

from policies.reading.schema import NAME, schema_text
from tests.unit.docs.markdown import ROOT, read


def test_the_published_schema_is_current() -> None:
    assert read(f"docs/schema/{NAME}") == schema_text(), "run: python docs/make_schema.py"


def test_every_file_of_the_example_names_the_schema() -> None:
    files = list((ROOT / "examples" / "policies").rglob("*.yaml"))
    assert files
    for file in files:
        first = file.read_text(encoding="utf-8").split("\n")[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / named).resolve() == ROOT / "docs" / "schema" / NAME, file
