"""Where the officers' rules are."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from gateway.config.values import AbsolutePath, Section
from strictyaml import refusal


class PoliciesConfig(Section):
    """What the officers have written: a directory of YAML, or bundle files that they signed."""

    directory: AbsolutePath | None = Field(
        default=None,
        description="YAML files of companies, systems, document types, seals and policies. Whoever "
        "can write there decides what is sealed: for development.",
    )
    bundles: AbsolutePath | None = Field(
        default=None,
        description="Bundle files (*.sealbundle), each signed by several officers. Exactly one of "
        "`directory` and `bundles`.",
    )
    root: AbsolutePath | None = Field(
        default=None,
        description="The first officers (sealgate policy root), who sign the first bundle. Goes "
        "with `bundles`; each start traces what was in force back to them.",
    )
    secrets_directory: AbsolutePath | None = Field(
        default=None,
        description="HMAC secrets of calling systems lie below it; by default below `directory` or "
        "`bundles`.",
    )
    refresh_seconds: float = Field(
        default=2.0, gt=0, description="How often the directory is looked at for changes."
    )
    history_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How long decisions are kept with what they were made from (attributes, and "
        "what rules asked of the content), so that other policies can be tried on them.",
    )

    approvals_days: int = Field(
        default=3650,
        ge=31,
        le=36500,
        description="How long approvals are kept after their end, with the request that they were "
        "for and what people signed. The audit log keeps that they were, for good. At least 31: a "
        "token of an OA system must not outlive the memory of it.",
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.directory is None) == (self.bundles is None):
            raise refusal(
                "exactly one of `directory` and `bundles` says where the policies are",
                "keep `directory` for a trial, or `bundles` and `root` where officers sign",
            )
        if (self.bundles is None) != (self.root is None):
            raise refusal(
                "`bundles` and `root` go together",
                "write the first officers with `sealgate policy root`, and name that file",
            )
        return self

    @property
    def place(self) -> Path:
        """The directory that officers put their files into, of whichever kind."""
        place = self.directory or self.bundles
        if place is None:
            raise ValueError("neither `directory` nor `bundles`")  # see `_has_one_source`
        return place

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway reads, and never writes."""
        every = (self.directory, self.bundles, self.root, self.secrets_directory)
        return tuple(path for path in every if path is not None)

    @property
    def secrets(self) -> Path:
        """What the paths of HMAC secrets are relative to."""
        return next(
            path
            for path in (self.secrets_directory, self.directory, self.bundles)
            if path is not None
        )
