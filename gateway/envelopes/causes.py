"""Why an envelope is looked at, by which trace it is known, by which keys its documents are sealed.

One job a cause, and the same cause again is the same job.
"""

import hashlib

from gateway.jobs.model import ClaimedJob, NewJob

_LONGEST_KEY = 255


def trace_of(envelope: str) -> str:
    """The trace id of everything that is asked for an envelope, 32 hexadecimal digits."""
    return hashlib.sha256(envelope.encode()).hexdigest()[:32]


def key_of(envelope: str, party: str, document: str, base: str) -> str:
    """The idempotency key by which a party's seal is asked for, so at most once for a base.

    Args:
        envelope: its id.
        party: for which of its parties, by its id.
        document: the document's name.
        base: SHA-256 of what is signed upon, hex.
    """
    key = f"envelope:{envelope}:{party}:{document}:{base}"
    if len(key) <= _LONGEST_KEY:
        return key
    # Names of documents may be longer than a key.
    return f"{key[: _LONGEST_KEY - 65]}:{hashlib.sha256(key.encode()).hexdigest()}"


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
