"""What a receipt says: every document of the batch, with its digests and its place in the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from gateway.batches.problems import told_again
from gateway.store.rows.batch_items import ItemRow
from gateway.store.rows.batches import BatchRow

_encoder = msgspec.json.Encoder(order="sorted")


def manifest(batch: BatchRow, items: Sequence[tuple[ItemRow, int | None]]) -> bytes:
    """JSON in UTF-8 with sorted keys and no blanks: the same batch gives the same bytes.

    Args:
        batch: which has ended.
        items: in their order, each with the index of its outcome in the audit log, if it has one.
    """
    told = {
        "kind": "sealgate-batch-receipt",
        "version": 1,
        "batch": batch.id,
        "system": batch.system,
        "company": batch.company,
        "source": batch.source,
        "idempotencyKey": batch.idempotency_key,
        "state": batch.state,
        "createdAt": _moment(batch.created_at),
        "finishedAt": _moment(batch.finished_at or batch.created_at),
        "items": [_item(row, index) for row, index in items],
    }
    return _encoder.encode(told)


def _item(row: ItemRow, outcome_index: int | None) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "businessNumber": row.business_number,
        "documentType": row.document_type,
        "seal": row.seal,
        "state": row.state,
        "input": _hex(row.input_digest),
        "output": _hex(row.output_digest),
        "document": row.document,
        "audit": outcome_index,
        "problem": None if row.problem is None else told_again(row.problem)["type"],
    }


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
