"""Which documents are to be sealed with what: from the command line, or from a JSONL file."""

import codecs
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from gateway.client import Submission
from strictyaml import StrictModel, nearest

_SHAPES = {
    "placement": "should be an object or a list of objects, as docs/api.md has them",
    "further": 'should be a list of objects such as {"seal": "ID"}',
}


class SubmissionsError(Exception):
    """What was given cannot be sent; the message says where and why."""


class Line(StrictModel):
    """One line of a JSONL file: a file beside it, and what the request says of it."""

    model_config = ConfigDict(alias_generator=None)

    file: str
    document_type: str
    business_number: str
    attributes: dict[str, StrictStr | StrictBool | StrictInt] = Field(default_factory=dict)
    placement: dict[str, Any] | list[dict[str, Any]] | None = None
    further: list[dict[str, Any]] | None = None


def from_lines(
    path: Path, *, seal: str, further: Sequence[str] = ()
) -> Iterator[tuple[Path, Submission]]:
    """A submission for every line; the files lie beside the JSONL file.

    `further` seals are those of the lines that name none themselves.

    Raises:
        SubmissionsError: a line is wrong, or its file cannot be read.
    """
    for number, each in _written(path):
        try:
            line = Line.model_validate_json(each)
        except ValidationError as error:
            raise SubmissionsError(f"{path}:{number}: {_mistake(error)}") from error
        file = path.parent / line.file
        document = _read(file)
        seals = _further(further) if line.further is None else line.further
        asked = line.model_dump_json(exclude={"file", "further"})
        yield (
            file,
            Submission(
                document=document,
                seal=seal,
                document_type=line.document_type,
                business_number=line.business_number,
                attributes=line.attributes,
                placement=line.placement,
                further=seals,
                idempotency_key=_key(document, seal, asked, *_told(seals)),
            ),
        )


def from_files(
    files: Iterable[Path],
    *,
    seal: str,
    document_type: str,
    attributes: dict[str, Any],
    further: Sequence[str] = (),
) -> Iterator[tuple[Path, Submission]]:
    """A submission for every file; its name without the ending is its business number.

    Raises:
        SubmissionsError: a file cannot be read.
    """
    seals = _further(further)
    for file in files:
        document = _read(file)
        yield (
            file,
            Submission(
                document=document,
                seal=seal,
                document_type=document_type,
                business_number=file.stem,
                attributes=attributes,
                further=seals,
                idempotency_key=_key(
                    document,
                    seal,
                    document_type,
                    file.stem,
                    json.dumps(attributes, sort_keys=True),
                    *_told(seals),
                ),
            ),
        )


def _written(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, each with its number from 1.

    Raises:
        SubmissionsError: the file is not UTF-8, or says nothing.
    """
    # Windows programs put a mark in front.
    data = _read(path).removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise SubmissionsError(f"{path}:{number} is not UTF-8; save it as UTF-8") from error
    if not text.strip():
        raise SubmissionsError(f"{path} is empty: write one request a line, a JSON object each")
    # Not by splitlines, which also ends a line at characters that may stand in JSON's texts.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _mistake(error: ValidationError) -> str:
    """One thing that is wrong with a line: an unknown key before what it leaves missing."""
    details = error.errors(include_url=False)
    detail = min(details, key=lambda each: each["type"] != "extra_forbidden")
    names = [str(step) for step in detail["loc"]]
    if not names:
        return f"the line: {detail['msg']}"
    if detail["type"] == "extra_forbidden":
        known = list(Line.model_fields)
        meant = nearest(names[0], known)
        cure = f"did you mean `{meant}`?" if meant else f"known are {', '.join(known)}"
        return f"unknown key `{names[0]}`; {cure}"
    if detail["type"] == "missing":
        return f"{names[0]}: required, but missing"
    if names[0] == "attributes" and len(names) > 1:
        return f"attributes.{names[1]}: should be text, true or false, or a whole number"
    return f"{names[0]}: {_SHAPES.get(names[0], detail['msg'])}"


def _further(seals: Iterable[str]) -> list[dict[str, Any]]:
    return [{"seal": seal} for seal in seals]


def _told(further: list[dict[str, Any]]) -> tuple[str, ...]:
    # Nothing where there are none, so that the keys of earlier versions stay.
    return (json.dumps(further, sort_keys=True),) if further else ()


def _key(document: bytes, *asked: str) -> str:
    # The same file for the same purpose is the same request, however often the command is run;
    # what is asked for it differently is another request.
    parts = [document, *(word.encode() for word in asked)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SubmissionsError(f"{path} cannot be read: {error.strerror}") from error
