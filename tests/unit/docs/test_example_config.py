"""config.example.yaml loads, and shows every key with its description and default."""

import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config import Config, load_config
from tests.unit.docs.markdown import ROOT

_FILE = ROOT / "config.example.yaml"
_TEXT = _FILE.read_text(encoding="utf-8")
# `#key: value`, without a blank, is a key that is left out; `# words` are a comment.
_LEFT_OUT = re.compile(r"^( *(?:- )?)#((?:- )?)(?=[a-z_]+:)", re.MULTILINE)


def _sections(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield path + name, field
        below = _model_in(field.annotation)
        if below is not None:
            yield from _sections(below, f"{path}{name}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    if get_origin(annotation) in {tuple, types.UnionType}:
        found = (_model_in(each) for each in get_args(annotation))
        return next((each for each in found if each is not None), None)
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    return None


_FIELDS = dict(_sections(Config))


def _keys(data: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield f"{path}{name}", value
            if f"{path}{name}" in _FIELDS:
                yield from _keys(value, f"{path}{name}.")
    elif isinstance(data, list):
        for item in data:
            yield from _keys(item, path)


def test_the_example_loads() -> None:
    assert load_config(_FILE).audit.origin == "seal.example.com/audit"


def test_the_example_has_every_key_and_no_other() -> None:
    everything = yaml.safe_load(_LEFT_OUT.sub(r"\1\2", _TEXT))
    # What a mapping of the module's own environment holds is not ours to list.
    written = {key for key, _ in _keys(everything) if not key.startswith("hsm.environment.")}
    assert written == set(_FIELDS)


def test_keys_that_are_left_out_show_their_defaults() -> None:
    set_now = dict(_keys(yaml.safe_load(_TEXT)))
    for key, value in _keys(yaml.safe_load(_LEFT_OUT.sub(r"\1\2", _TEXT))):
        field = _FIELDS.get(key)
        if field is None or key in set_now or isinstance(value, Mapping):
            continue
        if field.default not in {None, PydanticUndefined}:
            default = field.default
            assert value == (str(default) if isinstance(default, Path) else default), key


@pytest.mark.parametrize("key", _FIELDS)
def test_every_key_is_explained_in_the_words_of_the_code(key: str) -> None:
    description = _FIELDS[key].description
    if description is None:
        # A section: its model says in its docstring what it is.
        model = _model_in(_FIELDS[key].annotation)
        assert model is not None, f"{key} has no description"
        return
    comments = " ".join(line.strip() for line in re.findall(r"^ *#(?= )(.*)$", _TEXT, re.MULTILINE))
    assert " ".join(description.split()) in comments


def test_paths_of_this_machine_do_not_stand_in_the_example() -> None:
    assert str(Path.home()) not in _TEXT
