"""How envelopes are told."""

from typing import Any

import msgspec

from cloud_bridge.model import Person
from gateway.envelopes.model import Accepted, EnvelopePage, EnvelopeTold
from gateway.http.answers import PROBLEM_BASE


def told(envelope: EnvelopeTold) -> dict[str, Any]:
    """One envelope as it is now."""
    here = f"/v1/envelopes/{envelope.id}"
    plain: dict[str, Any] = msgspec.to_builtins(envelope)
    return {
        **plain,
        "trouble": [{"type": _type(each), "detail": words} for each, words in envelope.trouble],
        "links": {"self": here, "transcript": f"{here}/transcript"},
    }


def page(found: EnvelopePage) -> dict[str, Any]:
    """Some of them, and where the next are."""
    return {"envelopes": [told(each) for each in found.envelopes], "next": found.next}


def person(found: Person) -> dict[str, Any]:
    """A person's account; the contact as the network tells it, masked."""
    return {
        "account": found.id,
        "name": found.name,
        "contact": found.contact,
        "level": found.verification.level,
    }


def accepted(taken: Accepted) -> dict[str, Any]:
    """A new one, and the terms as they are sent."""
    return {
        "envelope": told(taken.envelope),
        "terms": msgspec.to_builtins(taken.terms),
        "repeated": taken.repeated,
        "unasked": list(taken.unasked),
    }


def _type(word: str) -> str:
    return word if ":" in word else PROBLEM_BASE + word
