"""How far each segment holds what somebody was told of."""

from sqlalchemy import Connection

from gateway.store.rows.batch_items import input_ends
from gateway.store.rows.documents import segment_ends
from gateway.store.rows.envelope_contents import envelope_content_ends


def acknowledged_ends(connection: Connection) -> dict[str, int]:
    """For each segment, the offset behind the last of all that rows point at in it.

    Rows of several tables may point into one segment: what is sealed for an envelope is kept where
    the archive has it. So of each segment the furthest end counts.
    """
    ends: dict[str, int] = {}
    for found in (segment_ends, input_ends, envelope_content_ends):
        for segment, end in found(connection).items():
            ends[segment] = max(end, ends.get(segment, 0))
    return ends
