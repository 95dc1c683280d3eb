"""Kinds of documents, and the templates (制式) that they follow. Lengths are millimetres."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from policies.intake import Intake
from policies.objects.named import Named

AttributeType = Literal["string", "integer", "boolean"]


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a document type says of one attribute; `pattern` is RE2 and must match all of it.

    `party`: it names a party, which is looked for in the document where a rule asks for parties.
    """

    type: AttributeType
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    party: bool = False


class DocumentType(Named, frozen=True, kw_only=True):
    """A kind of business document and the attributes that a request must or may give.

    `normalize`: documents are written anew before they are sealed. `counterparty`: the attribute
    that names the other side, of which a freeze may speak.
    """

    title: str | None = None
    attributes: Mapping[str, Attribute] = {}
    intake: Intake = Intake()
    normalize: bool = False
    counterparty: str | None = None


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed words of a template, and where the top left corner of their box is."""

    text: str
    left_mm: float
    top_mm: float


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """The box on a template's page in which a content stands."""

    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float


class Template(Named, frozen=True, kw_only=True):
    """制式: a form of document, told by fixed words at fixed places on its first page.

    A document's facts name it `receipt-v1@1`: name and version.
    """

    document_type: str
    version: int
    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]
    fields: Mapping[str, Field] = {}
