"""The short sections: workers, batches, the log, backups, what others are told, confinement."""

from pathlib import Path

from pydantic import Field

from gateway.config.values import AbsolutePath, Section


class DocumentsConfig(Section):
    """The document workers."""

    workers: int = Field(default=0, ge=0, le=256, description="Processes; 0 takes one per core.")
    deadline_seconds: float = Field(
        default=15.0, gt=0, description="A worker that takes longer for a document is killed."
    )
    max_memory_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=384 * 1024 * 1024,
        description="Address space of a worker.",
    )
    queue_seconds: float = Field(
        default=60.0, gt=0, description="How long a document may wait for a worker and its answer."
    )
    stamp_font: AbsolutePath | None = Field(
        default=None,
        description="Font file for round stamps; by default the first Chinese serif font found.",
    )


class BatchesConfig(Section):
    """Documents that come together."""

    at_once: int = Field(
        default=160,
        ge=1,
        le=512,
        description="How many documents of batches are sealed at once. Callers who wait for an "
        "answer go first, and take these places away while they do.",
    )
    failed_inputs_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="How long a document that could not be sealed is kept, so that it can be tried "
        "again.",
    )


class AuditConfig(Section):
    """The audit log."""

    origin: str = Field(
        min_length=1,
        pattern=r"^[^\s+]+$",
        description="The log's name in every checkpoint: a host name of yours and a path, without "
        "a scheme. Never changes.",
    )


class BackupsConfig(Section):
    """Backups."""

    directory: AbsolutePath = Field(
        default=Path("/var/backups/sealgate"),
        description="Where backups lie. The gateway only lists it, for the age of the newest in "
        "its metrics: it has to be there when the gateway starts.",
    )


class ReturnsConfig(Section):
    """What others are told of: events, their webhooks and their deliveries."""

    events_days: int = Field(
        default=30,
        ge=7,
        le=3650,
        description="How long events are kept, for replays and GET /v1/events.",
    )
    keep_all_events: bool = Field(
        default=False,
        description="Keep events that no webhook wants, for systems that come and read them.",
    )


class ProcessesConfig(Section):
    """How the processes are kept apart."""

    require_confinement: bool = Field(
        default=False,
        description="Refuse to start where the kernel cannot keep the gateway from reading PIN and "
        "token files (Landlock, Linux 5.13). Set it in production.",
    )
