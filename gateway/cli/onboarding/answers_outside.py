"""What may be answered to questions 8 to 17: who signs, how, and what comes after."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.cli.onboarding.answers_inside import Words
from gateway.config.jobs import TimeOfDay
from gateway.config.values import Section
from gateway.usage.model import Dimension
from policies.kinds.spelling import Name
from strictyaml import refusal


class Flow(Section):
    """Question 8, of each document type. The order of parties is said with each envelope (`turn`).

    Attributes:
        document_type: which.
        parties: how many sign, we included.
        ours: how our seal comes on it; `manual`: people ask or approve.
        triggered_by: systems of the policies, and `people`.
    """

    document_type: Name
    parties: Annotated[int, Field(ge=1, le=100)]
    ours: Annotated[tuple[Literal["automatic", "batch", "manual"], ...], Field(min_length=1)]
    triggered_by: Annotated[tuple[Name, ...], Field(min_length=1)]


class Partners(Section):
    """Question 9.

    Attributes:
        companies: whether others sign with gateways of their own.
        persons: whether persons sign; `unknown`: whoever is there, such as at a delivery.
        portal: the system of the policies that partners' data comes from.
    """

    companies: bool
    persons: Literal["none", "known", "unknown"]
    portal: Name | None = None


class Identity(Section):
    """Question 10: of the signers of a document type."""

    document_type: Name
    who: Literal["companies", "persons"]
    level: Literal["none", "contact", "identity", "organisation"]
    methods: tuple[
        Literal[
            "certificate",
            "code",
            "contact-tail",
            "id-tail",
            "face",
            "bank-card",
            "mobile-operator",
            "bank-transfer",
        ],
        ...,
    ] = ()

    @model_validator(mode="after")
    def _only_companies_are_organisations(self) -> Self:
        if self.who == "persons" and self.level == "organisation":
            raise refusal(
                "a person is known by `identity` at the most here",
                "write `identity`, or `who: companies`",
            )
        return self


class VerifiedBefore(Section):
    """Question 11."""

    persons: bool
    companies: bool


class Quiet(Section):
    """When nobody is told anything, in the words of `jobs.maintenance`."""

    starts: TimeOfDay
    ends: TimeOfDay


class Notifications(Section):
    """Question 12; `system`: our own systems are told of events."""

    channels: tuple[Literal["sms", "email", "app", "mini-program", "system"], ...]
    quiet: Quiet | None = None


class OwnSigning(Section):
    """Question 13.

    Attributes:
        automatic: whether systems have seals put on without anybody's approval.
        written_authority: whether that needs a grant (授权书) for every seal.
        people: whether people ask or approve.
        sign_in: how they sign in; `key`: each signs with a key of their own.
    """

    automatic: bool
    written_authority: bool
    people: bool
    sign_in: Literal["key", "oidc", "saml", "cas", "portal-link"]


class Handwriting(Section):
    """Question 14, of each document type that persons sign; `recognition`: 笔迹识别."""

    document_type: Name
    drawing: Literal["forbidden", "required", "free"]
    recognition: bool = False


class Return(Section):
    """How a system gets what was signed; `answer`: in the answer to its request."""

    system: Name
    by: Annotated[tuple[Literal["answer", "webhook", "connector"], ...], Field(min_length=1)]


class Returns(Section):
    """Question 15; `archive_here`: documents are kept here, and not only their digests."""

    systems: Annotated[tuple[Return, ...], Field(min_length=1)]
    archive_here: bool


class Reports(Section):
    """Question 16; `prometheus`: where it runs, if one reads the metrics."""

    by: tuple[Dimension | Literal["parties"], ...]
    prometheus: Literal["none", "here", "elsewhere"]


class Step(Section):
    """Something that is done for a scenario before it goes live."""

    scenario: Name
    what: Words
    by: date


class Rollout(Section):
    """Question 17; `trained` are persons of the policies."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    trained: tuple[Name, ...]
