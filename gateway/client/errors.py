"""What the gateway answers where it says no."""

import json
from typing import Any, Final

_BUSY: Final = (429, 503)


class GatewayRefusedError(Exception):
    """The gateway answered with a problem.

    Attributes:
        problem: the problem+json body.
    """

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail", "no detail"))
        self.problem = problem


def may_pass(error: Exception) -> bool:
    """Whether an asking that failed so may succeed later: nobody answered, or was free to."""
    return not isinstance(error, GatewayRefusedError) or error.problem.get("status") in _BUSY


def problem_of(content: bytes, status: int) -> dict[str, Any]:
    """The body of a refusal, or one that says as much of another body."""
    try:
        problem: dict[str, Any] = json.loads(content)
    except ValueError:
        return {
            "type": "unknown",
            "status": status,
            "detail": content[:200].decode(errors="replace"),
        }
    return problem
