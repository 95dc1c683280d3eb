"""A description: a file that says who signs which PDFs, for people to look through before it goes.

It is the `EnvelopeRequest` of the API in YAML (or JSON, which is YAML), with the `files` besides.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from gateway.cli.files.whole_files import write_whole
from gateway.http.envelopes.bodies import MOST_DOCUMENTS, EnvelopeInput, parsed_name
from strictyaml import StrictModel, load

_HEAD = """\
# An envelope, not sent yet. Look through it, change what is wrong, then:
#   sealgate envelope send {name}
# What each key means: docs/envelopes.md. `attributes` go to your own policies only.
"""
_MOST_FILE_BYTES = 256 * 1024 * 1024


class DescriptionError(ValueError):
    """A description, or a file that it names, is not as it must be; the message says what to do."""


class FileEntry(StrictModel):
    """A PDF.

    Attributes:
        path: from the folder of the description.
        sha256: what the file was when the description was made; a changed one is not sent. Absent:
            whatever is there.
    """

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class Description(EnvelopeInput):
    """An envelope and its files."""

    files: Annotated[tuple[FileEntry, ...], Field(min_length=1, max_length=MOST_DOCUMENTS)]


def written(description: Mapping[str, Any], files: Mapping[str, bytes], *, name: str) -> str:
    """The text of a new description, checked.

    Args:
        description: without its files.
        files: contents by their paths from the description's folder.
        name: what the description is called, for the line that tells how it is sent.

    Raises:
        DescriptionError: it says what cannot be.
    """
    entries = [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in files.items()
    ]
    whole = {**description, "files": entries}
    try:
        Description.model_validate_json(json.dumps(whole))
    except ValidationError as error:
        raise DescriptionError(_mistakes(error)) from None
    text = yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)
    return _HEAD.format(name=name) + text


def write(path: Path, text: str, *, replace: bool) -> None:
    """Put a description where nothing lies, or instead of what does.

    Raises:
        DescriptionError: something lies there.
    """
    if path.exists() and not replace:
        raise DescriptionError(f"{path} is there: name another file with -o, or add --replace")
    write_whole(path, text.encode())


def read(path: Path) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """What is to be sent: the request as JSON has it, and its documents by name.

    Raises:
        MistakesError: the description has mistakes; all are told, with their lines.
        DescriptionError: it is no text; a file is missing or has changed, or two have one name.
        OSError: the description cannot be read.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text or text.startswith("%PDF-"):
        raise DescriptionError(
            f"{path} is no description: `sealgate envelope create FILE…` writes one, and send "
            "takes it"
        )
    found = load(text, file=str(path), model=Description).value
    files: list[tuple[str, bytes]] = []
    for entry in found.files:
        content = read_pdf(path.parent / entry.path)
        if entry.sha256 not in {None, hashlib.sha256(content).hexdigest()}:
            raise DescriptionError(
                f"{entry.path} is another file than when {path} was made: look through both, then "
                "correct or remove its sha256"
            )
        files.append((document_name(entry.path), content))
    refuse_twice([name for name, _ in files])
    request = found.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"files"})
    return request, files


def refuse_twice(names: Sequence[str]) -> None:
    """See that each document has a name of its own; DescriptionError: two share one."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DescriptionError(f"two files are called {twice[0]}: rename one")


def document_name(path: str) -> str:
    """What a file is called within the envelope.

    Raises:
        DescriptionError: it cannot be called so.
    """
    try:
        return parsed_name(Path(path).name)
    except ValueError as error:
        raise DescriptionError(str(error)) from None


def read_pdf(path: Path) -> bytes:
    """A PDF's bytes.

    Raises:
        DescriptionError: there is none, or it is something else.
    """
    try:
        if path.is_file() and path.stat().st_size > _MOST_FILE_BYTES:
            raise DescriptionError(f"{path} is larger than {_MOST_FILE_BYTES} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise DescriptionError(f"{path} cannot be read: {error.strerror}") from None
    if not content.startswith(b"%PDF-"):
        raise DescriptionError(f"{path} is no PDF: an envelope carries PDFs")
    return content


def _mistakes(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'envelope'}: {each['msg']}" for each in details
    )
