"""What the audit log says, for tests with two companies."""

from typing import Any

from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.store.schema import audit_leaf
from tests.envelope_house import (
    Room,
)


async def leaves(room: Room) -> list[dict[str, Any]]:
    """The audit log, in order."""
    rows = await room.company.ground.lane.write(
        lambda unit: unit.connection.execute(
            select(audit_leaf.c.leaf).order_by(audit_leaf.c.index)
        ).all()
    )
    return [read_leaf(row.leaf) for row in rows]


async def told_in_the_log(room: Room) -> list[str]:
    """What the audit log says of envelopes, in order."""
    return [
        str(leaf.get("what") or leaf.get("trouble"))
        for leaf in await leaves(room)
        if str(leaf["kind"]).startswith("envelope")
    ]
