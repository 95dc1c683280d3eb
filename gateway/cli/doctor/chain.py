"""The end of the audit log, record by record, held against what was signed of it last.

`sealgate audit verify` looks at all of it, which takes minutes where there are millions.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from gateway.audit.checkpoint import LogKey, TreeHead, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.merkle import Frontier, leaf_hash
from gateway.audit.record import read_leaf
from gateway.cli.doctor.model import Finding, failed, ok
from gateway.config import Config
from gateway.store.schema import audit_checkpoint, audit_leaf

MOST: Final = 20_000
_PART: Final = "audit chain"
_CURE: Final = (
    "Stop sealing, keep a copy of the state directory as it is, run `sealgate audit verify`, and "
    "compare with a backup."
)


class _BrokenError(Exception):
    """What does not fit."""


def check_chain(connection: Connection, config: Config, *, most: int = MOST) -> Iterator[Finding]:
    """Whether the newest records follow each other, up to a root that the log's key has signed."""
    try:
        key = LogKey.parse(config.log_key_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CheckpointInvalidError):
        return  # `audit log key` says so
    newest = audit_checkpoint.c.size.desc()
    head_row = connection.execute(select(audit_checkpoint).order_by(newest).limit(1)).first()
    if head_row is None:
        yield ok(_PART, "no tree head was signed yet")
        return
    try:
        head = _opened(head_row, key)
        edge = _edge(connection, key, before=max(head.size - most, 0))
        first = edge.size
        _walk(connection, edge, head)
    except _BrokenError as broken:
        yield failed(_PART, str(broken), cure=_CURE)
        return
    yield ok(_PART, f"records {first:,} to {head.size - 1:,} lead to the signed tree head")


def _opened(row: Row[Any], key: LogKey) -> TreeHead:
    try:
        head = open_checkpoint(row.note, key)
    except CheckpointInvalidError as error:
        raise _BrokenError(f"the tree head of {row.size:,} records is not ours: {error}") from error
    if head.size != row.size:
        raise _BrokenError(f"the tree head of {row.size:,} records is one of {head.size:,}")
    return head


def _edge(connection: Connection, key: LogKey, *, before: int) -> Frontier:
    """The tree's edge at the last signed head before an index; where there is none, no edge."""
    old = audit_checkpoint.c.size <= before
    query = select(audit_checkpoint).where(old).order_by(audit_checkpoint.c.size.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return Frontier()
    head = _opened(row, key)
    try:
        edge = Frontier.from_bytes(row.size, bytes(row.frontier))
    except ValueError as error:
        raise _BrokenError(f"the edge of {row.size:,} records is none: {error}") from error
    if edge.root() != head.root:
        raise _BrokenError(f"the edge of {row.size:,} records is not what was signed")
    return edge


def _walk(connection: Connection, edge: Frontier, head: TreeHead) -> None:
    rows = connection.execute(
        select(audit_leaf.c.index, audit_leaf.c.leaf, audit_leaf.c.leaf_hash)
        .where(audit_leaf.c.index >= edge.size, audit_leaf.c.index < head.size)
        .order_by(audit_leaf.c.index)
    )
    previous: bytes | None = bytes(32) if edge.size == 0 else None
    for index, leaf, stored in rows:
        if index != edge.size:
            raise _BrokenError(f"record {edge.size} is missing: {index} comes next")
        hashed = leaf_hash(bytes(leaf))
        if hashed != bytes(stored):
            raise _BrokenError(f"record {index} was changed: its hash is not the stored one")
        _follows(bytes(leaf), index, previous)
        previous = hashed
        edge.append(hashed)
    if edge.size != head.size:
        raise _BrokenError(f"record {edge.size} and all after it are missing")
    if edge.root() != head.root:
        raise _BrokenError(f"the last records before {head.size} are not those that were signed")


def _follows(leaf: bytes, index: int, previous: bytes | None) -> None:
    try:
        said = read_leaf(leaf)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _BrokenError(f"record {index} was changed: it is not JSON") from None
    if said.get("index") != index:
        raise _BrokenError(f"record {index} is not in its place")
    if previous is not None and said.get("previous") != previous.hex():
        raise _BrokenError(f"record {index - 1} was changed or exchanged")
