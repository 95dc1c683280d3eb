"""The kind of YAML document that decides."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from policies.calendar import OFFICE_ZONE
from policies.intake import PREFIX
from policies.kinds.placement import WrittenPlacement
from policies.kinds.selftests import TestSpec
from policies.kinds.spelling import (
    AnyName,
    Limit,
    Name,
    Names,
    SomeNames,
    TimeZone,
    Title,
    Titles,
    first_twice,
    is_set,
)
from policies.kinds.things import Kind
from strictyaml import Path, StrictModel, refusal


class LimitsSpec(StrictModel):
    """How often a rule may permit."""

    per_hour: Limit | None = None
    per_day: Limit | None = None
    per_month: Limit | None = None


_Voices = Annotated[int, Field(ge=1, le=20)]


class StageSpec(StrictModel):
    """How many persons must approve, each holding one of the roles."""

    count: _Voices
    roles: SomeNames


class ApprovalsSpec(StrictModel):
    """Who must approve: `count` of `roles`, or several `stages`, in order or side by side.

    `requester: excluded` is the only way, said aloud.
    """

    count: _Voices | None = None
    roles: SomeNames | None = None
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1, max_length=10)] | None = None
    order: Literal["sequence", "parallel"] = "parallel"
    expires_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 48
    requester: Literal["excluded"] = "excluded"

    @model_validator(mode="after")
    def _is_one_form_of_two(self) -> Self:
        if (self.stages is not None) == (self.count is not None or self.roles is not None) or (
            self.stages is None and (self.count is None or self.roles is None)
        ):
            raise refusal(
                "approvals are `count:` with `roles:`, or `stages:`",
                "write {count: 2, roles: [head]} or {stages: [{count: 1, roles: [head]}, …]}",
            )
        return self

    @property
    def in_stages(self) -> tuple[StageSpec, ...]:
        """Either form as stages."""
        if self.stages is None:
            return (StageSpec.model_construct(count=self.count or 1, roles=self.roles or ()),)
        return self.stages


class PermitSpec(StrictModel):
    """One way to be permitted."""

    id: Name
    systems: Names = ()
    roles: Names = ()
    companies: Names = ()
    posts: Names = ()
    when: str | None = None
    limits: LimitsSpec = LimitsSpec()
    placement: WrittenPlacement | None = None
    approvals: ApprovalsSpec | None = None

    @model_validator(mode="after")
    def _says_for_whom(self) -> Self:
        if not (self.systems or self.roles or self.companies or self.posts):
            raise refusal(
                "a permit that names nobody would be for everybody",
                "add `systems:`, `roles:`, `companies:` or `posts:`",
            )
        return self


class ForbidSpec(StrictModel):
    """One reason to be forbidden; `companies` are the callers', exactly these."""

    id: Name
    systems: Names = ()
    roles: Names = ()
    companies: Names = ()
    when: str | None = None
    message: Title | None = None


class SealScopeSpec(StrictModel):
    """Seals by what they are; all that is given must fit.

    `below`: those of companies below the named ones are meant, too.
    """

    types: Titles = ()
    companies: Names = ()
    below: bool = False
    lines: Names = ()

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.types or self.companies or self.lines):
            raise refusal(
                "these are no seals", "add `types:`, `companies:` or `lines:`, or name the seals"
            )
        if self.below and not self.companies:
            raise refusal("below whom?", "add `companies:`, or remove `below:`")
        return self


def _form(written: object) -> str:
    return "list" if isinstance(written, list | tuple) else "scope"


WrittenSeals = Annotated[
    Annotated[SealScopeSpec, Tag("scope")]
    | Annotated[tuple[AnyName, ...], Field(min_length=1), AfterValidator(is_set), Tag("list")],
    Discriminator(_form),
]
"""A list of names, or what the seals are."""


class SealPolicySpec(StrictModel):
    """Who may put which seals on which document types."""

    seals: WrittenSeals
    document_types: Annotated[tuple[AnyName, ...], Field(min_length=1), AfterValidator(is_set)]
    time_zone: TimeZone = OFFICE_ZONE.key
    permit: tuple[PermitSpec, ...] = ()
    forbid: tuple[ForbidSpec, ...] = ()
    tests: tuple[TestSpec, ...] = ()

    @model_validator(mode="after")
    def _is_a_policy(self) -> Self:
        if not self.permit and not self.forbid:
            raise refusal("the policy has no rules", "add `permit:` or `forbid:`")
        twice = first_twice(
            [*(rule.id for rule in self.permit), *(rule.id for rule in self.forbid)]
        )
        if twice is not None:
            raise refusal(f"two rules have the id `{twice}`", "give each rule its own id")
        for names in (self.seals, self.document_types):
            if isinstance(names, SealScopeSpec):
                continue
            if "*" in names and len(names) > 1:
                raise refusal("`*` is everything already", "write `*` alone, or names alone")
            if "*" in names and self.permit:
                raise refusal(
                    "only a policy that forbids may be for `*`",
                    "name the seals and document types that are permitted",
                )
        return self


class SealPolicyKind(Kind):
    """`kind: SealPolicy`; its `tests:` stand beside `spec:` or in it."""

    kind: Literal["SealPolicy"]
    spec: SealPolicySpec
    tests: tuple[TestSpec, ...] = ()

    @model_validator(mode="after")
    def _is_tested(self) -> Self:
        if self.metadata.name == PREFIX.removesuffix("/"):
            raise refusal(
                "a policy called `intake` would give its rules the names of the intake rules",
                "give it another name",
            )
        if not self.tests and not self.spec.tests:
            raise refusal(
                "the policy has no tests, so nobody knows that it says what was meant",
                "add `tests:` with at least one `expect: allowed` and one `expect: denied`",
            )
        return self


def tests_of(policy: SealPolicyKind) -> Iterator[tuple[Path, TestSpec]]:
    """All tests of the policy with their paths: those beside `spec`, then those in it."""
    for position, test in enumerate(policy.tests):
        yield ("tests", position), test
    for position, test in enumerate(policy.spec.tests):
        yield ("spec", "tests", position), test
