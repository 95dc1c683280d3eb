"""What reading is given, and how much it takes. All frozen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from policies.model import AttributeValue, Placement

Files = Mapping[str, Callable[[], bytes]]
"""Names that are there, in order, and how to get the content of each: it may raise a Problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for every document that is not told otherwise; of `ItemRequest`'s kind.

    The business number is the file's name without folder and ending.
    """

    seal: str = ""
    document_type: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    placement: Placement | None = None
    further: tuple[str, ...] = ()
    requested_by: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken.

    Attributes:
        members: of an archive, folders included, and rows of a manifest.
        total_bytes: of all members, unpacked.
        document_bytes: of one.
        manifest_bytes: of a manifest.
        ratio: unpacked bytes for each packed one, for members of more than a mebibyte. Deflate
            reaches 1,032; documents stay below 20.
        archive_ratio: the same for an archive that unpacks to more than 100 mebibytes.
    """

    members: int = 100_000
    total_bytes: int = 8 * 1024**3
    document_bytes: int = 50 * 1024**2
    manifest_bytes: int = 32 * 1024**2
    ratio: int = 200
    archive_ratio: int = 50
