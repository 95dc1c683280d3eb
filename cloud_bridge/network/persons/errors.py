"""Why a person cannot go on. Told on a page, by `reason`, in the person's language."""

from typing import Literal

LinkReason = Literal["unknown", "used", "expired", "replaced"]
CheckReason = Literal["wrong", "used-up", "wait", "expired", "too-soon", "too-many", "not-sent"]
ActReason = Literal[
    "over",
    "changed",
    "not-your-turn",
    "somebody-signs",
    "level",
    "not-read",
    "document",
    "busy",
    "no-place",
]


class PersonError(Exception):
    """Base. The message is for the log."""


class LinkError(PersonError):
    """The link does not open."""

    def __init__(self, message: str, *, reason: LinkReason) -> None:
        super().__init__(message)
        self.reason = reason


class CheckError(PersonError):
    """The check was not passed, or no code can be sent now."""

    def __init__(self, message: str, *, reason: CheckReason, seconds: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.seconds = seconds


class ActError(PersonError):
    """It cannot be signed, refused or forwarded now."""

    def __init__(self, message: str, *, reason: ActReason) -> None:
        super().__init__(message)
        self.reason = reason


class FieldsError(PersonError):
    """What was filled in is not as it must be: a word for each field that stays."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(f"fields are not as they must be: {faults}")
        self.faults = faults


class NotSentError(PersonError):
    """A code could not be handed over to whoever brings it."""
