"""Why a network cannot, will not, or must not be believed."""


class NetworkError(Exception):
    """Base; the message says what, where and what to do, and holds no secret."""


class NetworkAwayError(NetworkError):
    """It cannot be reached or does not answer now; to be tried again."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class WayTooNarrowError(NetworkAwayError):
    """Something between us and it lets no body of this size through; to be tried again, once.

    Nothing else is away because of it: smaller bodies pass. `size`: of the body, bytes.
    """

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message)
        self.size = size


class NetworkRefusedError(NetworkError):
    """It will never take this, however often it is tried. `type` is the network's word for why."""

    def __init__(self, message: str, *, type: str) -> None:  # noqa: A002 - RFC 9457's own word
        super().__init__(message)
        self.type = type


class NetworkLiesError(NetworkError):
    """What it says contradicts what it, or a partner, has signed. `lie` names how."""

    def __init__(self, message: str, *, lie: str) -> None:
        super().__init__(message)
        self.lie = lie


class RecordBrokenError(ValueError):
    """A record of an envelope does not hold. `fault` is a word that stays; the message says where.

    Faults: `gap`, `order`, `hash`, `network-signature`, `author-signature`, `card-unknown`,
    `card-untrusted`, `other-terms`, `not-allowed`, `forked`, `time`, `document`, `party-name`,
    `unreadable`.
    """

    def __init__(self, message: str, *, fault: str) -> None:
        super().__init__(message)
        self.fault = fault


class CardWithoutRootError(RecordBrokenError):
    """A card that none of the roots vouches for, with nothing else against it yet."""


class NotAllowedError(ValueError):
    """The envelope does not let this be said now. `reason` is a word that stays."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
