"""Which keys the seals have, by what the gateway recorded last."""

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.record import read_leaf
from gateway.cli.terminal import told_errors
from gateway.config import Config
from gateway.store.open import database_of
from gateway.store.schema import audit_leaf
from gateway.store.searching import contains


def keys_in_force(config: Config) -> dict[str, str]:
    """Key by seal, of a gateway with a directory of policies; empty where none ever started.

    Leaves with 2 when the log cannot be read.
    """
    database = database_of(config)
    if not database.exists():
        return {}
    query = (
        select(audit_leaf.c.leaf)
        .where(
            or_(
                contains(audit_leaf.c.leaf, b'"kind":"policy"'),
                contains(audit_leaf.c.leaf, b'"kind":"start"'),
            )
        )
        .order_by(audit_leaf.c.index.desc())
        .execution_options(yield_per=10)
    )
    engine = database.open_reader()
    try:
        with told_errors(SQLAlchemyError), engine.connect() as connection:
            for leaf in connection.execute(query).scalars():
                content = read_leaf(bytes(leaf))
                if content.get("kind") in {"start", "policy"} and "seals" in content:
                    return {name: each["key"] for name, each in content["seals"].items()}
    finally:
        engine.dispose()
    return {}
