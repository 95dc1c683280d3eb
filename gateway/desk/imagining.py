"""A request that nobody has made, as a policy's tests write it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from policies.bundle import Bundle
from policies.kinds.selftests import TestRequestSpec
from policies.model import DocumentFacts, Known, SealRequest
from policies.reading.imagining import Imagination
from strictyaml import nearest

_YEARS = range(1970, 9999)


class ImaginedRequestError(Exception):
    """The request cannot be imagined; the message says what to give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """A request, a document's facts, a moment and what happened before, as if it had come in."""

    request: SealRequest
    facts: DocumentFacts
    at: datetime
    known: Known


def imagine(spec: TestRequestSpec, bundle: Bundle, *, now: datetime) -> Imagined:
    """The request with its caller as the bundle knows it.

    What is left out is as in a policy's tests, but for `at`: that is now. A moment without an
    offset is one in this machine's time zone.

    Raises:
        ImaginedRequestError: who asks, seal or document type is not said, or somebody who is named
            does not exist.
    """
    if spec.seal is None or spec.document_type is None or (spec.system or spec.person) is None:
        raise ImaginedRequestError(
            "say who asks, for which seal and document type (--system or --person, --seal, --type)"
        )
    if spec.system is not None:
        _find("System", spec.system, bundle.systems)
    for person in (spec.person, *spec.approved_by):
        if person is not None:
            _find("Person", person, bundle.persons)
    at = _moment(spec.at) if "at" in spec.model_fields_set else now
    imagination = Imagination(
        seals=bundle.seals, systems=bundle.systems, persons=bundle.persons, posts=bundle.posts
    )
    return Imagined(
        request=imagination.request(spec, at, seal=spec.seal, document_type=spec.document_type),
        facts=spec.doc.facts(),
        at=at,
        known=imagination.known(spec, at),
    )


def _find(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        meant = nearest(name, known)
        cure = f"did you mean {meant}?" if meant else f"there are: {', '.join(known)}"
        raise ImaginedRequestError(f"no {kind} is called {name}; {cure}")


def _moment(written: datetime) -> datetime:
    # At the ends of the calendar the local hour, which rules ask for, does not exist.
    if written.year not in _YEARS:
        raise ImaginedRequestError(f"`at` is {written}, which no document will see")
    return written.astimezone()
