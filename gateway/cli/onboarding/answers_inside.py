"""What may be answered to questions 1 to 7: the work, its amount, the house itself."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.config.values import Section
from policies.kinds.spelling import Name
from strictyaml import refusal

Words = Annotated[str, Field(min_length=1, max_length=300)]
Count = Annotated[int, Field(ge=0, le=10_000_000_000)]


class Goal(Section):
    """Something that should become better.

    Attributes:
        goal: what.
        before: how it is today, with its figure.
        measured_by: `usage` and `decisions` are kept by the gateway; `elsewhere`: by nobody here.
    """

    goal: Words
    before: Words | None = None
    measured_by: Literal["usage", "decisions", "elsewhere"]


class Goals(Section):
    """Question 1; `review_after_days`: when before and after are compared."""

    review_after_days: Annotated[int, Field(ge=1, le=3650)]
    wanted: Annotated[tuple[Goal, ...], Field(min_length=1)]


class Scenario(Section):
    """Question 2: what goes live together. From `go_live` on the policies must let it be sealed."""

    name: Name
    phase: Annotated[int, Field(ge=1, le=100)]
    go_live: date
    companies: Annotated[tuple[Name, ...], Field(min_length=1)]
    document_types: Annotated[tuple[Name, ...], Field(min_length=1)]


class KeptType(Section):
    """Question 3: `for-good`, for `years`, or only its `digests`."""

    name: Name
    keep: Literal["for-good", "years", "digests"]
    years: Annotated[int, Field(ge=1, le=200)] | None = None

    @model_validator(mode="after")
    def _years_go_with_years(self) -> Self:
        if (self.keep == "years") != (self.years is not None):
            raise refusal("`keep: years` and `years` go together", "say both, or neither")
        return self


class Volumes(Section):
    """Question 4. Documents are one-page receipts as a rule.

    Attributes:
        per_year: documents.
        busiest_month: documents in it.
        busiest_day: documents on it.
        busiest_hours: in how many hours of that day they come.
        at_once: the most that one system hands in together.
        largest_megabytes: of the largest document, in 10^6 bytes.
        mean_kilobytes: of a document, in 10^3 bytes.
        attachments: whether files are embedded in documents.
        disk_years: for how many years the disk must do.
        nodes: gateway nodes.
        hsm_per_second: signatures that the HSM makes, by `sealgate hsm test` or its maker.
    """

    per_year: Count
    busiest_month: Count
    busiest_day: Count
    busiest_hours: Annotated[float, Field(gt=0, le=24)]
    at_once: Count
    largest_megabytes: Annotated[float, Field(gt=0, le=10_000)]
    mean_kilobytes: Annotated[float, Field(gt=0, le=1_000_000)]
    attachments: bool
    disk_years: Annotated[float, Field(gt=0, le=100)]
    nodes: Annotated[int, Field(ge=1, le=100)] = 1
    hsm_per_second: Annotated[float, Field(gt=0, le=10_000_000)]

    @model_validator(mode="after")
    def _a_day_is_within_its_month(self) -> Self:
        if not self.busiest_day <= self.busiest_month <= self.per_year:
            raise refusal(
                "a day has no more documents than its month, and a month no more than its year",
                "count them anew: busiest_day <= busiest_month <= per_year",
            )
        return self


class CompanyAnswer(Section):
    """A company; `people`: how many ask, approve or govern there."""

    name: Name
    people: Count
    seals_managed_by: Literal["group", "self"] = "group"


class OnBehalf(Section):
    """Whose systems or people use whose seals."""

    company: Name
    seals_of: Name


class GroupAnswer(Section):
    """Question 5; `seal_managers` are persons of the policies."""

    companies: Annotated[tuple[CompanyAnswer, ...], Field(min_length=1)]
    on_behalf: tuple[OnBehalf, ...] = ()
    seal_managers: tuple[Name, ...]


Way = Literal["api", "folder", "sftp", "amqp", "table", "http", "s3"]
"""How documents come: `api`, the system asks the gateway; all others are kinds of connectors."""


class SystemAnswer(Section):
    """Question 6: who approves before the seal: nobody, people `here`, or an `oa` system."""

    name: Name
    comes_by: Annotated[tuple[Way, ...], Field(min_length=1)]
    approval: Literal["none", "here", "oa"]
    oa: Name | None = None

    @model_validator(mode="after")
    def _an_oa_has_a_name(self) -> Self:
        if (self.approval == "oa") != (self.oa is not None):
            raise refusal("`approval: oa` and `oa` go together", "name the OA system, or leave it")
        return self


class Format(Section):
    """Question 7: of each document type. `fixed_form`: 制式."""

    document_type: Name
    format: Literal["pdf", "ofd", "word", "excel", "picture"]
    fixed_form: bool
