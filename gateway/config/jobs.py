"""Work that waits: how much of it, and when."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from gateway.config.values import Section

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # which depends on how it is wrong
        raise ValueError(f"{name} is no time zone; write it such as Asia/Shanghai") from error
    return name


class MaintenanceConfig(Section):
    """A time in which work of some kinds waits."""

    name: str = Field(min_length=1, max_length=100, description="Why. The log tells it.")
    kinds: tuple[Literal["seal", "deliver", "envelope"], ...] = Field(
        min_length=1,
        description="What waits: `seal` (documents of batches), `deliver` (what others are told), "
        "`envelope` (contracts with other companies).",
    )
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] | None = Field(
        default=None, min_length=1, description="On which days it starts; none named: on every day."
    )
    starts: TimeOfDay = Field(description="When it starts, such as '22:00'.")
    ends: TimeOfDay = Field(
        description="When it ends; on the next day if that is not later than `starts`."
    )
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Shanghai", description="Whose clocks these are."
    )


class JobsConfig(Section):
    """Work that waits for its turn: documents of batches, and what others are told."""

    lease_seconds: int = Field(
        default=120,
        ge=10,
        le=3600,
        description="After so long without a sign of life, work goes to another.",
    )
    most_open_items: int = Field(
        default=2_000_000,
        ge=1,
        description="Documents of batches that may be open in all; beyond, new ones are refused "
        "(503).",
    )
    most_open_items_of_a_system: int = Field(
        default=1_000_000, ge=1, description="The same for each system (429)."
    )
    most_open_bytes: int = Field(
        default=200 * 1024**3,
        ge=1,
        description="The same for the bytes of all open documents (503).",
    )
    most_open_bytes_of_a_system: int = Field(
        default=100 * 1024**3, ge=1, description="The same for the bytes of each system (429)."
    )
    least_free_bytes: int = Field(
        default=512 * 1024**2,
        ge=64 * 1024**2,
        description="While less is free in the state directory, no new batch is taken in (503).",
    )
    reserve_bytes: int = Field(
        default=64 * 1024**2,
        ge=0,
        description="Size of the file `reserve` in the state directory, which is given up when the "
        "disk is all but full, so that what is under way still comes to its end.",
    )
    maintenance: tuple[MaintenanceConfig, ...] | None = Field(
        default=None,
        description="Times in which what comes is accepted and waits: an HSM or a receiver is away "
        "on purpose.",
    )
