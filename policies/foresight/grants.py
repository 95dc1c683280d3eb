"""Authorisations for automatic sealing (授权书) that are void, or will soon be."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from policies.bundle import Bundle
from policies.calendar import office_day
from policies.foresight.notes import Note
from policies.objects.seals import SealGrant

_SOON: Final = timedelta(days=30)


def grant_notes(bundle: Bundle, *, at: datetime) -> Iterator[Note]:
    """What has ended or was revoked by `at`, and what ends within 30 days."""
    for grant in bundle.grants.values():
        yield from _void(grant, at)
        ending = office_day(at) + _SOON
        if office_day(at) <= grant.valid_until < ending:
            yield Note(
                level="note",
                code="grant-ends-soon",
                kind="SealGrant",
                name=grant.name,
                path=("spec", "validUntil"),
                message=f"the grant ends with {grant.valid_until}, within {_SOON.days} days",
                cure="have the next grant signed before, or let the systems know",
            )


def _void(grant: SealGrant, at: datetime) -> Iterator[Note]:
    if grant.revoked_at is not None and grant.revoked_at <= at:
        path, why = "revoked", f"was revoked at {grant.revoked_at.isoformat(sep=' ')}"
    elif grant.valid_until < office_day(at):
        path, why = "validUntil", f"ended with {grant.valid_until}"
    else:
        return
    yield Note(
        level="warning",
        code="grant-void",
        kind="SealGrant",
        name=grant.name,
        path=("spec", path),
        message=f"the grant {why}, so nothing is sealed by it",
        cure="remove it, or have a new one signed",
    )
