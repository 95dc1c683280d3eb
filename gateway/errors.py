"""The one family of errors that a caller may see: each has a stable type, an owner and a cure.

A room raises the subclass that names what happened; `gateway.http` renders it as RFC 9457
problem+json and the CLI as one line. `title` is the same for every error of a type; the instance's
message tells this case; `cure` says what the owner can do.
"""

from typing import ClassVar, Literal

Owner = Literal["caller", "officer", "it", "partner"]


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Base of everything that is told to a caller.

    Attributes:
        type: the last segment of the problem type; stable for ever, documented in docs/errors.md.
        status: the HTTP status it is answered with.
        title: what happened, the same for every problem of this type.
        owner: who can do something about it.
        cure: what to do.
        retry_after_seconds: when the same request may be sent again, if that can help.
    """

    type: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed inside the gateway"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Look up the trace id in the gateway's log; report it if it comes again."
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, detail: str, *, reasons: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reasons = reasons

    def members(self) -> dict[str, object]:
        """What this type tells besides, under names of its own (RFC 9457 §3.2)."""
        return {}


class InternalProblem(Problem):
    """A defect of ours; the detail never carries a stack trace or a secret."""
