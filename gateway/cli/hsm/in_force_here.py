"""Which keys the seals have, by what the gateway recorded last."""

from collections.abc import Generator
from contextlib import closing
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.record import read_leaf
from gateway.cli.terminal import told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.keys.journal import KeyJournal
from gateway.store.engines.searching import contains
from gateway.store.open import database_of
from gateway.store.schema import audit_leaf


def keys_in_force(config: Config) -> dict[str, str]:
    """Key by seal, of a gateway with a directory of policies; empty where none ever started.

    Leaves with 2 when the log cannot be read.
    """
    with closing(_newest_first(config, b'"kind":"policy"', b'"kind":"start"')) as found:
        for content in found:
            if content.get("kind") in {"start", "policy"} and "seals" in content:
                return {name: each["key"] for name, each in content["seals"].items()}
    return {}


def key_before(config: Config, *, seal: str, key: str) -> str | None:
    """Which key the seal had before this one, by the record of the switch; None: there is none.

    Leaves with 2 when the log cannot be read.
    """
    with closing(_newest_first(config, b'"what":"switched"')) as found:
        for content in found:
            if content.get("kind") == "key" and content.get("seal") == seal:
                before = content.get("before")
                return str(before) if content.get("key") == key and before else None
    return None


def retired_before(config: Config, *, key: str) -> str | None:
    """SHA-256 of the public key that a key had when it was retired; None: a seal may have it.

    By what was noted and waits for the gateway, and else by the record of the last act of the kind.
    Leaves with 2 when the log cannot be read.

    Raises:
        OSError: what was noted cannot be read.
    """
    act = KeyJournal(config.key_acts, clock=SystemClock()).last_end(key)
    if act is not None:
        return act.public_key if act.what == "retired" else None
    with closing(_newest_first(config, b'"what":"retired"', b'"what":"switched"')) as found:
        for content in found:
            if content.get("kind") == "key" and content.get("key") == key:
                return str(content["public_key"]) if content["what"] == "retired" else None
    return None


def _newest_first(config: Config, *parts: bytes) -> Generator[dict[str, Any], None, None]:
    """The records that have one of the parts, the newest first."""
    database = database_of(config)
    if not database.exists():
        return
    query = (
        select(audit_leaf.c.leaf)
        .where(or_(*(contains(audit_leaf.c.leaf, part) for part in parts)))
        .order_by(audit_leaf.c.index.desc())
        .execution_options(yield_per=10)
    )
    engine = database.open_reader()
    try:
        with told_errors(SQLAlchemyError), engine.connect() as connection:
            for leaf in connection.execute(query).scalars():
                yield read_leaf(bytes(leaf))
    finally:
        engine.dispose()
