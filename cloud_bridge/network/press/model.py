"""What a person's act puts into a document, and what the child answers. All frozen."""

from datetime import datetime
from typing import Literal

import msgspec

from cloud_bridge.model import Box

Point = tuple[float, float]
Stroke = tuple[Point, ...]

Reason = Literal["document", "page", "text", "closed", "demanding", "font"]


class Handwritten(msgspec.Struct, frozen=True, kw_only=True, tag="handwritten"):
    """Strokes of a pen, from the top left corner of a sheet `width` × `height` of any unit."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]


class Typed(msgspec.Struct, frozen=True, kw_only=True, tag="typed"):
    """A text in one line or several; `signature`: it stands for a handwriting."""

    text: str
    signature: bool = False


class Ticked(msgspec.Struct, frozen=True, kw_only=True, tag="ticked"):
    """A tick in a box."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be seen at a place. `field` is the name in the terms."""

    field: str
    box: Box
    ink: Handwritten | Typed | Ticked


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """An update to be made.

    Attributes:
        document: the base; the result begins with these bytes.
        marks: what is to be seen, on whichever pages.
        field: the name of the signature field; not one of the document's.
        name: of the signer, for the signature dictionary.
        reason: what the signature dictionary says of why.
        signed_at: its moment, whole seconds.
        room: bytes to reserve for the container.
        font: path of a TrueType or OpenType font that has the characters.
    """

    document: bytes
    marks: tuple[Mark, ...]
    field: str
    name: str
    reason: str
    signed_at: datetime
    room: int
    font: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """An update that lacks its container.

    Attributes:
        update: the bytes that follow the base.
        container_at: where in them the hexadecimal digits of the container go.
        digest: SHA-256 over what the signature covers.
    """

    update: bytes
    container_at: int
    digest: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """There is no update; see `errors.PressError`."""

    message: str
    reason: Reason
    field: str = ""


Answer = Prepared | Refused


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """A document after a person's act, and the container (CMS, DER) that was added."""

    document: bytes
    container: bytes
