"""A request that nobody has made, as a policy's tests write it."""

from dataclasses import dataclass
from datetime import datetime

from policies.bundle import Bundle
from policies.kinds.placement import placement_of
from policies.kinds.selftests import TestRequestSpec
from policies.model import Caller, DocumentFacts, SealRequest
from strictyaml import nearest

_YEARS = range(1970, 9999)


class ImaginedRequestError(Exception):
    """The request cannot be imagined; the message says what to give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagined:
    """A request, a document's facts and a moment, as if they had come in."""

    request: SealRequest
    facts: DocumentFacts
    at: datetime


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
