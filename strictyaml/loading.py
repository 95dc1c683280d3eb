"""Text into models: one document, or several told apart by their `kind`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from strictyaml.composing import MAX_BYTES, Tree, compose
from strictyaml.mistakes import Mistake, Path, raise_if_any
from strictyaml.models import StrictModel, nearest
from strictyaml.translation import mistakes_of

ModelT = TypeVar("ModelT", bound=StrictModel)
ModelT_co = TypeVar("ModelT_co", bound=StrictModel, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[ModelT_co]):
    """A document that fits its model, and the tree it came from."""

    value: ModelT_co
    tree: Tree

    def mistake(self, path: Path, message: str, cure: str) -> Mistake:
        """A mistake that only shows when several things are seen together.

        Args:
            path: keys as the file spells them, e.g. `("spec", "seals", 0)`; where a default stands
                in for what was not written, the line is that of the nearest thing around it.
            message: what is wrong, and why.
            cure: what to do about it.
        """
        return self.tree.mistake(path, message, cure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What could be read of a file, good and bad.

    Attributes:
        documents: those that fit their model.
        refused: those that do not, as plain values.
        mistakes: all of them.
        whole: False when the text could not be read to its end, so that documents are missing.
    """

    documents: tuple[Loaded[StrictModel], ...]
    refused: tuple[Tree, ...]
    mistakes: tuple[Mistake, ...]
    whole: bool


def load(
    text: str, *, file: str, model: type[ModelT], max_bytes: int = MAX_BYTES
) -> Loaded[ModelT]:
    """Read the one document of a file.

    Raises:
        MistakesError: with every mistake that was found.
    """
    composition = compose(text, file=file, max_bytes=max_bytes)
    mistakes = list(composition.mistakes)
    values: list[ModelT] = []
    for tree in composition.trees[:1]:
        value = _validate(tree, model, mistakes)
        values += [] if value is None else [value]
    mistakes.extend(
        tree.mistake((), "a second document; one is read here", "remove it from this `---` on")
        for tree in composition.trees[1:]
    )
    if not composition.trees and composition.whole:
        empty = Tree(file=file, data=None, lines={})
        mistakes.append(empty.mistake((), "the file is empty", "write its keys"))
    raise_if_any(mistakes)
    return Loaded(value=values[0], tree=composition.trees[0])


def load_documents(
    text: str, *, file: str, kinds: Mapping[str, type[StrictModel]], max_bytes: int = MAX_BYTES
) -> tuple[Loaded[StrictModel], ...]:
    """Read all documents of a file; the word under `kind:` chooses the model.

    Raises:
        MistakesError: with every mistake that was found.
    """
    reading = read_documents(text, file=file, kinds=kinds, max_bytes=max_bytes)
    raise_if_any(reading.mistakes)
    return reading.documents


def read_documents(
    text: str, *, file: str, kinds: Mapping[str, type[StrictModel]], max_bytes: int = MAX_BYTES
) -> Reading:
    """As `load_documents`, but for who wants to go on looking when there are mistakes."""
    composition = compose(text, file=file, max_bytes=max_bytes)
    mistakes = list(composition.mistakes)
    documents: list[Loaded[StrictModel]] = []
    refused: list[Tree] = []
    for tree in composition.trees:
        model = _model_of(tree, kinds, mistakes)
        value = None if model is None else _validate(tree, model, mistakes)
        if value is None:
            refused.append(tree)
        else:
            documents.append(Loaded(value=value, tree=tree))
    return Reading(
        documents=tuple(documents),
        refused=tuple(refused),
        mistakes=tuple(mistakes),
        whole=composition.whole,
    )


def _model_of(
    tree: Tree, kinds: Mapping[str, type[StrictModel]], mistakes: list[Mistake]
) -> type[StrictModel] | None:
    known = ", ".join(sorted(kinds))
    if not isinstance(tree.data, dict):
        mistakes.append(tree.mistake((), "a document is a mapping", "begin it with `kind:`"))
        return None
    if "kind" not in tree.data:
        message = "required, but missing; it says what the document is"
        mistakes.append(tree.mistake(("kind",), message, f"add `kind:` with one of {known}"))
        return None
    kind = tree.data["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        meant = nearest(str(kind), kinds)
        cure = f"did you mean {meant}?" if meant else f"write one of {known}"
        mistakes.append(tree.mistake(("kind",), f"unknown kind `{kind}`", cure))
        return None
    return kinds[kind]


def _validate(tree: Tree, model: type[ModelT], mistakes: list[Mistake]) -> ModelT | None:
    # Through JSON, because pydantic's strict mode then takes a list for a tuple and text for a
    # moment, as YAML has to, and still no "3" for a 3.
    text = json.dumps(tree.data, allow_nan=False)
    try:
        value = model.model_validate_json(text, strict=True)
    except ValidationError as error:
        mistakes.extend(mistakes_of(error, tree, model))
        return None
    return None if tree.holes else value
