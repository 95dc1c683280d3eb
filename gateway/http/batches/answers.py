"""How batches, their items and their progress are told."""

from datetime import datetime
from typing import Any

import msgspec

from gateway.batches.model import BatchOptions
from gateway.batches.problems import told_again
from gateway.batches.progress import Progress
from gateway.http.answers import PROBLEM_BASE
from gateway.store.batch_items import ItemRow
from gateway.store.batches import BatchRow

STATES = ("waiting", "sealed", "repeated", "failed", "cancelled")

_options = msgspec.json.Decoder(BatchOptions)


def batch(row: BatchRow) -> dict[str, Any]:
    """A batch, without how far it has come."""
    options, here = _options.decode(row.options), f"/v1/batches/{row.id}"
    return {
        "id": row.id,
        "state": row.state,
        "items": row.items,
        "source": row.source or None,
        "priority": options.priority,
        "allOrNothing": options.all_or_nothing,
        "deliverTo": options.deliver_to,
        "createdAt": _moment(row.created_at),
        "finishedAt": _moment(row.finished_at),
        "trace": row.trace_id,
        "links": {
            "self": here,
            **{name: f"{here}/{name}" for name in ("items", "events", "documents", "receipt")},
        },
    }


def with_progress(row: BatchRow, progress: Progress) -> dict[str, Any]:
    """A batch, how many of its documents are in which state, and when all will have ended."""
    rate, remaining = progress.rate, progress.remaining_seconds
    return {
        **batch(row),
        "counts": {state: progress.counts.get(state, 0) for state in STATES},
        "perSecond": None if rate is None else round(rate, 2),
        "remainingSeconds": None if remaining is None else round(remaining, 1),
    }


def item(row: ItemRow) -> dict[str, Any]:
    """One document of a batch, and what came of it."""
    return {
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "businessNumber": row.business_number,
        "documentType": row.document_type,
        "seal": row.seal,
        "inputDigest": None if row.input_digest is None else row.input_digest.hex(),
        "outputDigest": None if row.output_digest is None else row.output_digest.hex(),
        "document": row.document,
        "problem": None if row.problem is None else _problem(row.problem),
        "finishedAt": _moment(row.finished_at),
        "links": {}
        if row.document is None
        else {
            "document": f"/v1/documents/{row.document}",
            "content": f"/v1/documents/{row.document}/content",
        },
    }


def _problem(kept: bytes) -> dict[str, Any]:
    told = dict(told_again(kept))
    return {**told, "type": PROBLEM_BASE + told["type"]}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
