"""Why an envelope is looked at, and by which trace it is known.

One job a cause, and the same cause again is the same job.
"""

import hashlib

from gateway.jobs.model import ClaimedJob, NewJob


def trace_of(envelope: str) -> str:
    """The trace id of everything that is asked for an envelope, 32 hexadecimal digits."""
    return hashlib.sha256(envelope.encode()).hexdigest()[:32]


def job_of(organisation: str, envelope: str, cause: str) -> NewJob:
    """Advance an envelope of one of our organisations.

    Args:
        organisation: whose copy of it.
        envelope: its id.
        cause: a word of its own for why, such as `entry-3`.
    """
    return NewJob(
        kind="envelope",
        key=f"{organisation}/{envelope}/{cause}",
        share=organisation,
        subject=envelope,
        payload=b"",
    )


def meant_by(job: ClaimedJob) -> tuple[str, str]:
    """The organisation and the envelope of a job."""
    organisation, envelope, _ = job.key.split("/", 2)
    return organisation, envelope
