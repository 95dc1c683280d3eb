"""Reads a receipt as a telephone sends it (multipart/form-data): one `receipt`, some `photo`s."""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from cloud_bridge.network.deliveries.model import Receipt
from cloud_bridge.network.http.forms import fields_of
from cloud_bridge.network.problems import MalformedProblem, TooLargeProblem
from cloud_bridge.plain_json import decode

T = TypeVar("T")
MOST_PHOTOS: Final = 4
_MOST_RECEIPT_BYTES: Final = 512 * 1024
_MOST_PHOTO_BYTES: Final = 8 * 1024 * 1024
_UNREADABLE: Final = (ValueError, LookupError, HttpProcessingError)
_MOST_FORM_BYTES: Final = 8 * 1024
_MOST_BODY_BYTES: Final = 64 * 1024


async def read_receipt(request: web.Request) -> tuple[Receipt, Sequence[bytes]]:
    """What was told, and the photographs as they came.

    Raises:
        MalformedProblem: it is no receipt.
        TooLargeProblem: a part, or the number of them, is too large.
    """
    if request.content_type != "multipart/form-data":
        raise MalformedProblem("a receipt is sent as multipart/form-data")
    try:
        return await _read(await request.multipart())
    except _UNREADABLE as error:
        raise MalformedProblem("the parts cannot be read") from error


async def read_body(request: web.Request, kind: type[T]) -> T:
    """A small JSON body; MalformedProblem: it is none of the kind."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _MOST_BODY_BYTES:
            raise TooLargeProblem(f"the body has more than {_MOST_BODY_BYTES} bytes")
    return _decoded(bytes(body), kind)


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a small form.

    Raises:
        MalformedProblem: it is none.
        TooLargeProblem: it is larger than any of ours, or does not say how large.
    """
    if request.content_length is None or request.content_length > _MOST_FORM_BYTES:
        raise TooLargeProblem(f"a form has at most {_MOST_FORM_BYTES} bytes, and says how many")
    try:
        return await fields_of(request, most_bytes=_MOST_FORM_BYTES)
    except ValueError as error:
        raise MalformedProblem("the form cannot be read") from error


async def _read(parts: MultipartReader) -> tuple[Receipt, Sequence[bytes]]:
    receipt: Receipt | None = None
    photographs: list[bytes] = []
    async for part in parts:
        if not isinstance(part, BodyPartReader):
            raise MalformedProblem("parts within parts are not taken")
        if part.name == "receipt" and receipt is None:
            receipt = _decoded(await _bytes(part, _MOST_RECEIPT_BYTES), Receipt)
        elif part.name == "photo":
            if len(photographs) == MOST_PHOTOS:
                raise TooLargeProblem(f"there are more than {MOST_PHOTOS} photos")
            photographs.append(await _bytes(part, _MOST_PHOTO_BYTES))
        else:
            raise MalformedProblem(f"there is no part {part.name!r} of a receipt, or it came twice")
    if receipt is None:
        raise MalformedProblem("the part `receipt` is missing")
    return receipt, photographs


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    read = bytearray()
    while chunk := await part.read_chunk():
        read += chunk
        if len(read) > most:
            raise TooLargeProblem(f"part {part.name} has more than {most} bytes")
    return bytes(read)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return decode(body, kind)
    except msgspec.ValidationError as error:
        raise MalformedProblem(str(error)) from error
