"""Each end of an envelope is told once, however often it is acknowledged or comes again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    Completed,
    Declined,
    Expired,
    Voided,
    Withdrawn,
    parse,
)
from gateway.approvals.interfaces import Ended
from gateway.envelopes.causes import trace_of
from gateway.store.rows.envelope_contents import documents_of, signing_with_content, with_content
from gateway.store.rows.envelope_owed import is_owed, refused_for
from gateway.store.rows.envelopes import EnvelopeRow

TAKEN_BACK: Final = "withdrawn"
"""Our word for why what was owed will never be sent: we have ended the envelope at home.

Of the envelope itself it is the last word, whatever the network has said of it before.
"""

_ENDS = Completed | Declined | Expired | Voided | Withdrawn


def ended_at(entries: Sequence[Entry]) -> int:
    """The sequence of the newest entry that was an end; what is said later changes no end."""
    for sequence in range(len(entries), 0, -1):
        if isinstance(parse(entries[sequence - 1].signed).act, _ENDS):
            return sequence
    return 0


def was_told(
    connection: Connection, row: EnvelopeRow, state: EnvelopeState, acknowledged: Iterable[str]
) -> bool:
    """Whether those who are told of ends have heard of this one, within a unit of work.

    What we took back at home, and came to the network all the same, has ended with that. Where all
    have signed it before we said so there, it is another end, and the one that counts.

    Args:
        connection: of the unit.
        row: the envelope's.
        state: with the end.
        acknowledged: ids by which we have said that we hold the end, if we have, before what others
            said of it since.
    """
    who, envelope = row.organisation, row.id
    if any(is_owed(connection, who, envelope, id_) != "no" for id_ in acknowledged):
        return True
    is_nothing = row.ours and state.status in OVER
    return is_nothing and refused_for(connection, who, envelope, "envelope") == TAKEN_BACK


def waiting_no_more(connection: Connection, row: EnvelopeRow, status: str) -> Iterator[Ended]:
    """Documents that nobody need approve any more once an envelope has ended.

    What another envelope that is being signed has as well waits on: people are asked once for the
    same use, whichever asked first.
    """
    own = row.organisation, row.id
    for digest in documents_of(connection, *own):
        if any(each != own for each in signing_with_content(connection, digest)):
            continue
        traces = frozenset(map(trace_of, with_content(connection, digest)))
        why = f"the envelope {row.id} is {status}"
        yield Ended(document=bytes.fromhex(digest), traces=traces, why=why)
