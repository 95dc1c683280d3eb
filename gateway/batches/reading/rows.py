"""One row of a manifest: what is asked for one file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError

from gateway.batches.model import ItemRequest, RefusedItem
from gateway.batches.reading.errors import ItemMalformedProblem, ManifestRowProblem
from gateway.batches.reading.model import Defaults
from gateway.batches.reading.names import shown, stem
from policies.kinds.placement import WrittenPlacement, placement_of
from strictyaml import StrictModel

# Excel shows long numbers so, and then saves them so.
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+", re.IGNORECASE)
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=_PRINTABLE)]
_AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
_Integer = Annotated[StrictInt, Field(ge=-(1 << 63), lt=1 << 63)]
_MOST_FURTHER = 4


class _RowInput(StrictModel):
    file: Annotated[str, Field(min_length=1, max_length=1024)]
    business_number: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)]
    document_type: _Name | None = None
    seal: _Name | None = None
    attributes: dict[_AttributeName, StrictStr | StrictBool | _Integer] = Field(
        default_factory=dict, max_length=100
    )
    placement: WrittenPlacement | None = None
    further: Annotated[tuple[_Name, ...], Field(max_length=_MOST_FURTHER)] | None = None
    requested_by: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f/]{1,200}$")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that is understood."""

    file: str
    request: ItemRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that is not; `file` is empty where it does not even say for which."""

    file: str
    item: RefusedItem


ReadRow = Row | RefusedRow


def read_row(given: Mapping[str, Any], *, place: str, defaults: Defaults) -> ReadRow:
    """What a row asks for; what it leaves open is as the defaults have it.

    Args:
        given: by the names of fields, with the types of JSON.
        place: where the row stands, `manifest.csv, line 7`.
        defaults: of the batch.
    """
    file = given.get("file")
    name = file if isinstance(file, str) else ""
    try:
        return Row(file=name, request=_request(given, defaults))
    except ValidationError as error:
        return refused_row(f"{place}: {_mistakes(error)}", file=name, place=place)
    except RecursionError:
        return refused_row(f"{place}: it is nested too deeply", file=name, place=place)
    except ItemMalformedProblem as problem:
        told = ItemMalformedProblem(f"{place}: {problem.detail}")
        return RefusedRow(file=name, item=RefusedItem(name=shown(name) or place, problem=told))


def refused_row(detail: str, *, place: str, file: str = "") -> RefusedRow:
    """A row that cannot be understood."""
    return RefusedRow(
        file=file,
        item=RefusedItem(name=shown(file) or place, problem=ManifestRowProblem(detail)),
    )


def default_request(file: str, defaults: Defaults) -> ItemRequest:
    """What is asked for a file of which no manifest speaks.

    Raises:
        ItemMalformedProblem: the defaults leave something open.
    """
    try:
        return _request({"file": file}, defaults)
    except ValidationError as error:
        raise ItemMalformedProblem(_mistakes(error)) from None


def _request(given: Mapping[str, Any], defaults: Defaults) -> ItemRequest:
    number = given.get("businessNumber") or stem(str(given.get("file", "")))
    read = _RowInput.model_validate_json(json.dumps({**given, "businessNumber": number}))
    if _ROUNDED.fullmatch(number):
        raise ItemMalformedProblem(
            f"the business number {number} was rounded by a spreadsheet, and its last digits are "
            "lost: format the column as text, and fill it in anew"
        )
    seal, document_type = read.seal or defaults.seal, read.document_type or defaults.document_type
    if not seal or not document_type:
        missing = [] if seal else ["seal"]
        missing += [] if document_type else ["documentType"]
        raise ItemMalformedProblem(f"nothing says its {' and '.join(missing)}")
    return ItemRequest(
        name=read.file,
        seal=seal,
        document_type=document_type,
        business_number=number,
        attributes={**defaults.attributes, **read.attributes},
        placement=defaults.placement if read.placement is None else placement_of(read.placement),
        further=defaults.further if read.further is None else read.further,
        requested_by=defaults.requested_by if read.requested_by is None else read.requested_by,
    )


def _mistakes(error: ValidationError) -> str:
    """Each place once, without the names that the model gives to its alternatives."""
    found: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        steps = [str(step) for step in detail["loc"]] or ["text"]
        if steps[0] == "attributes" and len(steps) > 1:
            message = "should be text, true or false, or a whole number, under a Latin name"
            steps = steps[:2]
        else:
            message = detail["msg"].removeprefix("Input ")
        if detail["type"] == "refused":
            message = f"{detail['msg']}; {detail['ctx']['cure']}"
        path = shown(".".join(step for step in steps if step not in {"place", "list"}))
        found.setdefault(path, message)
    return "; ".join(f"{path}: {message}" for path, message in list(found.items())[:10])
