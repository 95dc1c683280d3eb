"""Kinds of documents, and the templates (制式) that they follow. Lengths are millimetres."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from policies.calendar import OFFICE_ZONE
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


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long the content of sealed documents is kept; their digests and records stay for good.

    Attributes:
        keep: the content for `years` (None: for good), or, with `digests`, only for `collect_days`,
            in which its system collects it.
        years: calendar years of the office from the moment in the signature.
        collect_days: days from that moment.
    """

    keep: Literal["content", "digests"] = "content"
    years: int | None = None
    collect_days: int = 7

    def until(self, signed_at: datetime) -> datetime | None:
        """The first moment at which content is not kept any more; None: it is kept for good.

        What was signed on 29 February ends on 1 March.
        """
        if self.keep == "digests":
            return signed_at + timedelta(days=self.collect_days)
        if self.years is None:
            return None
        local = signed_at.astimezone(OFFICE_ZONE)
        try:
            return local.replace(year=local.year + self.years)
        except ValueError:
            return local.replace(year=local.year + self.years, month=3, day=1)


class DocumentType(Named, frozen=True, kw_only=True):
    """A kind of business document and the attributes that a request must or may give.

    `normalize`: documents are written anew before they are sealed. `counterparty`: the attribute
    that names the other side, of which a freeze may speak. `retention`: how long content is kept.
    """

    title: str | None = None
    attributes: Mapping[str, Attribute] = {}
    intake: Intake = Intake()
    normalize: bool = False
    counterparty: str | None = None
    retention: Retention = Retention()


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
