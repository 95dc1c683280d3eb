"""Which bundle the log names as the one that came into force last."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.audit.record import read_leaf
from gateway.bundles.lineage import ActivationRecord
from gateway.store.engines.searching import contains
from gateway.store.schema import audit_leaf


def newest_activated(connection: Connection) -> ActivationRecord | None:
    """Look from the log's end. None: it names no bundle.

    No row says where the record is: whoever writes to the database could make it an older one.
    """
    # The text is what only such records have; what they have around it is read by a parser.
    query = (
        select(audit_leaf.c.leaf)
        .where(contains(audit_leaf.c.leaf, b'"kind":"policy"'))
        .order_by(audit_leaf.c.index.desc())
        .execution_options(yield_per=100)
    )
    with connection.execute(query) as found:
        for leaf in found.scalars():
            try:
                content = read_leaf(leaf)
            except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
                continue  # `audit verify` tells of it
            if content.get("kind") == "policy" and isinstance(content.get("sequence"), int):
                return _record_of(content)
    return None


def _record_of(content: dict[str, Any]) -> ActivationRecord:
    try:
        at = datetime.fromisoformat(str(content.get("at")))
    except ValueError:
        at = None
    return ActivationRecord(
        sequence=content["sequence"],
        content=str(content.get("bundle")),
        at=at,
        signed_by=tuple(content.get("signed_by", ())),
    )
