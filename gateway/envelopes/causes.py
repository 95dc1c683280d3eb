"""Why an envelope is looked at: one job a cause, and the same cause again is the same job."""

from gateway.jobs.model import ClaimedJob, NewJob


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
