"""What goes to a document worker and what comes back."""

from datetime import datetime
from typing import Literal

import msgspec

from policies.model import DocumentFacts, Fact, Placement
from policies.objects.documents import Template

Doubt = Literal[
    "syntax",
    "cross-references",
    "object-streams",
    "page-tree",
    "page",
    "form",
    "signed",
    "encrypted",
    "extensions",
    "placement",
]
"""Why the lean way gave a document up: the label of a counter, so the list is short and closed."""


class StampPart(msgspec.Struct, frozen=True, kw_only=True):
    """A slice of a stamp: from `start` to `end`, fractions of its width (x) or height (y)."""

    axis: Literal["x", "y"]
    start: float
    end: float


class StampPosition(msgspec.Struct, frozen=True, kw_only=True, tag="stamp"):
    """Where a stamp lies: millimetres from the top left of the page as a reader sees it.

    Attributes:
        page: counted from 1.
        left_mm: from the page's left edge.
        top_mm: from the page's top edge.
        width_mm: of the stamp, or of its slice.
        height_mm: of the stamp, or of its slice.
        part: which slice of a 骑缝章 it is; None: the whole stamp.
        field: the name of the document's own signature field that it is in, if it is in one.
    """

    page: int
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    part: StampPart | None = None
    field: str | None = None


class StampOmitted(msgspec.Struct, frozen=True, kw_only=True, tag="omitted"):
    """A stamp that was asked for and is not there, which is no error; `why` says why."""

    placement: Literal["cross-page"]
    why: str


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is to be prepared for. The same values and bytes give the same result.

    Attributes:
        document_id: our id for the document, which becomes part of the signature dictionary.
        signed_at: the moment the signature dictionary names (/M), whole seconds, UTC.
        placement: where the stamps go.
        normalize: whether the document is written anew first.
        look_under: whether to look for what lies under pictures and outside the visible page even
            where nothing may be changed after sealing.
        ask: what is to be found out about the content.
        templates: of the document's type, where a rule asks for the template or its fields.
        parties: names to look for, where a rule asks for parties.
    """

    document_id: str
    signed_at: datetime
    placement: Placement | None
    normalize: bool = False
    look_under: bool = False
    ask: frozenset[Fact] = frozenset()
    templates: tuple[Template, ...] = ()
    parties: tuple[str, ...] = ()


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document ready to be signed: all but the signature value is fixed.

    It holds no digest: whoever has the key signed works that out from these bytes.

    Attributes:
        facts: what was found out about the document.
        update: the bytes that follow the input, with the room for the container still zeros.
        container_at: where in `update` the hex digits of the container begin.
        container_room: how many hex digits there are room for.
        stamps: where the stamps lie; empty for an invisible signature.
        doubt: why the lean way gave the document up; None where it did not.
        normalized: the document written anew, where that was asked for; then `update` follows
            these bytes, and `facts` are about them.
    """

    facts: DocumentFacts
    update: bytes
    container_at: int
    container_room: int
    stamps: tuple[StampPosition | StampOmitted, ...]
    doubt: Doubt | None = None
    normalized: bytes | None = None

    def answers(self, preparation: Preparation) -> bool:
        """Whether it tells of the content where that was asked, and no more than was asked."""
        content = self.facts.content
        if isinstance(content, msgspec.UnsetType):
            return not preparation.ask
        return bool(preparation.ask) and content.asked <= preparation.ask

    @property
    def gap(self) -> tuple[int, int]:
        """From where to where in `update` nothing is signed: the container and its brackets."""
        return self.container_at - 1, self.container_at + self.container_room + 1
