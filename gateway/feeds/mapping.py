"""What a connector brought, as something to be sealed: pure, one thing at a time."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from connectors.model import Fetched
from gateway.batches.model import NewItem, ReadItem, RefusedItem
from gateway.batches.reading import Defaults, typed
from gateway.batches.reading.rows import RefusedRow, read_row
from gateway.declarations.mapping import MappingSpec, Taken
from gateway.declarations.name_patterns import NamePattern
from gateway.errors import Problem
from gateway.feeds.bodies import read_json, value_at
from gateway.feeds.errors import (
    BodyProblem,
    ContentUnreadableProblem,
    NameProblem,
    TextProblem,
    ValueMissingProblem,
    ValueUnknownProblem,
)
from policies.kinds.placement import placement_of
from policies.objects.documents import Attribute

Declared = Callable[[str], Mapping[str, Attribute]]
"""Gives the attributes that a document type declares; none, where nobody knows the type."""

_BESIDE = "beside"
_MOST_TEXT = 20_000
"""Characters of a document's text that are looked through."""


@dataclass(frozen=True)
class _Source:
    """All that values can be taken from, read when the first of them is."""

    fetched: Fetched
    groups: Mapping[str, str]
    in_body: bool

    @cached_property
    def json(self) -> object:
        """The JSON that came with it or that it is."""
        beside = self.fetched.fields.get(_BESIDE)
        if beside is not None and not self.in_body:
            return read_json(beside)
        return read_json(self.fetched.content)


@dataclass(frozen=True)
class Mapper:
    """Makes requests by one connector's mapping.

    Attributes:
        spec: as IT declared it.
        declared: see `Declared`.
    """

    spec: MappingSpec
    declared: Declared
    _patterns: list[tuple[NamePattern, bool]] = field(default_factory=list, init=False)

    @cached_property
    def _text(self) -> NamePattern | None:
        return None if self.spec.text is None else NamePattern(self.spec.text)

    def __post_init__(self) -> None:
        """Read the patterns; whether each is for the last part of a name alone."""
        for pattern, last in ((self.spec.file_name, True), (self.spec.path, False)):
            if pattern is not None:
                self._patterns.append((NamePattern(pattern), last))

    def item(self, fetched: Fetched, text: str | Problem | None = None) -> ReadItem:
        """What is asked for it; never raises: what does not fit is refused, with its problem.

        Args:
            fetched: what came.
            text: of the document, or why there is none, where the mapping looks into it.
        """
        try:
            return self._item(fetched, text)
        except Problem as problem:
            return RefusedItem(name=fetched.name, problem=problem)

    def _item(self, fetched: Fetched, text: str | Problem | None) -> ReadItem:
        if fetched.problem:
            raise ContentUnreadableProblem(fetched.problem)
        groups = {**self._groups(fetched.name), **self._groups_of_text(text)}
        source = _Source(fetched, groups, self.spec.document is not None)
        row = read_row(self._given(source), place=fetched.name, defaults=_defaults(self.spec))
        if isinstance(row, RefusedRow):
            return row.item
        try:
            request = msgspec.structs.replace(
                row.request,
                attributes=typed(row.request.attributes, self.declared(row.request.document_type)),
            )
            if self.spec.document is None:
                return NewItem(request, fetched.content, fetched.digest)
            return NewItem(request, self._document(source, self.spec.document.json_))
        except Problem as problem:
            number = row.request.business_number
            return RefusedItem(name=fetched.name, problem=problem, business_number=number)

    def _groups(self, name: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for pattern, last in self._patterns:
            part = name.rpartition("/")[2] if last else name
            groups = pattern.match(part)
            if groups is None:
                raise NameProblem(f"`{part}` is not of the form {pattern.pattern}")
            found |= groups
        return found

    def _groups_of_text(self, text: str | Problem | None) -> Mapping[str, str]:
        if self._text is None:
            return {}
        if isinstance(text, Problem):
            raise text
        found = None if text is None else self._text.search(text[:_MOST_TEXT])
        if found is None:
            raise TextProblem(f"nothing in its text is of the form {self._text.pattern}")
        return found

    def _given(self, source: _Source) -> dict[str, Any]:
        spec = self.spec
        given: dict[str, Any] = {
            "file": source.fetched.name,
            "businessNumber": _needed("businessNumber", spec.business_number, source),
            "documentType": _needed("documentType", spec.document_type, source),
            "seal": _needed("seal", spec.seal, source),
            "attributes": {
                name: text
                for name, value in spec.attributes.items()
                if (text := _text(f"attributes.{name}", value, source)) is not None
            },
        }
        if spec.further:
            given["further"] = [_needed("further", value, source) for value in spec.further]
        if spec.requested_by is not None:
            given["requestedBy"] = _needed("requestedBy", spec.requested_by, source)
        return given

    def _document(self, source: _Source, pointer: str) -> bytes:
        text = value_at(source.json, pointer)
        if not isinstance(text, str):
            raise BodyProblem(f"there is no text at `{pointer}`, where the document should be")
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BodyProblem(f"what stands at `{pointer}` is no base64: {error}") from None


def _defaults(spec: MappingSpec) -> Defaults:
    placement = None if spec.placement is None else placement_of(spec.placement)
    return Defaults(placement=placement)


def _needed(name: str, value: str | Taken, source: _Source) -> str:
    text = _text(name, value, source)
    if text is None:
        raise ValueMissingProblem(f"{name} is taken from {_place(value)}, and there is none")
    return text


def _text(name: str, value: str | Taken, source: _Source) -> str | None:
    if isinstance(value, str):
        return value
    found = (_taken(value, source) or "").strip() or value.default
    if found is None or value.translate is None:
        return found
    if found not in value.translate:
        raise ValueUnknownProblem(
            f"{name} is `{found[:100]}`, and known are {', '.join(value.translate)}"
        )
    return value.translate[found]


def _taken(value: Taken, source: _Source) -> str | None:
    if value.group is not None:
        return source.groups.get(value.group)
    if value.field is not None:
        return source.fetched.fields.get(value.field)
    if value.json_ is not None:
        found = value_at(source.json, value.json_)
        if isinstance(found, dict | list):
            raise BodyProblem(f"what stands at `{value.json_}` is no single value")
        if isinstance(found, bool):
            return "true" if found else "false"
        return None if found is None else str(found)
    return None


def _place(value: str | Taken) -> str:
    if isinstance(value, str):
        return "the mapping"
    if value.group is not None:
        return f"the part `{value.group}` of its name or text"
    if value.field is not None:
        return f"the field `{value.field}`"
    return f"`{value.json_}` of the JSON"
