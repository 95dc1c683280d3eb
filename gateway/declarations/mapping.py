"""How what a place gives becomes a request: which text of it is the number, the type, the seal.

Each value is a text, which is meant as it stands, or a mapping that says where it is taken from:
exactly one of `group`, `field`, `json` and `column`, with a default and a translation.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from gateway.declarations.name_patterns import NamePattern, NamePatternError
from policies.kinds.placement import WrittenPlacement
from policies.kinds.spelling import AttributeName
from strictyaml import StrictModel, refusal

_WAYS = ("group", "field", "json_", "column")


def _is_pattern(text: str) -> str:
    try:
        NamePattern(text)
    except NamePatternError as error:
        raise refusal(str(error), error.cure) from None
    return text


def _is_pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise refusal(
            f"`{text}` is no path into JSON", "begin with a slash, such as /waybill/number"
        )
    return text


Text = Annotated[str, Field(min_length=1, max_length=300)]
Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_is_pattern)]
Pointer = Annotated[str, Field(max_length=300), AfterValidator(_is_pointer)]
"""A JSON pointer (RFC 6901)."""


class Taken(StrictModel):
    """A text that is taken from what came.

    Attributes:
        group: of `fileName`, `path` or `text`.
        field: what the place says besides: a message header, a column of a table.
        json_: a JSON pointer into the body, or into the file beside it (`beside: json`).
        column: of the CSV or JSONL that lists the files (`beside: manifest`).
        default: where there is none.
        translate: what stands there, and what it means; what is not listed is a mistake.
    """

    group: AttributeName | None = None
    field: Text | None = None
    json_: Pointer | None = Field(default=None, alias="json")
    column: Text | None = None
    default: Text | None = None
    translate: dict[Text, Text] | None = None

    @model_validator(mode="after")
    def _takes_it_from_one_place(self) -> Self:
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise refusal(
                "a value is taken from exactly one of group, field, json, column",
                "keep one of them, or write the text itself: `seal: receipt-east`",
            )
        return self


def _form(written: object) -> str:
    return "taken" if isinstance(written, dict | Taken) else "text"


Value = Annotated[
    Annotated[Text, Tag("text")] | Annotated[Taken, Tag("taken")], Discriminator(_form)
]


class DocumentSpec(StrictModel):
    """Where the document is, if what came is JSON that holds it in base64."""

    json_: Pointer = Field(alias="json")
    encoding: Literal["base64"] = "base64"


class MappingSpec(StrictModel):
    """How a request is made of what came.

    Attributes:
        file_name: the name's last part must fit; its groups can be used.
        path: the whole name must fit, folders included, with `/` between them.
        text: somewhere in the document's text, as people see it, must be something that fits; its
            groups can be used. White space beside Chinese characters is left out.
        beside: what lies beside each document: `json`, a file `NAME.json` for each `NAME.pdf`;
            `manifest`, a CSV or JSONL in the same folder that lists them.
        document: where the document is in a JSON body; None: what came is the document.
        file_column: the column that names the file, where `beside: manifest` lists them; without
            it, the column `file`.
        seal: the first seal.
        further: further seals of the same act.
        document_type: the type.
        business_number: the number.
        attributes: name → value; what is taken and absent is left out.
        requested_by: the person for whom the system asks.
        placement: where the stamp goes; None: where the rule says.
    """

    file_name: Pattern | None = None
    path: Pattern | None = None
    text: Pattern | None = None
    beside: Literal["json", "manifest"] | None = None
    document: DocumentSpec | None = None
    file_column: Text | None = None
    seal: Value
    further: Annotated[tuple[Value, ...], Field(max_length=10)] = ()
    document_type: Value
    business_number: Value
    attributes: dict[AttributeName, Value] = Field(default_factory=dict)
    requested_by: Value | None = None
    placement: WrittenPlacement | None = None

    @property
    def values(self) -> tuple[Text | Taken, ...]:
        """All of them."""
        named = (self.seal, self.document_type, self.business_number, self.requested_by)
        every = (*named, *self.further, *self.attributes.values())
        return tuple(value for value in every if value is not None)

    @property
    def groups(self) -> frozenset[str]:
        """Those that the patterns name."""
        patterns = (each for each in (self.file_name, self.path, self.text) if each is not None)
        return frozenset().union(*(NamePattern(each).groups for each in patterns))

    @model_validator(mode="after")
    def _can_be_followed(self) -> Self:
        for value in self.values:
            if not isinstance(value, Taken):
                continue
            if value.group is not None and value.group not in self.groups:
                raise refusal(
                    f"no pattern (fileName, path, text) has a group called `{value.group}`",
                    f"write (?P<{value.group}>…) into one of these",
                )
            if value.column is not None and self.beside != "manifest":
                raise refusal(
                    f"no file lists columns, so there is no `{value.column}`",
                    "add `beside: manifest`, or take it from a `field`",
                )
            if self.beside == "manifest" and (
                value.column is None or value.default is not None or value.translate is not None
            ):
                raise refusal(
                    "where a manifest lists the documents, each value is a text or a column",
                    "write `{column: NAME}`, or the text that holds for all",
                )
        if self.text is not None and (self.document or self.beside == "manifest"):
            raise refusal(
                "the text is read of documents that come by themselves, not in JSON or with a list",
                "remove `text:`, and take the values from the JSON or from columns",
            )
        if self.beside == "manifest" and not isinstance(self.business_number, Taken):
            raise refusal(
                "all documents would have one business number",
                "write `businessNumber: {column: NAME}`",
            )
        if self.file_column is not None and self.beside != "manifest":
            raise refusal("no file lists columns", "add `beside: manifest`")
        return self
