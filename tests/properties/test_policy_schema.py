"""The published schema: what it refuses the loader refuses, whatever the slip of the hand."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reading.library import KINDS
from policies.reading.schema import json_schema
from strictyaml import read_documents
from strictyaml.composing import compose
from tests.json_schema import fits
from tests.unit.docs.markdown import ROOT, blocks, read
from tests.unit.policies.group_world import SOURCES

SCHEMA = json_schema()
PLACES = (
    *sorted((ROOT / "examples" / "policies").rglob("*.yaml")),
    *sorted((ROOT / "gateway" / "cli" / "trial" / "files" / "policies").glob("*.yaml")),
)
WRITTEN = {
    **SOURCES,
    **{str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PLACES},
    "docs/policies.md": "\n---\n".join(blocks(read("docs/policies.md"), "yaml")),
}
DOCUMENTS = [tree.data for text in WRITTEN.values() for tree in compose(text, file="f").trees]
ODD: list[Any] = [None, True, 0, 1, -1, 2.5, 10**18, "", "x", "Ä", "*", "2026-01-01", [], {}, [1],
                  ["a", "a"], {"x": 1}, "last", ["*"], [[]]]  # fmt: skip


@pytest.mark.parametrize("file", [file for file, text in WRITTEN.items() if "kind:" in text])
def test_every_document_that_we_write_fits(file: str) -> None:
    # What a trial puts in when it is made.
    text = WRITTEN[file].replace("${key_id}", "tms").replace("${public_key}", "A")
    trees = compose(text, file=file).trees
    assert trees
    for tree in trees:
        assert fits(tree.data, SCHEMA, SCHEMA), tree.data


def test_every_kind_is_among_what_we_write() -> None:
    assert {document["kind"] for document in DOCUMENTS} == KINDS.keys()  # type: ignore[call-overload, index]  # mappings


def places_in(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything in the value."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return found + [each for key, below in inner for each in places_in(below, (*path, key))]


@given(st.data())
def test_what_the_schema_refuses_the_loader_refuses(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    *way, last = data.draw(st.sampled_from(places_in(document)))
    around: Any = document
    for key in way:
        around = around[key]
    slip = data.draw(st.sampled_from(["odd", "gone", "more"]))
    if slip == "odd":
        around[last] = data.draw(st.sampled_from(ODD))
    elif slip == "gone" or not isinstance(around, dict):
        del around[last]
    else:
        around["unheardOf"] = 1
    reading = read_documents(json.dumps(document), file="f", kinds=KINDS)
    if not fits(document, SCHEMA, SCHEMA):
        assert reading.mistakes, document


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Company", {"spec": {"title": "甲", "unheardOf": 1}}),
        ("Company", {"spec": {}}),
        ("Company", {"kind": "Compony"}),
        ("Company", {"apiVersion": "sealgate/v2"}),
        ("Company", {"metadata": {"name": "East"}}),
        ("Seal", {"spec": {"state": "lost"}}),
        ("SealPolicy", {"spec": {"seals": [], "documentTypes": ["a"]}}),
        ("SealPolicy", {"spec": {"seals": {"types": "公章"}, "documentTypes": ["a"]}}),
        ("Role", {"metadata": {"name": "a", "managedBy": "nobody"}}),
        ("DocumentType", {"spec": {"intake": {"refuse": ["unheard-of"]}}}),
    ],
)
def test_the_schema_refuses_what_an_editor_should_mark(kind: str, change: dict[str, Any]) -> None:
    good: Any = next(each for each in DOCUMENTS if each["kind"] == kind)  # type: ignore[call-overload, index]  # mappings
    assert fits(good, SCHEMA, SCHEMA)
    assert not fits({**good, **change}, SCHEMA, SCHEMA)
