"""An approval with all that proves it, out of the database, for an auditor to take along."""

import msgspec
from sqlalchemy import Connection, Engine, or_, select

from gateway.approvals.errors import ProofUnreadableError
from gateway.approvals.model import asked_of
from gateway.approvals.proof import Proof, ProvedRecord, proved
from gateway.audit.inclusion import inclusion_paths
from gateway.audit.record import read_leaf
from gateway.signing.records import encode
from gateway.store.engines.lane import Transaction
from gateway.store.engines.searching import contains
from gateway.store.rows.approvals import ApprovalRow, approval_by_id, approvals_of, statements_of
from gateway.store.schema import audit_checkpoint, audit_leaf, document

_KINDS = frozenset({"asked", "approval", "intent", "outcome"})


def proof_of(engine: Engine, approval_id: str) -> Proof:
    """All that shows whether this approval is valid; the gateway may run meanwhile.

    It reads the whole log once, as the path of a record passes all others.

    Raises:
        ProofUnreadableError: there is no such approval, or no signed tree head covers it yet.
    """
    with engine.connect() as connection:
        row = approval_by_id(Transaction(connection), approval_id)
        if row is None:
            raise ProofUnreadableError(
                f"there is no approval {approval_id!r}: take the id from an answer, or from "
                "`sealgate audit show`"
            )
        rows = _together(row, connection)
        statements = {each.id: statements_of(connection, each.id) for each in rows}
        records, checkpoint = _records(connection, rows)
        requests = _requests(connection, row)
    return Proof(
        format="sealgate-approval-proof-1",
        approvals=tuple(proved(each, statements[each.id]) for each in rows),
        requests=requests,
        records=records,
        checkpoint=checkpoint,
    )


def _together(row: ApprovalRow, connection: Connection) -> tuple[ApprovalRow, ...]:
    """The approval, what counts with it and what stands against it: all for the same use."""
    digest, seal = row.request_digest, row.seal
    rows = approvals_of(Transaction(connection), request_digest=digest, seal=seal)
    beside = (
        each
        for each in rows
        if each.id != row.id and (each.state == "rejected" or _counts_with(each, row))
    )
    return (row, *beside)


def _counts_with(each: ApprovalRow, row: ApprovalRow) -> bool:
    """People's and an OA system's."""
    return each.used_by == row.used_by and (
        each.is_from_oa or (row.is_from_oa and row.used_by is not None)
    )


def _requests(connection: Connection, row: ApprovalRow) -> tuple[msgspec.Raw, ...]:
    """What was asked for each seal of the act, in order."""
    act = select(document.c.act).where(document.c.id == row.used_by).scalar_subquery()
    query = (
        select(document.c.request)
        .where(or_(document.c.id == row.used_by, document.c.act == act))
        .order_by(document.c.part)
    )
    kept = [bytes(each) for each in connection.execute(query).scalars()] if row.used_by else []
    return tuple(map(msgspec.Raw, kept or [encode(asked_of(row).request)]))


def _records(
    connection: Connection, rows: tuple[ApprovalRow, ...]
) -> tuple[tuple[ProvedRecord, ...], str]:
    approvals = {row.id for row in rows}
    documents = {row.used_by for row in rows if row.used_by is not None}
    named = or_(*(contains(audit_leaf.c.leaf, each.encode()) for each in approvals | documents))
    leaves: dict[int, bytes] = {}
    query = select(audit_leaf.c.index, audit_leaf.c.leaf).where(named)
    for index, leaf in connection.execute(query.order_by(audit_leaf.c.index)):
        said = read_leaf(bytes(leaf))
        speaks = said.get("approval") in approvals or said.get("document") in documents
        if said["kind"] in _KINDS and speaks:
            leaves[index] = bytes(leaf)
    newest = select(audit_checkpoint.c.size, audit_checkpoint.c.note)
    head = connection.execute(newest.order_by(audit_checkpoint.c.size.desc()).limit(1)).first()
    if head is None or any(index >= head.size for index in leaves):
        raise ProofUnreadableError(
            "the newest records stand under no signed tree head yet: try again in two seconds, "
            "with the gateway running"
        )
    hashes = select(audit_leaf.c.leaf_hash).where(audit_leaf.c.index < head.size)
    ordered = [bytes(e) for e in connection.execute(hashes.order_by(audit_leaf.c.index)).scalars()]
    paths = inclusion_paths(ordered, leaves)
    return tuple(
        ProvedRecord(
            index=index, leaf=leaf.decode(), path=tuple(each.hex() for each in paths[index])
        )
        for index, leaf in leaves.items()
    ), head.note
