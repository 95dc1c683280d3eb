"""The kinds of YAML documents that give leave: 授权书, and OA systems whose approvals count."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.kinds.public_keys import SigningAlgorithm, key_for
from policies.kinds.spelling import (
    AttributeName,
    Count,
    Day,
    Fingerprint,
    KeyText,
    Moment,
    Name,
    RelativePath,
    SomeNames,
    Title,
)
from policies.kinds.things import Kind
from strictyaml import StrictModel, refusal

GranteeKind = Literal["company", "system", "post"]

_YEARS = 3


class GranteeSpec(StrictModel):
    """Exactly one of company, system and post."""

    company: Name | None = None
    system: Name | None = None
    post: Name | None = None

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Self:
        if len(self.said) != 1:
            raise refusal(
                "a grantee is exactly one of company, system, post",
                "keep one; write a further grant for each other",
            )
        return self

    @property
    def said(self) -> tuple[tuple[GranteeKind, str], ...]:
        """What is given, kind and name; one, once the model is made."""
        every: tuple[tuple[GranteeKind, str | None], ...] = (
            ("company", self.company),
            ("system", self.system),
            ("post", self.post),
        )
        return tuple((kind, name) for kind, name in every if name is not None)


class AmountSpec(StrictModel):
    """The most that an integer attribute may say."""

    attribute: AttributeName
    maximum: Count


class GrantDocumentSpec(StrictModel):
    """The sealed PDF of the grant, by its path in the bundle and its SHA-256."""

    file: RelativePath
    sha256: Fingerprint


class RevokedSpec(StrictModel):
    """From when the grant is void, and why."""

    at: Moment
    reason: Title


class SealGrantSpec(StrictModel):
    """授权书: who may have which seals put on what automatically, how far and how long."""

    grantor: Name
    grantee: GranteeSpec
    seals: SomeNames
    document_types: SomeNames
    amount: AmountSpec | None = None
    valid_from: Day
    valid_until: Annotated[Day, Field(description="The last day.")]
    sub_delegation: Annotated[int, Field(ge=0, le=10)] = 0
    under: Name | None = None
    document: GrantDocumentSpec | None = None
    revoked: RevokedSpec | None = None

    @model_validator(mode="after")
    def _is_valid_for_a_while(self) -> Self:
        if self.valid_until < self.valid_from:
            raise refusal(
                f"the grant ends on {self.valid_until}, before it begins",
                "write a validUntil that is not before validFrom",
            )
        end = _years_after(self.valid_from)
        if self.valid_until >= end:
            raise refusal(
                f"the grant is valid for more than {_YEARS} years: "
                f"from {self.valid_from} until {self.valid_until}",
                f"write a validUntil before {end}, and a new grant in time",
            )
        return self

    @model_validator(mode="after")
    def _hands_on_only_from_a_company(self) -> Self:
        if self.sub_delegation and self.grantee.company is None:
            raise refusal(
                "only a company can hand a grant on",
                "remove `subDelegation:`, or name a company as the grantee",
            )
        return self


class SealGrantKind(Kind):
    """`kind: SealGrant`."""

    kind: Literal["SealGrant"]
    spec: SealGrantSpec


class ApprovalSourceSpec(StrictModel):
    """An OA system that signs approvals, and the role that those who approve there have here."""

    company: Name
    role: Name
    algorithm: SigningAlgorithm
    public_key: KeyText
    max_age_hours: Annotated[int, Field(ge=1, le=24 * 30)]
    audience: Annotated[
        str,
        Field(
            pattern=r"^[\x21-\x7e]{1,200}$",
            description="What `aud` of its tokens has to be; another one for each installation.",
        ),
    ] = "sealgate"

    @model_validator(mode="after")
    def _fits_the_algorithm(self) -> Self:
        key_for(self.algorithm, self.public_key)
        return self


class ApprovalSourceKind(Kind):
    """`kind: ApprovalSource`."""

    kind: Literal["ApprovalSource"]
    spec: ApprovalSourceSpec


def _years_after(day: date) -> date:
    """The same day of the calendar; 1 March for a 29 February that is not there."""
    try:
        return day.replace(year=day.year + _YEARS)
    except ValueError:
        return date(day.year + _YEARS, 3, 1)
