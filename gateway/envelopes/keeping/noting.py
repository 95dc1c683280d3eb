"""What the audit log and those who are told of events hear of envelopes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from cloud_bridge.envelopes.state import EnvelopeState
from gateway.audit.record import Record
from gateway.envelopes.ground import Member
from gateway.envelopes.keeping.troubles import troubles_in
from gateway.returns.model import Event, EventType
from gateway.store.rows.envelopes import EnvelopeRow

What = Literal[
    "asked",
    "sent",
    "adopted",
    "received",
    "verified",
    "signed",
    "declined",
    "released",
    "ended",
]

_EVENTS: Mapping[str, EventType] = {
    "completed": "envelope.completed",
    "declined": "envelope.declined",
    "withdrawn": "envelope.withdrawn",
    "expired": "envelope.expired",
    "voided": "envelope.voided",
    "held": "envelope.held",
}


def noted(
    what: What,
    member: Member,
    envelope: str,
    *,
    at: datetime,
    **more: Any,  # noqa: ANN401 - JSON values
) -> Record:
    """A record: digests and words that stay, never a title, a name of a file or a number."""
    told = {"what": what, "envelope": envelope, "company": member.company}
    return Record(kind="envelope", at=at, content={**told, **more})


def who_else(member: Member, state: EnvelopeState) -> dict[str, Any]:
    """Whose contract it is besides ours, by accounts on the network; a bearer has none."""
    others = {each.party.account for each in state.parties} - {member.organisation, ""}
    return {"initiator": state.terms.initiator, "counterparties": sorted(others)}


def event_of(
    member: Member, row: EnvelopeRow, state: EnvelopeState, *, status: str, at: datetime
) -> Event:
    """That it has come to an end, or is held, for whoever asked to be told.

    Args:
        member: whose copy of it.
        row: as the unit of work has left it: its troubles are told by their types.
        state: as its record says.
        status: that is told.
        at: the present moment.
    """
    return Event(
        type=_EVENTS[status],
        at=at,
        system=row.system,
        company=member.company,
        subject=row.id,
        document_type=row.document_type or None,
        source="envelope",
        data={
            "envelope": row.id,
            "title": state.terms.title,
            "status": status,
            "ours": row.ours,
            "businessNumber": row.business_number or state.terms.business_number,
            "digests": dict(state.current),
            "troubles": [type_ for type_, _ in troubles_in(row)],
        },
    )
