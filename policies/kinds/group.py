"""The kinds of YAML documents that say what the group is: its rule, companies, business lines."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.kinds.spelling import Name, Names, RelativePath, SomeNames, Title, Titles
from policies.kinds.things import Kind
from strictyaml import StrictModel, refusal

_Officers = Annotated[int, Field(ge=1, le=20)]


class SignaturesSpec(StrictModel):
    """How many officers must sign: a bundle, a freeze, and the end of one."""

    bundle: _Officers
    freeze: _Officers = 1
    unfreeze: Annotated[int, Field(ge=2, le=20)] = 2


class RetiredNamesSpec(StrictModel):
    """Names of seals and grants that are gone, and that no other one may bear."""

    seals: Names = ()
    grants: Names = ()


class GovernanceSpec(StrictModel):
    """How the group rules itself: the company on top, its officers, and how many must sign."""

    root: Name
    officers: SomeNames
    signatures: SignaturesSpec
    automatic_sealing: Literal["granted", "free"] = "free"
    further_seal_types: Titles = ()
    retired_names: RetiredNamesSpec = RetiredNamesSpec()

    @model_validator(mode="after")
    def _has_officers_enough(self) -> Self:
        wanted = max(self.signatures.bundle, self.signatures.freeze, self.signatures.unfreeze)
        if wanted > len(self.officers):
            raise refusal(
                f"{wanted} officers must sign, and there are {len(self.officers)}",
                "name more officers, or ask for fewer signatures",
            )
        return self


class GovernanceKind(Kind):
    """`kind: Governance`; one in a bundle."""

    kind: Literal["Governance"]
    spec: GovernanceSpec


class CompanySpec(StrictModel):
    """A legal person of the group; what lies below `folder` is the company's own."""

    title: Title
    parent: Name | None = None
    folder: RelativePath | None = None


class CompanyKind(Kind):
    """`kind: Company`."""

    kind: Literal["Company"]
    spec: CompanySpec


class BusinessLineSpec(StrictModel):
    """A line of business across companies."""

    title: Title


class BusinessLineKind(Kind):
    """`kind: BusinessLine`."""

    kind: Literal["BusinessLine"]
    spec: BusinessLineSpec
