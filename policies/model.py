"""The values of a decision: what is asked, what is known of the document, what was decided.

All frozen. Lengths are millimetres from the top left corner of the page as a reader sees it
(rotation applied); money and counts are integers; moments are aware datetimes.

Requests are hashed, and what an idempotency key stands for must not change with a version of ours.
So a field that came later is unset where nothing is said, and then is not written at all.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

AttributeValue = str | int | bool
Attributes = Mapping[str, AttributeValue]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated principal: a calling system or a person, and the roles that it holds.

    Attributes:
        system: its name; of a person `person:` and the person's name. No name has a colon in it, so
            rows and keys of people never meet those of systems.
        company: the system's or the person's.
        roles: what it may be. A person's are those of the posts that it holds.
        person: the name of the person, if it is one.
        posts: which a person holds at this moment; unset for a system.
        line: the business line of a system that belongs to one.
    """

    system: str
    company: str
    roles: frozenset[str] = frozenset()
    person: str | msgspec.UnsetType = msgspec.UNSET
    posts: frozenset[str] | msgspec.UnsetType = msgspec.UNSET
    line: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def held_posts(self) -> frozenset[str]:
        """The posts; none where none are said."""
        return frozenset() if isinstance(self.posts, msgspec.UnsetType) else self.posts


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
    """Who asks for which seal on what. The document itself is not part of it.

    `requested_by` names the person for whom a system asks, where it says so: who asked is never one
    of those who approve.
    """

    caller: Caller
    seal: str
    document_type: str
    business_number: str
    attributes: dict[str, AttributeValue] = {}
    placement: Placement | None = None
    requested_by: str | msgspec.UnsetType = msgspec.UNSET


class IntakeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What an intake rule (`policies.intake`) found: `detail` says what and where, once a rule.

    The detail is ours: it names objects, pages and keys of the format, and never quotes the
    document.
    """

    rule: str
    detail: str


Fact = Literal[
    "text", "fields", "template", "parties", "amounts", "page_sizes", "earlier", "pictures"
]
"""What can be found out about a document's content; only what a rule asks for is looked for."""


class EarlierSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that the document came with.

    Attributes:
        field: the fully qualified name of its signature field.
        signer: the common name in its certificate.
        certificate: SHA-256 of its certificate's DER, hex.
        intact: whether the bytes that it covers are as they were signed.
        seals: those in force whose certificate it is; unset where it is nobody's of ours.
    """

    field: str
    signer: str
    certificate: str
    intact: bool
    seals: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class ContentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says, as far as rules asked for it.

    Attributes:
        asked: what was looked for. A fact that was not has no answer, which is not an empty one.
        text: of all pages; None where it is too long, or two readers differ on it.
        fields: by the name that the template gives them.
        template: the template that the document follows, `receipt-v1@1`; empty: none.
        fingerprint: of that template, SHA-256 in hex; empty: none.
        parties: names of the group's companies, and of parties that the request names, found in it.
        amounts: of money, in cents, in the order of the text.
        page_sizes: of each page, in millimetres, `210x297`.
        earlier: the signatures that it came with.
        pictures: how much it shows that is neither text nor the lines of a form.
    """

    asked: frozenset[Fact]
    text: str | None = None
    fields: dict[str, str] = {}
    template: str = ""
    fingerprint: str = ""
    parties: tuple[str, ...] = ()
    amounts: tuple[int, ...] = ()
    page_sizes: tuple[str, ...] = ()
    earlier: tuple[EarlierSignature, ...] = ()
    pictures: int = 0


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a document worker found out about the document, before anything is signed.

    With a document type that normalises, these are facts of the document written anew, and findings
    of both. `findings` are sorted by rule, one a rule. `content` is unset where no rule asks.
    """

    pages: int
    size_bytes: int
    revisions: int
    signatures: int
    pdf_version: str
    findings: tuple[IntakeFinding, ...] = ()
    content: ContentFacts | msgspec.UnsetType = msgspec.UNSET


class GivenApproval(msgspec.Struct, frozen=True, kw_only=True):
    """An approval whose signature was verified, and which is for this very request and document.

    Attributes:
        id: of the approval.
        subject: who gave it: a person, or somebody that an OA system knows.
        roles: which the subject holds at the moment of the decision.
        given_at: when.
        expires_at: from when it does not count.
        source: `person`, or the name of the OA system that signed it.
    """

    id: str
    subject: str
    roles: frozenset[str]
    given_at: datetime
    expires_at: datetime
    source: str = "person"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known besides request and document, at the moment of the decision.

    Attributes:
        used: how often, by the name of a counter in conditions, `used.seal_day`.
        approvals: that were given for this request and document.
        certificate_days: whole days for which the seal's certificate is still valid.
    """

    used: Mapping[str, int] = {}
    approvals: tuple[GivenApproval, ...] = ()
    certificate_days: int | None = None


NOTHING_KNOWN = Known()


class CounterRead(msgspec.Struct, frozen=True, kw_only=True):
    """A counter that a condition reads: uses of `counter` from `starts_at` until `ends_at`.

    `name` is the condition's word, `used.seal_day`; `counter` is what is counted, `seal:east`.
    Moments are Unix seconds; the end is the first that does not count.
    """

    name: str
    counter: str
    starts_at: int
    ends_at: int


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that had a say: `rule` is `policy/rule-id`, or a built-in name such as `default`."""

    rule: str
    message: str


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One use counted against a limit: at most `limit` charges of `counter` within a window.

    The window is a calendar hour, day or month of the policy's time zone, from `starts_at` until
    before `ends_at` (Unix seconds); `window` names it for people, e.g. `2026-11-22T14`. Charges
    with the same counter are one use, counted once. Whoever commits the intent MUST make the charge
    in the same transaction.
    """

    rule: str
    counter: str
    starts_at: int
    ends_at: int
    limit: int
    window: str


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """How many persons must approve, each holding one of `roles`."""

    count: int
    roles: frozenset[str]


class Allowed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="allowed"):
    """The seal may be put on the document, at `placement` (None: as the seal itself says).

    Attributes:
        bundle: digest of the policies that say so.
        reasons: the rule that permits it.
        placement: where the stamp goes.
        charges: against the limits of that rule.
        counters: all that this use counts for, whether or not a rule reads it now.
        grant: the authorisation for automatic sealing (授权书) that it rests on, if one is needed.
        approvals: ids of those that it rests on.
    """

    bundle: str
    reasons: tuple[Reason, ...]
    placement: Placement | None = None
    charges: tuple[Charge, ...] = ()
    counters: tuple[str, ...] = ()
    grant: str | None = None
    approvals: tuple[str, ...] = ()


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag="denied"):
    """The seal may not be put on the document."""

    bundle: str
    reasons: tuple[Reason, ...]


class NeedsApproval(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="needs-approval"
):
    """A rule would permit it once all stages are approved, by nobody twice and not by who asked.

    Attributes:
        bundle: digest of the policies that say so.
        reasons: the rule that would permit it.
        stages: what is still to be approved.
        in_order: whether a stage begins only when the one before is complete.
        expires_seconds: how long an approval counts.
        given: ids of approvals that count already.
        placement: where the stamp would go now. Whoever goes on after the approvals MUST decide
            again.
    """

    bundle: str
    reasons: tuple[Reason, ...]
    stages: tuple[Stage, ...]
    in_order: bool = False
    expires_seconds: int
    given: tuple[str, ...] = ()
    placement: Placement | None = None


Decision = Allowed | Denied | NeedsApproval
