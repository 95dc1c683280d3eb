"""Problems as the rows of items keep them: what the HTTP API would have answered, as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.batches.errors import BusinessNumberTakenProblem
from gateway.errors import Problem
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.store.rows.batch_items import ItemRow
from gateway.store.rows.documents import DocumentReader

_MOST_REASONS = 20


def kept(problem: Problem) -> bytes:
    """What is told of it: type, title, detail, owner, cure, reasons and what else it has."""
    told: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "detail": problem.detail,
        "owner": problem.owner,
        "cure": problem.cure,
    }
    if problem.reasons:
        told["reasons"] = [
            {"rule": rule, "message": message} for rule, message in problem.reasons[:_MOST_REASONS]
        ]
    return msgspec.json.encode(told | problem.members())


def told_again(problem: bytes) -> Mapping[str, Any]:
    """The same JSON, read."""
    told: dict[str, Any] = msgspec.json.decode(problem)
    return told


async def as_told(
    problem: Problem, documents: DocumentReader, *, system: str, item: ItemRow
) -> Problem:
    """The same in the words of batches, which know of business numbers and not of keys."""
    if not isinstance(problem, IdempotencyKeyReusedProblem):
        return problem
    known = await documents.by_key(system, item.key)
    named = "another document" if known is None else f"document {known.id} ({known.state})"
    return BusinessNumberTakenProblem(
        f"{item.business_number!r} stands for {named}, whose content or request is another",
        document=None if known is None else known.id,
    )
