"""What a handler says of a job that it had in hand. All frozen."""

from datetime import timedelta
from typing import Self

import msgspec

from gateway.errors import Problem


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job is not done: the type of a problem (docs/errors.md), and what happened."""

    type: str
    detail: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Of a problem, as a caller would be told it."""
        return cls(type=problem.type, detail=problem.detail)

    def encoded(self) -> bytes:
        """As the job's row keeps it: JSON."""
        return msgspec.json.encode(self)


class Done(msgspec.Struct, frozen=True):
    """The handler has ended the job in a transaction of its own, or another has it by now."""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """It failed and may succeed later. `after` None: the runner's back-off decides when."""

    reason: Reason
    after: timedelta | None = None


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """It will not succeed by itself: a dead letter, until a person revives it."""

    reason: Reason


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """It was not even tried: something that every job of the kind needs is away."""

    reason: Reason


Outcome = Done | Later | Dead | Away
