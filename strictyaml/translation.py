"""Pydantic's errors in the words of the file: its paths, its lines, and a cure for each."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from strictyaml.composing import Tree
from strictyaml.mistakes import Mistake, Path, secret_in
from strictyaml.models import nearest

_CURES = {
    "bool_type": "write true or false",
    "dict_type": "write `key: value` entries below it",
    "float_type": "write a number",
    "int_type": "write a whole number, without quotes",
    "list_type": "write a list, e.g. [a, b]",
    "frozen_set_type": "write a list, e.g. [a, b]",
    "model_type": "write `key: value` entries below it",
    "string_type": "write text; put it in quotes if it looks like a number",
    "tuple_type": "write a list, e.g. [a, b]",
}
_SHOWN = 40


def mistakes_of(error: ValidationError, tree: Tree, model: type[BaseModel]) -> Iterator[Mistake]:
    """All errors that `model` found in `tree`, those of one place made into one."""
    by_path: dict[Path, list[ErrorDetails]] = defaultdict(list)
    for detail in error.errors(include_url=False):
        by_path[_path(detail, tree)].append(detail)
    for path, details in by_path.items():
        if any(path[: len(hole)] == hole for hole in tree.holes):
            continue  # told already, and the None in its place is ours
        # A field of several types, e.g. a number or `last`, errs once for each of them.
        message = " or ".join(dict.fromkeys(_message(detail) for detail in details))
        if secret_in(path) is None:
            message += _got(details[0])
        else:
            message = _without_values(message, details)
        yield tree.mistake(path, message, _cure(details, path, model))


def _path(detail: ErrorDetails, tree: Tree) -> Path:
    """The part of pydantic's location that stands in the file.

    The location also names the member of a union that was tried, which no author has written.
    """
    location = detail["loc"]
    tail: Path = ()
    if detail["type"] == "missing":
        location, tail = location[:-1], location[-1:]
    path: Path = ()
    for step in location:
        if (*path, step) in tree.lines:
            path = (*path, step)
    return path + tail


def _message(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "missing":
            return "required, but missing"
        case "extra_forbidden":
            return "unknown key"
        case "refused":
            return detail["msg"]
        case _:
            text = detail["msg"].removeprefix("Value error, ")
            # Pydantic's words, but for two that YAML calls otherwise.
            text = text.replace("valid array", "valid list").replace("an object", "a mapping")
            return text[:1].lower() + text[1:]


def _got(detail: ErrorDetails) -> str:
    if detail["type"] in {"missing", "extra_forbidden", "refused"}:
        return ""
    value = detail["input"]
    if value is None:
        return ", but nothing stands there"
    if isinstance(value, dict):
        return ", but a mapping stands there"
    if isinstance(value, list):
        return ", but a list stands there"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f", but {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'} stands there"


def _without_values(message: str, details: list[ErrorDetails]) -> str:
    """What our own checks say may name the value, where somebody wrote a secret in its place."""
    for detail in details:
        value = detail["input"]
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
            message = message.replace(str(value), "…")
    return message


def _cure(details: list[ErrorDetails], path: Path, model: type[BaseModel]) -> str:
    detail = details[0]
    context = detail.get("ctx", {})
    match detail["type"]:
        case "refused":
            cure = str(context["cure"])
        case "missing":
            cure = f"add `{path[-1]}:`"
        case "extra_forbidden":
            known = sorted(_known_keys(model, path[:-1]))
            meant = nearest(str(path[-1]), known)
            cure = f"did you mean `{meant}`?" if meant else f"remove it; known: {', '.join(known)}"
        case "literal_error":
            cure = f"write {context['expected']}"
        case "string_pattern_mismatch":
            cure = f"write text that matches {context['pattern']}"
        case kind if len(details) == 1:
            cure = _CURES.get(kind, "write a value that fits")
        case _:
            cure = "write one of these"
    return cure


def _known_keys(model: type[BaseModel], path: Path) -> set[str]:
    """The keys that may stand in the mapping at `path`."""
    models = {model}
    for step in path:
        found = set(_models_in(_annotations(models, step)))
        # A list position or a free key of a mapping: the same models are meant.
        models = found or models
    return {field.alias or name for each in models for name, field in each.model_fields.items()}


def _annotations(models: set[type[BaseModel]], step: str | int) -> Iterator[object]:
    for model in models:
        for name, field in model.model_fields.items():
            if step == (field.alias or name):
                yield field.annotation


def _models_in(annotations: Iterable[object]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        else:
            yield from _models_in(get_args(annotation))
