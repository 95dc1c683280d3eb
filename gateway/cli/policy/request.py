"""The imagined request of `policy explain`, from a file or from options."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.desk.imagining import ImaginedRequestError
from policies.kinds.selftests import TestRequestSpec
from strictyaml import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says; the words of a policy's tests."""

    system: str | None
    person: str | None
    seal: str | None
    document_type: str | None
    attributes: dict[str, str | int | bool]
    pages: int | None
    signatures: int | None
    findings: tuple[str, ...]
    at: str | None

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return self != Options(
            system=None,
            person=None,
            seal=None,
            document_type=None,
            attributes={},
            pages=None,
            signatures=None,
            findings=(),
            at=None,
        )

    def text(self) -> str:
        """The same as the file would have it."""
        document = {"pages": self.pages, "signatures": self.signatures}
        request = {
            "system": self.system,
            "person": self.person,
            "seal": self.seal,
            "documentType": self.document_type,
            "at": self.at,
        }
        doc = {**_said(document), "findings": self.findings, "attributes": self.attributes}
        return json.dumps({**_said(request), "doc": doc}, ensure_ascii=False)


def from_file(path: Path) -> TestRequestSpec:
    """A file with what a policy's test has under `request:`, as JSON or YAML.

    Raises:
        ImaginedRequestError: it cannot be read.
        MistakesError: it says something wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImaginedRequestError(f"{path} cannot be read: {error}") from error
    return load(text, file=str(path), model=TestRequestSpec).value


def from_options(options: Options) -> TestRequestSpec:
    """The options of the command line. Raises MistakesError."""
    return load(options.text(), file="the command line", model=TestRequestSpec).value


def _said(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
