"""Jobs and leases. All frozen."""

from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

JobKind = Literal["seal", "deliver", "envelope"]
KINDS: Final[tuple[JobKind, ...]] = get_args(JobKind)

INTERACTIVE = 0
BATCH = 5
"""Priorities: `INTERACTIVE` goes before all else; of a share, the lower is claimed first."""


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done.

    Attributes:
        kind: who does it.
        key: its own among its kind; the same key again is the same job.
        share: among whom jobs of a priority are divided fairly: `company/system` for sealing, the
            target's name for deliveries, the company's organisation for envelopes.
        subject: what it belongs to, by which it is paused, resumed and cancelled: the id of a batch
            or an envelope, or a target's name.
        payload: what the one who does it needs.
        priority: see `INTERACTIVE` and `BATCH`.
        not_before: when it may be claimed; None: at once.
    """

    kind: JobKind
    key: str
    share: str
    subject: str
    payload: bytes
    priority: int = BATCH
    not_before: datetime | None = None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to work on a job until `until`. `fence` is higher with each claim of the job.

    Whoever comes with a fence that is no longer the job's has lost it to another, and nothing of
    what it did is written.
    """

    job: int
    fence: int
    until: datetime


class ClaimedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job in somebody's hand; `attempt` counts from 1."""

    lease: Lease
    kind: JobKind
    key: str
    share: str
    subject: str
    payload: bytes
    attempt: int
