"""Records of the audit log, as a story needs them: read, told, and proved to stand in the log."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.audit.checkpoint import LogKey, TreeHead, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.inclusion import inclusion_paths, root_by
from gateway.audit.merkle import leaf_hash
from gateway.audit.record import read_leaf
from gateway.cli.audit import sentence
from gateway.cli.trace.model import Inclusion, Step
from gateway.store.engines.searching import contains
from gateway.store.schema import audit_checkpoint, audit_leaf

_MOST = 20
_DAMAGED = "it cannot be read: run `sealgate audit verify`"


def step_of(connection: Connection, index: int) -> tuple[Step, dict[str, Any]]:
    """What the record of that index says; of one that is gone or damaged, that it is."""
    query = select(audit_leaf.c.leaf).where(audit_leaf.c.index == index)
    leaf = connection.execute(query).scalar_one_or_none()
    return _step(index, None if leaf is None else bytes(leaf))


def steps_naming(
    connection: Connection, text: str, *, first: int
) -> Iterator[tuple[Step, dict[str, Any]]]:
    """Records from an index on that name an id. Goes through all of them."""
    query = select(audit_leaf.c.index, audit_leaf.c.leaf).where(
        audit_leaf.c.index >= first, contains(audit_leaf.c.leaf, f'"{text}"'.encode())
    )
    for index, leaf in connection.execute(query.order_by(audit_leaf.c.index).limit(_MOST)):
        yield _step(index, bytes(leaf))


def _step(index: int, leaf: bytes | None) -> tuple[Step, dict[str, Any]]:
    if leaf is None:
        told = f"record {index} is gone: run `sealgate audit verify`"
        return Step(at=None, what="damaged", told=told, record=index), {}
    try:
        said = read_leaf(leaf)
        return Step(
            at=datetime.fromisoformat(said["at"]),
            what=said["kind"],
            told=sentence(said),
            record=index,
        ), said
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return Step(at=None, what="damaged", told=_DAMAGED, record=index), {}


def inclusions(
    connection: Connection, indices: Sequence[int], *, log_key_file: Path
) -> Iterator[Inclusion]:
    """For each record, whether it leads to the newest tree head that the log's key has signed."""
    named = select(audit_leaf.c.index, audit_leaf.c.leaf).where(audit_leaf.c.index.in_(indices))
    leaves = {index: bytes(leaf) for index, leaf in connection.execute(named)}
    if not leaves:
        return
    head, why = _newest_head(connection, log_key_file)
    if head is None:
        for index, leaf in sorted(leaves.items()):
            yield _unproved(index, leaf, why)
        return
    stored = select(audit_leaf.c.leaf_hash).where(audit_leaf.c.index < head.size)
    hashes = [bytes(e) for e in connection.execute(stored.order_by(audit_leaf.c.index)).scalars()]
    paths = inclusion_paths(hashes, [index for index in leaves if index < head.size])
    for index, leaf in sorted(leaves.items()):
        if index >= head.size:
            yield _unproved(index, leaf, "no tree head covers it yet; one is signed each second")
            continue
        yield _held_against(head, index, leaf, paths[index])


def _held_against(head: TreeHead, index: int, leaf: bytes, path: tuple[bytes, ...]) -> Inclusion:
    is_proved = root_by(leaf_hash(leaf), path, index=index, size=head.size) == head.root
    told = (
        f"stands in the log, under the signed tree head of {head.size:,} records"
        if is_proved
        else "does not lead to the signed tree head: run `sealgate audit verify`"
    )
    return Inclusion(
        record=index,
        leaf_hash=leaf_hash(leaf).hex(),
        is_proved=is_proved,
        told=told,
        size=head.size,
        path=tuple(each.hex() for each in path),
    )


def _newest_head(connection: Connection, log_key_file: Path) -> tuple[TreeHead | None, str]:
    query = select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size.desc()).limit(1)
    note = connection.execute(query).scalar_one_or_none()
    if note is None:
        return None, "no tree head was signed yet"
    try:
        key = LogKey.parse(log_key_file.read_text(encoding="utf-8"))
        return open_checkpoint(note, key), ""
    except (OSError, UnicodeDecodeError, CheckpointInvalidError) as error:
        return None, f"not proved, as the tree head or its key cannot be used: {error}"


def _unproved(index: int, leaf: bytes, why: str) -> Inclusion:
    return Inclusion(record=index, leaf_hash=leaf_hash(leaf).hex(), is_proved=False, told=why)
