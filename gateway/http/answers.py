"""How a sealed document, its metadata and a problem are told."""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

from gateway.errors import Problem
from gateway.signing.model import SealedDocument
from gateway.store.rows.documents import DocumentRow

# Up to here one write of headers and a joined body is quicker than a write for each part.
_JOINED_BYTES = 1024 * 1024

PROBLEM_BASE = "urn:sealgate:problem:"


def problem_response(problem: Problem, *, trace_id: str) -> web.Response:
    """RFC 9457 problem+json: type, title, status, detail; and owner, cure, reasons, trace."""
    body: dict[str, Any] = {
        "type": PROBLEM_BASE + problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "owner": problem.owner,
        "cure": problem.cure,
        "trace": trace_id,
    }
    if problem.reasons:
        body["reasons"] = [{"rule": rule, "message": message} for rule, message in problem.reasons]
    body |= problem.members()
    headers = {}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers=headers,
    )


def plain_json(body: object, *, status: int = 200) -> web.Response:
    """Any other answer."""
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json"
    )


def pdf_response(sealed: SealedDocument) -> web.Response:
    """The sealed document itself."""
    small = sum(map(len, sealed.content)) <= _JOINED_BYTES
    return web.Response(
        body=b"".join(sealed.content) if small else _Parts(sealed.content),
        content_type="application/pdf",
        headers=_headers(sealed),
    )


def json_response(sealed: SealedDocument) -> web.Response:
    """What was sealed, and where to get it."""
    return web.Response(
        body=msgspec.json.encode(metadata(sealed.row, sealed.parts)),
        content_type="application/json",
        headers=_headers(sealed),
    )


class _Parts(Payload):
    """Bytes in parts that follow one another, sent without being joined."""

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        super().__init__(parts, content_type="application/pdf")
        self._parts = parts
        self._size = sum(map(len, parts))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """See `Payload.decode`."""
        return b"".join(self._parts).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """See `Payload.write`."""
        for part in self._parts:
            await writer.write(part)


def metadata(row: DocumentRow, parts: Sequence[DocumentRow] = ()) -> dict[str, Any]:
    """A document's metadata as the API tells it. Digests are hex, moments RFC 3339.

    `parts` are the rows of its act, if it belongs to one.
    """
    return {
        "id": row.id,
        "state": row.state,
        "seal": row.seal,
        "documentType": row.document_type,
        "businessNumber": row.business_number,
        "signedAt": f"{row.signed_at:%Y-%m-%dT%H:%M:%SZ}",
        "input": {"sha256": row.input_digest.hex()},
        "normalized": None
        if row.normalized_digest is None
        else {"sha256": row.normalized_digest.hex()},
        "output": None
        if row.output_digest is None
        else {"sha256": row.output_digest.hex(), "bytes": row.output_bytes},
        "stamps": _stamps(row),
        "act": None if row.act is None else _act(row, parts),
        "audit": _audit(row),
        "trace": row.trace_id,
        "links": _links(row),
    }


def decision(row: DocumentRow, parts: Sequence[DocumentRow] = ()) -> dict[str, Any]:
    """Which rule of which bundle allowed the seal, and where that stands in the audit log.

    `requestText` is the very text that the intent record has the salted hash of, so it is given as
    it stands: SHA-256 over the salt and its UTF-8 bytes is the record's `request`.

    `parts` are the rows of its act, if it belongs to one; each was decided for itself.
    """
    told = _decision(row)
    if row.act is not None:
        told["act"] = _act(row, parts)
        told["parts"] = [_decision(each) for each in parts]
    return told


def _decision(row: DocumentRow) -> dict[str, Any]:
    return {
        "document": row.id,
        "seal": row.seal,
        "decision": camel(msgspec.json.decode(row.decision)),
        "requestText": row.request.decode(),
        "salt": row.salt.hex(),
        "audit": _audit(row),
    }


def _act(row: DocumentRow, parts: Sequence[DocumentRow]) -> dict[str, Any]:
    return {
        "id": row.act,
        "part": row.part,
        "of": row.parts,
        "complete": any(each.is_last and each.is_sealed for each in parts),
        "parts": [
            {
                "document": each.id,
                "part": each.part,
                "seal": each.seal,
                "state": each.state,
                "stamps": _stamps(each),
                "audit": _audit(each),
                "links": _links(each),
            }
            for each in parts
        ],
    }


def _audit(row: DocumentRow) -> dict[str, Any]:
    return {"intent": row.intent_index, "outcome": row.outcome_index}


def _links(row: DocumentRow) -> dict[str, str]:
    here = f"/v1/documents/{row.id}"
    return {"self": here, "content": f"{here}/content", "decision": f"{here}/decision"}


def _stamps(row: DocumentRow) -> list[Any]:
    # Rows of the first version have one stamp or null, without a type.
    kept = msgspec.json.decode(row.stamp or b"null")
    if isinstance(kept, dict):
        kept = [{"type": "stamp", **kept}]
    told: list[Any] = camel([] if kept is None else kept)
    return told


def camel(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON with its keys as this API spells them."""
    if isinstance(value, dict):
        return {_camel_word(key): camel(each) for key, each in value.items()}
    if isinstance(value, list):
        return [camel(each) for each in value]
    return value


def _camel_word(word: str) -> str:
    first, *rest = word.removesuffix("_mm").split("_")
    unit = "Millimetres" if word.endswith("_mm") else ""
    return first + "".join(each.capitalize() for each in rest) + unit


def _headers(sealed: SealedDocument) -> dict[str, str]:
    row = sealed.row
    return {
        "Location": f"/v1/documents/{row.id}",
        "Sealgate-Document": row.id,
        "Sealgate-Audit-Intent": str(row.intent_index),
        "Sealgate-Audit-Outcome": str(row.outcome_index),
        "Sealgate-Repeated": "true" if sealed.repeated else "false",
    }
