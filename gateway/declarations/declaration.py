"""What all documents of the directory have."""

from typing import Literal

from policies.kinds.spelling import Name
from strictyaml import StrictModel


class Metadata(StrictModel):
    """The name, one of a kind in the whole directory, and words for the reader."""

    name: Name
    description: str | None = None


class Declaration(StrictModel):
    """What all documents of the directory have."""

    api_version: Literal["sealgate/v1"]
    metadata: Metadata
