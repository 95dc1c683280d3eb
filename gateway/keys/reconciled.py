"""What the last reconciliation found, kept where the gateway tells it to those who watch."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from gateway.keys.files import replace
from gateway.keys.journal import as_the_owner_of
from gateway.regular_files import read_regular

FindingName = Literal[
    "use-outside-the-gateway", "use-of-unknown-key", "retired-key-used", "use-missing"
]
_MOST_BYTES = 64 * 1024
_MODE = 0o600


class LastReconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """A run of `sealgate hsm reconcile` that came to an answer.

    Attributes:
        at: when.
        findings: how many, by name; none: all fitted.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    findings: dict[FindingName, int]


def keep(file: Path, findings: Iterable[FindingName], *, at: datetime) -> None:
    """Keep what was found, instead of what was found before.

    Args:
        file: below the state directory, which is there.
        findings: the name of each.
        at: the moment.

    Raises:
        OSError: it cannot be written there.
    """
    found = LastReconciliation(at=at, findings=dict(Counter(findings)))
    with as_the_owner_of(file.parent):
        replace(file, msgspec.json.encode(found), mode=_MODE)


def last(file: Path) -> LastReconciliation | None:
    """What the last one found; None: there was none.

    Raises:
        OSError: it is there and cannot be read.
        msgspec.DecodeError, UnicodeDecodeError: it is there, and is not ours.
    """
    try:
        content = read_regular(file, most_bytes=_MOST_BYTES)
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=LastReconciliation)
