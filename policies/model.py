"""The values of a decision: what is asked, what is known of the document, what was decided.

All frozen. Lengths are millimetres from the top left corner of the page as a reader sees it
(rotation applied); money and counts are integers; moments are aware datetimes.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

AttributeValue = str | int | bool
Attributes = Mapping[str, AttributeValue]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated principal: a calling system and the roles that it holds."""

    system: str
    company: str
    roles: frozenset[str] = frozenset()


Avoid = Literal["overlap"] | msgspec.UnsetType
"""`overlap`: the stamp moves to where it covers neither text nor an annotation. Unset, and then not
written at all, so that requests of earlier versions keep their digest: it stays where it is."""

Edge = Literal["right", "left", "top", "bottom"]


class OnPage(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """A stamp whose top left corner lies `left_mm`/`top_mm` from the page's top left corner."""

    page: int | Literal["last"]
    left_mm: float
    top_mm: float
    avoid: Avoid = msgspec.UNSET


class OnPages(msgspec.Struct, frozen=True, kw_only=True, tag="pages"):
    """`OnPage` on each of several pages: `pages` is the text of a `policies.page_set.PageSet`."""

    pages: str
    left_mm: float
    top_mm: float
    avoid: Avoid = msgspec.UNSET


class BesideKeyword(msgspec.Struct, frozen=True, kw_only=True, tag="keyword"):
    """A stamp whose centre lies on the end of a keyword's box, moved by dx/dy millimetres."""

    keyword: str
    occurrence: int | Literal["first", "last", "all"] = "first"
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    avoid: Avoid = msgspec.UNSET


class IntoField(msgspec.Struct, frozen=True, kw_only=True, tag="field"):
    """A stamp in the middle of a signature field that the document has, still empty.

    `field` is its fully qualified name (ISO 32000-2 §12.7.4.2). The signature goes into it.
    """

    field: str


class AcrossPages(msgspec.Struct, frozen=True, kw_only=True, tag="cross-page"):
    """骑缝章: one stamp cut into as many slices as pages, each on its page's edge.

    Attributes:
        edge: where the slices lie.
        pages: the text of a `policies.page_set.PageSet`.
        alternate: for duplex printing: even pages have their slice on the opposite edge.
        max_pages_per_seal: more pages than these get several stamps; None: one, however many.
        offset_mm: from the edge's top or left end to the slice; None: in the middle of the edge.
    """

    edge: Edge
    pages: str = "all"
    alternate: bool = False
    max_pages_per_seal: int | None = None
    offset_mm: float | None = None


Spot = OnPage | OnPages | BesideKeyword | IntoField | AcrossPages


class Several(msgspec.Struct, frozen=True, kw_only=True, tag="several"):
    """Several placements in one act: one signature covers all of their stamps."""

    placements: tuple[Spot, ...]


class Invisible(msgspec.Struct, frozen=True, kw_only=True, tag="invisible"):
    """No stamp; the signature alone."""


Placement = OnPage | OnPages | BesideKeyword | IntoField | AcrossPages | Several | Invisible


class SealRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for which seal on what. The document itself is not part of it."""

    caller: Caller
    seal: str
    document_type: str
    business_number: str
    attributes: dict[str, AttributeValue] = {}
    placement: Placement | None = None


class IntakeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What an intake rule (`policies.intake`) found: `detail` says what and where, once a rule.

    The detail is ours: it names objects, pages and keys of the format, and never quotes the
    document.
    """

    rule: str
    detail: str


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a document worker found out about the document, before anything is signed.

    With a document type that normalises, these are facts of the document written anew, and findings
    of both. `findings` are sorted by rule, one a rule.
    """

    pages: int
    size_bytes: int
    revisions: int
    signatures: int
    pdf_version: str
    findings: tuple[IntakeFinding, ...] = ()


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that had a say: `rule` is `policy/rule-id`, or a built-in name such as `default`."""

    rule: str
    message: str


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One use counted against a limit: at most `limit` charges of `counter` within `window`.

    `window` names the calendar hour or day in the policy's time zone, e.g. `2026-11-22` or
    `2026-11-22T14`. Whoever commits the intent MUST make the charge in the same transaction.
    """

    rule: str
    counter: str
    window: str
    limit: int


class Allowed(msgspec.Struct, frozen=True, kw_only=True, tag="allowed"):
    """The seal may be put on the document, at `placement` (None: as the seal itself says)."""

    bundle: str
    reasons: tuple[Reason, ...]
    placement: Placement | None = None
    charges: tuple[Charge, ...] = ()


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag="denied"):
    """The seal may not be put on the document."""

    bundle: str
    reasons: tuple[Reason, ...]


class NeedsApproval(msgspec.Struct, frozen=True, kw_only=True, tag="needs-approval"):
    """A rule would permit it once `count` persons holding one of `roles` have approved.

    None of them may be who asked. `placement` and `charges` are those of `Allowed`, for the moment
    of this decision: whoever goes on after the approvals MUST decide again, and takes the charges
    of the new decision.
    """

    bundle: str
    reasons: tuple[Reason, ...]
    count: int
    roles: frozenset[str]
    placement: Placement | None = None
    charges: tuple[Charge, ...] = ()


Decision = Allowed | Denied | NeedsApproval
