"""The tests that policies carry, as officers write them.

`policies.reading.imagining` fills them in.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, Self, get_args

import msgspec
from pydantic import Field, WithJsonSchema, model_validator

from policies.kinds.placement import WrittenPlacement
from policies.kinds.spelling import (
    AttributeName,
    Count,
    Fingerprint,
    IntakeRules,
    Name,
    Names,
    Title,
)
from policies.model import (
    ContentFacts,
    DocumentFacts,
    EarlierSignature,
    Fact,
    IntakeFinding,
)
from strictyaml import StrictModel, refusal

_CounterName = Annotated[str, Field(pattern=r"^(seal|system|company|line|type)_(hour|day|month)$")]
_TemplateVersion = Annotated[str, Field(pattern=r"^[a-z0-9._-]+@[1-9][0-9]*$")]
_PageSize = Annotated[str, Field(pattern=r"^[1-9][0-9]*x[1-9][0-9]*$")]
# Not `date-time`, which editors take for a moment with an offset.
_At = Annotated[datetime, WithJsonSchema({"type": "string"})]
_EVERY_FACT: Final[frozenset[Fact]] = frozenset(get_args(Fact))


class TestSignatureSpec(StrictModel):
    """A signature that the document of a test came with; `certificate` is its SHA-256."""

    __test__ = False  # pytest looks at names that begin with Test

    signer: Title
    certificate: Fingerprint = "0" * 64
    intact: bool = True
    seal: Annotated[Name | None, Field(description="The group's own seal that made it.")] = None


class TestDocumentSpec(StrictModel):
    """The document of a test: one page, 100,000 bytes, never signed, unless it says otherwise.

    Nothing stands on it: no text, no field, no party, no amount; it follows no template, and its
    pages are A4.
    """

    __test__ = False

    pages: Annotated[int, Field(ge=0, le=(1 << 63) - 1)] = 1
    """0: the receipt of a batch, which is no PDF."""
    size_bytes: Count = 100_000
    revisions: Count = 1
    signatures: Count = 0
    pdf_version: str = "1.7"
    findings: IntakeRules = ()
    attributes: dict[str, str | int | bool] = Field(default_factory=dict)
    text: str = ""
    fields: dict[AttributeName, str] = Field(default_factory=dict)
    template: Annotated[_TemplateVersion | None, Field(description="Such as receipt-v1@1.")] = None
    parties: tuple[Title, ...] = ()
    amounts: Annotated[tuple[Count, ...], Field(description="In cents.")] = ()
    page_sizes: Annotated[
        tuple[_PageSize, ...], Field(description="Of each page, such as 210x297.")
    ] = ()
    earlier: tuple[TestSignatureSpec, ...] = ()
    pictures: Count = 0

    @model_validator(mode="after")
    def _says_the_size_of_every_page(self) -> Self:
        if self.page_sizes and len(self.page_sizes) != self.pages:
            raise refusal(
                f"{len(self.page_sizes)} pages have a size, and the document has {self.pages}",
                "write one size a page, or none",
            )
        return self

    def facts(self) -> DocumentFacts:
        """The value that the rest of the house works with."""
        return DocumentFacts(
            pages=self.pages,
            size_bytes=self.size_bytes,
            revisions=self.revisions,
            signatures=self.signatures or len(self.earlier),
            pdf_version=self.pdf_version,
            findings=tuple(
                IntakeFinding(rule=name, detail="an imagined finding")
                for name in sorted(self.findings)
            ),
            content=self._content(),
        )

    def _content(self) -> ContentFacts:
        return ContentFacts(
            asked=_EVERY_FACT,
            text=self.text,
            fields=dict(self.fields),
            template=self.template or "",
            parties=self.parties,
            amounts=self.amounts,
            # No list of a number that an author may choose: a book of A4 says it once.
            page_sizes=self.page_sizes or ("210x297",) * min(self.pages, _MOST_SIZES),
            earlier=tuple(
                EarlierSignature(
                    field=f"Signature{number}",
                    signer=each.signer,
                    certificate=each.certificate,
                    intact=each.intact,
                    seals=msgspec.UNSET if each.seal is None else (each.seal,),
                )
                for number, each in enumerate(self.earlier, start=1)
            ),
            pictures=self.pictures,
        )


_MOST_SIZES: Final = 1000


class TestRequestSpec(StrictModel):
    """The request of a test.

    What is left out is taken to be:

    * seal, documentType: the policy's first (for `*` or a scope: the first by name that fits);
    * system: one called `self-test`; company and roles: the system's own, and without a system
      the seal's company and no roles. With `person` it is that person who asks, in the posts held
      at that moment;
    * approvedBy: nobody; those who are named have approved just before, in this order;
    * used: nothing was sealed before;
    * at: Monday 2026-01-05, 10:00 in the policy's time zone, in which a moment without an offset
      is read, too;
    * businessNumber: `self-test`; placement: none; doc: see there. Required attributes have no
      default.
    """

    __test__ = False

    seal: Name | None = None
    document_type: Name | None = None
    system: Name | None = None
    person: Name | None = None
    company: Name | None = None
    roles: Names | None = None
    business_number: str = "self-test"
    at: _At = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - the policy's time zone is added
    placement: WrittenPlacement | None = None
    doc: TestDocumentSpec = TestDocumentSpec()
    approved_by: Names = ()
    used: dict[_CounterName, Count] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_caller(self) -> Self:
        if self.person is not None and (self.system, self.company, self.roles) != (None,) * 3:
            raise refusal(
                "a person asks with their own company and posts, and through no system",
                "remove `system:`, `company:` and `roles:`, or `person:`",
            )
        return self


class TestSpec(StrictModel):
    """One example with the answer that its author expects; `rule` is the one that decides.

    `rule` is the id of a rule of this policy, `policy/id` for another's, or a built-in name:
    `default`, `document-type`, `placement`, `grant`, `intake/RULE`.
    """

    __test__ = False

    name: Annotated[str, Field(min_length=1, max_length=200)]
    request: TestRequestSpec = TestRequestSpec()
    expect: Literal["allowed", "denied", "needs-approval"]
    rule: str | None = None
