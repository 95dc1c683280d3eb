"""The kinds of documents as one JSON Schema (2020-12), so that editors complete and check.

It says what single documents look like. What it cannot say, such as a name that leads nowhere or a
condition that is no CEL, `policies.loader` says; so whatever the schema refuses the loader refuses,
and not the other way round.
"""

import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from policies.reading.library import KINDS

NAME: Final = "sealgate-v1.json"
"""Of the published file."""


def json_schema() -> dict[str, Any]:
    """The schema; the same every time."""
    references, definitions = models_json_schema(
        [(kind, "validation") for kind in KINDS.values()], schema_generator=_Plain
    )
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Sealgate policies, sealgate/v1",
        "oneOf": list(references.values()),
        **definitions,
    }


def schema_text() -> str:
    """The schema as the published file has it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


class _Plain(GenerateJsonSchema):
    """Without titles, which only repeat the keys, and without defaults that say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - theirs
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if found.get("default", ...) is None:
            del found["default"]
        return found

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        found.pop("title", None)
        return found
