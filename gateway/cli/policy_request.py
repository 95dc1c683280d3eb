"""The imagined request of `policy explain`, from a file or from options."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from policies.bundle import Bundle
from policies.model import Caller, DocumentFacts, SealRequest
from policies.placement import placement_of
from policies.selftest_kinds import TestRequestSpec
from strictyaml import load, nearest

_YEARS = range(1970, 9999)


class ImaginedRequestError(Exception):
    """The request cannot be imagined; the message says what to give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """A request, a document's facts and a moment, as if they had come in."""

    request: SealRequest
    facts: DocumentFacts
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says; the words of a policy's tests."""

    system: str | None
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


def imagine(spec: TestRequestSpec, bundle: Bundle, *, now: datetime) -> Imagined:
    """The request with its caller as the bundle knows it.

    What is left out is as in a policy's tests, but for `at`: that is now. A moment without an
    offset is one in this machine's time zone.

    Raises:
        ImaginedRequestError: system, seal or document type is not said, or there is no such system.
    """
    if spec.system is None or spec.seal is None or spec.document_type is None:
        raise ImaginedRequestError("say system, seal and document type (--system, --seal, --type)")
    system = bundle.systems.get(spec.system)
    if system is None:
        meant = nearest(spec.system, bundle.systems)
        cure = f"did you mean {meant}?" if meant else f"there are: {', '.join(bundle.systems)}"
        raise ImaginedRequestError(f"no System is called {spec.system}; {cure}")
    caller = Caller(
        system=system.name,
        company=spec.company or system.company,
        roles=system.roles if spec.roles is None else frozenset(spec.roles),
    )
    document = spec.doc
    return Imagined(
        request=SealRequest(
            caller=caller,
            seal=spec.seal,
            document_type=spec.document_type,
            business_number=spec.business_number,
            attributes=dict(document.attributes),
            placement=None if spec.placement is None else placement_of(spec.placement),
        ),
        facts=document.facts(),
        at=_moment(spec.at) if "at" in spec.model_fields_set else now,
    )


def _moment(written: datetime) -> datetime:
    # At the ends of the calendar the local hour, which rules ask for, does not exist.
    if written.year not in _YEARS:
        raise ImaginedRequestError(f"`at` is {written}, which no document will see")
    return written.astimezone()


def _said(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
