"""Which template the first page follows, and what stands in its fields."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.documents.content.lines import Line, lines_of
from gateway.documents.content.spacing import running
from gateway.documents.placing.geometry import Area, PageGeometry
from gateway.documents.placing.keywords import folded
from policies.objects.documents import Field, Template
from policies.templates.matching import Point, fingerprint, followed, title_of

_NONE: Final[dict[str, Any]] = {"template": "", "fingerprint": "", "fields": {}}


def form_facts(
    templates: Sequence[Template], geometry: PageGeometry, lines: Sequence[Line]
) -> dict[str, Any]:
    """`template`, `fingerprint` and `fields` of `policies.model.ContentFacts`.

    Args:
        templates: of the document's type.
        geometry: of the first page.
        lines: what people see on it.
    """
    marks = {mark.text for template in templates for mark in template.marks}
    found = {text: _corners(text, lines) for text in marks}
    template = followed(templates, (geometry.width_mm, geometry.height_mm), found)
    if template is None:
        return _NONE
    fields = {name: _within(field, lines) for name, field in template.fields.items()}
    return {
        "template": title_of(template),
        "fingerprint": fingerprint(template),
        "fields": fields,
    }


def _corners(text: str, lines: Sequence[Line]) -> list[Point]:
    words = folded(text)
    areas = (area for line in lines for area in line.corners_of(words))
    return [(area.left_mm, area.top_mm) for area in areas]


def _within(field: Field, lines: Sequence[Line]) -> str:
    box = Area(field.left_mm, field.top_mm, field.width_mm, field.height_mm)
    glyphs = (each.glyph for line in lines for each in line.placed)
    inside = lines_of(glyph for glyph in glyphs if box.surrounds(*glyph.ink.middle))
    return running("\n".join(line.text for line in inside))
