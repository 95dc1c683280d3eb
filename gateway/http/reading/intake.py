"""From the bytes of a request to what the signing room is asked."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from aiohttp import web
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError

from gateway.http.errors import (
    DocumentTooLargeProblem,
    IdempotencyKeyMissingProblem,
    MalformedRequestProblem,
    RequestTooSlowProblem,
)
from gateway.http.reading.mistakes import told_mistakes
from gateway.http.reading.plain_request import PlainRequest, plain_request
from gateway.statements.plain_json import without_twins
from policies.kinds.placement import WrittenPlacement, placement_of
from policies.model import Caller, SealRequest
from strictyaml import StrictModel

ModelT = TypeVar("ModelT", bound=StrictModel)

_MOST_REQUEST_BYTES = 64 * 1024
_ENVELOPE_BYTES = 16 * 1024
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MOST_MISTAKES = 10
_MOST_FURTHER_SEALS = 4
_MOST_APPROVALS = 16
_PLAIN_BOUNDARY = re.compile(rb"[A-Za-z0-9-]{1,60}")
_PART_HEAD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="([a-z]{1,20})"'
    rb'(?:; filename="[A-Za-z0-9._ -]{1,100}")?\r\n'
    rb"(?:Content-Type: [a-z]{1,20}/[a-z0-9.+-]{1,50}\r\n)?\r\n"
)
_BODY_SECONDS = 120


Attribute = StrictStr | StrictBool | Annotated[StrictInt, Field(ge=-(1 << 63), lt=1 << 63)]
"""What a caller may say of a document: text, true or false, or a whole number of 64 bits."""
_AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


class FurtherSealInput(StrictModel):
    """A seal that follows on the same document, in the same act."""

    seal: Annotated[str, Field(min_length=1, max_length=100, description="The seal's id.")]
    placement: WrittenPlacement | None = None


class SealRequestInput(StrictModel):
    """The part `request`: what the document is, and what the policies are to know of it."""

    document_type: Annotated[str, Field(min_length=1, max_length=100)]
    business_number: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00-\x1f\x7f]+$",
            description="The business system's own number; no control characters.",
        ),
    ]
    attributes: dict[_AttributeName, Attribute] = Field(
        default_factory=dict,
        max_length=100,
        description="As the document type declares them; money in minor units.",
    )
    placement: WrittenPlacement | None = None
    further: tuple[FurtherSealInput, ...] = Field(
        default=(),
        max_length=_MOST_FURTHER_SEALS,
        description="Seals that follow the one in the path, in this order: all of them or none.",
    )

    requested_by: (
        Annotated[
            str,
            Field(
                pattern=r"^[^\x00-\x1f\x7f/]{1,200}$",
                description="The person for whom the system asks; they never approve it.",
            ),
        ]
        | None
    ) = None
    approvals: tuple[Annotated[str, Field(max_length=8192)], ...] = Field(
        default=(),
        max_length=_MOST_APPROVALS,
        description="Approvals that an OA system has signed.",
    )

    def seal_request(self, *, caller: Caller, seal: str) -> SealRequest:
        """The value that the rest of the house works with."""
        return SealRequest(
            caller=caller,
            seal=seal,
            document_type=self.document_type,
            business_number=self.business_number,
            attributes=self.attributes,
            placement=None if self.placement is None else placement_of(self.placement),
            requested_by=msgspec.UNSET if self.requested_by is None else self.requested_by,
        )

    def further_requests(self, first: SealRequest) -> tuple[SealRequest, ...]:
        """The same for each further seal of the act.

        Raises:
            MalformedRequestProblem: a seal is asked for twice.
        """
        seals = [first.seal, *(each.seal for each in self.further)]
        twice = sorted({seal for seal in seals if seals.count(seal) > 1})
        if twice:
            raise MalformedRequestProblem(
                f"further: seal {', '.join(map(repr, twice))} is asked for twice in one act; name "
                "it once, with a list of placements for several stamps"
            )
        return tuple(
            msgspec.structs.replace(
                first,
                seal=each.seal,
                placement=None if each.placement is None else placement_of(each.placement),
            )
            for each in self.further
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """The two parts of a request to seal."""

    document: bytes
    request: SealRequestInput | PlainRequest


async def read_body(request: web.Request, *, max_document_bytes: int) -> bytes:
    """The whole body, read to one byte past the limit at most.

    Raises:
        DocumentTooLargeProblem: it is longer.
        MalformedRequestProblem: it is compressed.
        RequestTooSlowProblem: it did not arrive in time.
    """
    if "Content-Encoding" in request.headers:
        # It would be unpacked on the way, and the digest that was signed is of the packed bytes.
        raise MalformedRequestProblem("Content-Encoding is not taken; send the body as it is")
    limit = max_document_bytes + _MOST_REQUEST_BYTES + _ENVELOPE_BYTES
    too_large = DocumentTooLargeProblem(f"at most {max_document_bytes} bytes are taken")
    if request.content_length is not None and request.content_length > limit:
        raise too_large
    if request.content.is_eof():
        # All of it came with the headers, as with most receipts: nothing to wait for.
        body = request.content.read_nowait()
        if len(body) > limit:
            raise too_large
        return body
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.content.iter_any():
                length += len(chunk)
                if length > limit:
                    raise too_large
                chunks.append(chunk)
    except TimeoutError:
        raise RequestTooSlowProblem(f"{length} bytes came within {_BODY_SECONDS} s") from None
    return b"".join(chunks)


def idempotency_key(request: web.Request) -> str:
    """The key of the request.

    Raises:
        IdempotencyKeyMissingProblem: there is none, or it is not visible ASCII.
    """
    key = request.headers.get("Idempotency-Key", "")
    if _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise IdempotencyKeyMissingProblem(f"the header says {key[:40]!r}")
    return key


def read_submission(content_type: str, body: bytes, *, max_document_bytes: int) -> Submission:
    """The document and what is asked for it, out of a multipart/form-data body (RFC 7578).

    Raises:
        MalformedRequestProblem: not multipart, a part is missing, twice or unknown, or not valid.
        DocumentTooLargeProblem: the document is too large.
    """
    parts = _parts(content_type, body)
    unknown = sorted(parts.keys() - {"document", "request"})
    missing = sorted({"document", "request"} - parts.keys())
    if unknown or missing:
        raise MalformedRequestProblem(
            f"parts missing: {', '.join(missing) or 'none'}; "
            f"parts unknown: {', '.join(unknown) or 'none'}"
        )
    if len(parts["document"]) > max_document_bytes:
        raise DocumentTooLargeProblem(
            f"{len(parts['document'])} bytes; at most {max_document_bytes} are taken"
        )
    return Submission(parts["document"], _request(parts["request"]))


def _request(data: bytes) -> SealRequestInput | PlainRequest:
    if len(data) > _MOST_REQUEST_BYTES:
        raise MalformedRequestProblem(f"`request` is longer than {_MOST_REQUEST_BYTES} bytes")
    return plain_request(data) or _parsed_request(data)


def _parsed_request(data: bytes) -> SealRequestInput:
    return parsed_json(data, SealRequestInput, word="request")


def parsed_json(data: bytes, model: type[ModelT], *, word: str) -> ModelT:
    """JSON as the model has it; `word` is what the caller calls it.

    Raises:
        MalformedRequestProblem: with every mistake.
    """
    try:
        written = json.loads(data, object_pairs_hook=without_twins)
    except (ValueError, RecursionError) as error:
        raise MalformedRequestProblem(f"`{word}` is not valid JSON: {error}") from None
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        mistakes = list(told_mistakes(error, written))
        raise MalformedRequestProblem(
            f"`{word}` is not valid: {'; '.join(mistakes[:_MOST_MISTAKES])}"
        ) from None


def _refuse_what_stands_outside(body: bytes, boundary: bytes) -> None:
    # RFC 2046 lets text stand before the first and after the last boundary; we do not, so that one
    # body has one reading.
    if not body.startswith(b"--" + boundary + b"\r\n"):
        raise MalformedRequestProblem("the multipart body does not begin with its boundary")
    if not body.removesuffix(b"\r\n").endswith(b"\r\n--" + boundary + b"--"):
        raise MalformedRequestProblem("the multipart body does not end with its boundary")


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise MalformedRequestProblem(
            f"Content-Type is {content_type[:100]!r}, not multipart/form-data with a boundary"
        )
    boundary = options["boundary"].encode()
    _refuse_what_stands_outside(body, boundary)
    return _plain_parts(body, boundary) or _parsed_parts(body, options["boundary"])


def _plain_parts(body: bytes, boundary: bytes) -> dict[str, bytes] | None:
    """The parts of a body in the form in which nearly all come; None says nothing: parse it.

    Two parts of different names, each with the usual one or two header lines, and the boundary
    nowhere else than between them.
    """
    if _PLAIN_BOUNDARY.fullmatch(boundary) is None:
        return None
    delimiter = b"\r\n--" + boundary
    end = len(body.removesuffix(b"\r\n")) - len(delimiter) - len(b"--")
    middle = body.find(delimiter, 0, end)
    if middle < 0 or body.find(delimiter, middle + 1) != end:
        return None
    first = _PART_HEAD.match(body, len(delimiter) - len(b"\r\n"), middle)
    second = _PART_HEAD.match(body, middle + len(delimiter), end)
    if first is None or second is None or first[1] == second[1]:
        return None
    return {
        first[1].decode(): body[first.end() : middle],
        second[1].decode(): body[second.end() : end],
    }


def _parsed_parts(body: bytes, boundary: str) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    name, pieces = "", list[bytes]()
    try:
        with PushMultipartParser(boundary, max_segment_count=8, strict=True) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    name, pieces = event.name, []
                elif event:
                    pieces.append(bytes(event))
                else:
                    if name in parts:
                        raise MalformedRequestProblem(f"part {name!r} comes twice")
                    parts[name] = b"".join(pieces)
    except MultipartError as error:
        raise MalformedRequestProblem(f"the multipart body cannot be read: {error}") from error
    return parts
