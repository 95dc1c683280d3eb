"""The kind of YAML document that describes a form of documents, 制式."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.kinds.spelling import AttributeName, Distance, Length, Name
from policies.kinds.things import Kind
from strictyaml import StrictModel, refusal

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


class PageSpec(StrictModel):
    """The size of the page as a reader sees it."""

    width_millimetres: Length
    height_millimetres: Length


class MarkSpec(StrictModel):
    """Fixed words, and where the top left corner of their box is."""

    text: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)]
    left_millimetres: Distance
    top_millimetres: Distance


class FieldSpec(StrictModel):
    """The box in which a content stands."""

    left_millimetres: Distance
    top_millimetres: Distance
    width_millimetres: Length
    height_millimetres: Length


class TemplateSpec(StrictModel):
    """A form of documents, told by fixed words at fixed places on its first page."""

    document_type: Name
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    page: PageSpec
    marks: Annotated[tuple[MarkSpec, ...], Field(min_length=1, max_length=200)]
    fields: dict[AttributeName, FieldSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stays_on_the_page(self) -> Self:
        cure = "measure from the page's top left corner, in millimetres"
        for mark in self.marks:
            if not self._holds(mark.left_millimetres, mark.top_millimetres):
                raise refusal(f"the mark `{mark.text}` lies beside the page", cure)
        for name, box in self.fields.items():
            right = box.left_millimetres + box.width_millimetres
            if not self._holds(right, box.top_millimetres + box.height_millimetres):
                raise refusal(f"the field `{name}` reaches beyond the page", cure)
        return self

    def _holds(self, left: float, top: float) -> bool:
        return left <= self.page.width_millimetres and top <= self.page.height_millimetres


class TemplateKind(Kind):
    """`kind: Template`."""

    kind: Literal["Template"]
    spec: TemplateSpec
