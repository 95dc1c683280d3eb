"""What is sent to the gateway and comes back. All frozen."""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document to be sealed."""

    document: bytes
    seal: str
    document_type: str
    business_number: str
    attributes: Mapping[str, str | int | bool]
    idempotency_key: str
    placement: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    further: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What came back."""

    document_id: str
    trace: str
    repeated: bool
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeBody:
    """A body that is sent in pieces.

    Attributes:
        chunks: gives them, anew at each call.
        length: of all, in bytes.
        sha256: of all.
    """

    chunks: Callable[[], AsyncIterator[bytes]]
    length: int
    sha256: bytes


Body = bytes | LargeBody


def multipart_body(submission: Submission) -> tuple[bytes, str]:
    """The body of a request to seal and its Content-Type (RFC 7578)."""
    request: dict[str, Any] = {
        "documentType": submission.document_type,
        "businessNumber": submission.business_number,
        "attributes": dict(submission.attributes),
    }
    if submission.placement is not None:
        request["placement"] = submission.placement
    if submission.further:
        request["further"] = submission.further
    boundary = f"sealgate-{secrets.token_hex(16)}"
    body = b"\r\n".join(
        [
            f"--{boundary}".encode(),
            b'Content-Disposition: form-data; name="request"',
            b"Content-Type: application/json",
            b"",
            json.dumps(request, ensure_ascii=False).encode(),
            f"--{boundary}".encode(),
            b'Content-Disposition: form-data; name="document"; filename="document.pdf"',
            b"Content-Type: application/pdf",
            b"",
            submission.document,
            f"--{boundary}--".encode(),
            b"",
        ]
    )
    return body, f"multipart/form-data; boundary={boundary}"
