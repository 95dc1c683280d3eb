"""Whether a request can be imagined before a bundle; `policies.reading.imagining` does it."""

from collections.abc import Iterable
from datetime import datetime

from policies.bundle import Bundle
from policies.foresight.notes import listed
from policies.kinds.selftests import TestRequestSpec
from policies.reading.imagining import Imagination, Imagined
from strictyaml import nearest

_YEARS = range(1970, 9999)


class ImaginedRequestError(Exception):
    """The request cannot be imagined; the message says what to give."""


def imagine(spec: TestRequestSpec, bundle: Bundle, *, now: datetime) -> Imagined:
    """The request with its caller as the bundle knows it.

    What is left out is as in a policy's tests, but for `at`: that is now. A moment without an
    offset is one in this machine's time zone.

    Raises:
        ImaginedRequestError: who asks, seal or document type is not said, or there is no such
            system or person.
    """
    caller = (spec.system, spec.person, spec.company, spec.roles)
    if spec.seal is None or spec.document_type is None or caller == (None,) * len(caller):
        raise ImaginedRequestError(
            "say system (or person), seal and document type (--system, --person, --seal, --type)"
        )
    _require(() if spec.system is None else (spec.system,), "System", bundle.systems)
    _require(() if spec.person is None else (spec.person,), "Person", bundle.persons)
    _require(spec.approved_by, "Person", bundle.persons)
    at = _moment(spec.at) if "at" in spec.model_fields_set else now
    return Imagination(bundle).imagined(spec, at=at)


def _require(names: Iterable[str], kind: str, known: Iterable[str]) -> None:
    there = frozenset(known)
    for name in names:
        if name not in there:
            meant = nearest(name, there)
            cure = f"did you mean {meant}?" if meant else f"there are: {listed(there)}"
            raise ImaginedRequestError(f"no {kind} is called {name}; {cure}")


def _moment(written: datetime) -> datetime:
    # At the ends of the calendar the local hour, which rules ask for, does not exist.
    if written.year not in _YEARS:
        raise ImaginedRequestError(f"`at` is {written}, which no document will see")
    return written.astimezone()
