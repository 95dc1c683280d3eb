"""What was found out about one part, and the words for it."""

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from gateway.errors import Owner

State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of the doctor's table.

    Attributes:
        part: what was looked at.
        state: a warning does not keep the gateway from sealing, or not yet.
        message: how it is, and why that is wrong.
        cure: what to do; None when it is well.
        owner: who can do it; None when it is well.
    """

    part: str
    state: State
    message: str
    cure: str | None = None
    owner: Owner | None = None


def ok(part: str, message: str) -> Finding:
    """The part is well."""
    return Finding(part=part, state="ok", message=message)


def warning(part: str, message: str, *, cure: str, owner: Owner = "it") -> Finding:
    """It works, but not as it should."""
    return Finding(part=part, state="warning", message=message, cure=cure, owner=owner)


def failed(part: str, message: str, *, cure: str, owner: Owner = "it") -> Finding:
    """It does not work, or is not safe."""
    return Finding(part=part, state="failed", message=message, cure=cure, owner=owner)


def looked_at(part: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What the check finds; a check that breaks is a finding, and the others still run."""
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 - whatever it is, the rest must be told
        return [
            failed(
                part,
                f"it could not be looked at: {type(error).__name__}: {error}",
                cure="If nothing else that failed explains it, report it with this line.",
            )
        ]
