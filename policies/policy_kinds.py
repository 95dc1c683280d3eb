"""The kind of YAML document that decides, and the tests that it carries."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from policies.intake import PREFIX
from policies.model import DocumentFacts, IntakeFinding
from policies.object_kinds import Kind
from policies.placement import WrittenPlacement
from policies.spelling import (
    AnyName,
    Count,
    IntakeRules,
    Limit,
    Name,
    Names,
    TimeZone,
    Title,
    first_twice,
    is_set,
)
from strictyaml import Path, StrictModel, refusal


class LimitsSpec(StrictModel):
    """How often a rule may permit."""

    per_hour: Limit | None = None
    per_day: Limit | None = None


class ApprovalsSpec(StrictModel):
    """How many persons must approve; `requester: excluded` is the only way, said aloud."""

    count: Annotated[int, Field(ge=1, le=20)]
    roles: Annotated[Names, Field(min_length=1)]
    requester: Literal["excluded"] = "excluded"


class PermitSpec(StrictModel):
    """One way to be permitted."""

    id: Name
    systems: Names = ()
    roles: Names = ()
    companies: Names = ()
    when: str | None = None
    limits: LimitsSpec = LimitsSpec()
    placement: WrittenPlacement | None = None
    approvals: ApprovalsSpec | None = None

    @model_validator(mode="after")
    def _says_for_whom(self) -> Self:
        if not (self.systems or self.roles or self.companies):
            raise refusal(
                "a permit that names nobody would be for everybody",
                "add `systems:`, `roles:` or `companies:`",
            )
        return self


class ForbidSpec(StrictModel):
    """One reason to be forbidden."""

    id: Name
    systems: Names = ()
    roles: Names = ()
    when: str | None = None
    message: Title | None = None


class TestDocumentSpec(StrictModel):
    """The document of a test: one page, 100,000 bytes, never signed, unless it says otherwise."""

    __test__ = False  # pytest looks at names that begin with Test

    pages: Annotated[int, Field(ge=1, le=(1 << 63) - 1)] = 1
    size_bytes: Count = 100_000
    revisions: Count = 1
    signatures: Count = 0
    pdf_version: str = "1.7"
    findings: IntakeRules = ()
    attributes: dict[str, str | int | bool] = Field(default_factory=dict)

    def facts(self) -> DocumentFacts:
        """The value that the rest of the house works with."""
        return DocumentFacts(
            pages=self.pages,
            size_bytes=self.size_bytes,
            revisions=self.revisions,
            signatures=self.signatures,
            pdf_version=self.pdf_version,
            findings=tuple(
                IntakeFinding(rule=name, detail="an imagined finding")
                for name in sorted(self.findings)
            ),
        )


class TestRequestSpec(StrictModel):
    """The request of a test.

    What is left out is taken to be:

    * seal, documentType: the policy's first (for `*`: the bundle's first by name);
    * system: one called `self-test`; company and roles: the system's own, and without a system
      the seal's company and no roles;
    * at: Monday 2026-01-05, 10:00 in the policy's time zone, in which a moment without an offset
      is read, too;
    * businessNumber: `self-test`; placement: none; doc: see there. Required attributes have no
      default.
    """

    __test__ = False

    seal: Name | None = None
    document_type: Name | None = None
    system: Name | None = None
    company: Name | None = None
    roles: Names | None = None
    business_number: str = "self-test"
    at: datetime = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - the policy's time zone is added
    placement: WrittenPlacement | None = None
    doc: TestDocumentSpec = TestDocumentSpec()


class TestSpec(StrictModel):
    """One example with the answer that its author expects; `rule` is the one that decides.

    `rule` is the id of a rule of this policy, `policy/id` for another's, or a built-in name:
    `default`, `seal`, `document-type`, `placement`, `intake/RULE`.
    """

    __test__ = False

    name: Annotated[str, Field(min_length=1, max_length=200)]
    request: TestRequestSpec = TestRequestSpec()
    expect: Literal["allowed", "denied", "needs-approval"]
    rule: str | None = None


class SealPolicySpec(StrictModel):
    """Who may put which seals on which document types."""

    seals: Annotated[tuple[AnyName, ...], Field(min_length=1), AfterValidator(is_set)]
    document_types: Annotated[tuple[AnyName, ...], Field(min_length=1), AfterValidator(is_set)]
    time_zone: TimeZone = "Asia/Shanghai"
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
