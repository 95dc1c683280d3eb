"""Numbers: what the gateway measures, and how much the database has of what."""

from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, func, select

from gateway.audit.checkpoint import LogKey, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.cli.doctor.service import said_by_gateway
from gateway.config import Config
from gateway.store.migrating import newest_revision, revision_of
from gateway.store.open import database_of
from gateway.store.schema import (
    approval,
    audit_checkpoint,
    audit_leaf,
    batch,
    delivery,
    document,
    envelope,
    job,
)

_OURS: Final = ("sealgate_", "process_", "python_")
_TOLD: Final = frozenset(
    (
        *("route", "outcome", "kind", "state", "why", "what", "way"),
        *("verdict", "standing", "doubt", "lie", "le", "quantile"),
    )
)
"""Labels whose values the program chooses. Those of all others are names that somebody gave."""


def metrics(config: Config) -> list[dict[str, Any]]:
    """What the running gateway measures; names that people gave have a number instead.

    Raises:
        OSError: it does not answer.
    """
    numbers: dict[tuple[str, str], int] = {}

    def told(label: str, value: str) -> str:
        if label in _TOLD:
            return value
        number = numbers.setdefault((label, value), len(numbers) + 1)
        return f"{label} {number}"

    return [
        {
            "name": sample.name,
            "labels": {label: told(label, value) for label, value in sample.labels.items()},
            "value": sample.value,
        }
        for family in text_string_to_metric_families(said_by_gateway(config.http, "/metrics"))
        for sample in family.samples
        if sample.name.startswith(_OURS)
    ]


def database(config: Config) -> dict[str, Any]:
    """Revision, the audit tree's size, and how many rows are in which state.

    Raises:
        SQLAlchemyError: it cannot be read.
        OSError: its password cannot.
    """
    where = database_of(config)
    if not where.exists():
        return {"exists": False, "newest_revision": newest_revision()}
    engine = where.open_reader()
    try:
        revision = revision_of(engine)
        with engine.connect() as connection:
            told: dict[str, Any] = {
                "exists": True,
                "engine": connection.dialect.name,
                "revision": revision,
                "newest_revision": newest_revision(),
            }
            if revision == newest_revision():
                told |= {"audit": _audit(connection, config), "rows": _counts(connection)}
            return told
    finally:
        engine.dispose()


def _audit(connection: Connection, config: Config) -> dict[str, Any]:
    size = select(func.coalesce(func.max(audit_leaf.c.index) + 1, 0))
    newest = select(audit_checkpoint.c.size, audit_checkpoint.c.note)
    head = connection.execute(newest.order_by(audit_checkpoint.c.size.desc()).limit(1)).first()
    return {
        "records": connection.execute(size).scalar_one(),
        "tree_head_records": None if head is None else head.size,
        "tree_head_verifies": None if head is None else _verifies(head.note, config),
    }


def _verifies(note: str, config: Config) -> bool:
    try:
        key = LogKey.parse(config.log_key_file.read_text(encoding="utf-8"))
        open_checkpoint(note, key)
    except (OSError, UnicodeDecodeError, CheckpointInvalidError):
        return False
    return True


def _counts(connection: Connection) -> dict[str, dict[str, int]]:
    told = {}
    for table, column in (
        (document, document.c.state),
        (batch, batch.c.state),
        (approval, approval.c.state),
        (delivery, delivery.c.state),
        (envelope, envelope.c.status),
        (job, job.c.state),
    ):
        rows = connection.execute(select(column, func.count()).group_by(column))
        told[table.name] = {str(state): count for state, count in rows}
    return told
