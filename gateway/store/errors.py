"""Why the store cannot answer."""

from typing import ClassVar

from gateway.errors import Problem


class StoreProblem(Problem):
    """The database or the disk failed; nothing was committed."""

    type: ClassVar[str] = "store-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The record cannot be kept, so nothing is sealed"
    cure: ClassVar[str] = "Check free space and permissions of the state directory, then `doctor`."
    retry_after_seconds: ClassVar[int | None] = 5


class ContentDamagedError(Exception):
    """Sealed documents that were acknowledged are not where the database says."""


class StateInUseError(Exception):
    """Another gateway uses the same state directory."""


class StoreVersionError(Exception):
    """The database was written by another version; `sealgate serve` says what to do."""
