"""Words in which handlers describe their routes, in OpenAPI 3.1."""

from typing import Any

PDF = {"type": "string", "contentMediaType": "application/pdf", "format": "binary"}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
PROBLEM = {"$ref": "#/components/responses/Problem"}
"""The response for everything that went wrong."""


def reference(schema: str) -> dict[str, str]:
    """A type by its name in the description."""
    return {"$ref": f"#/components/schemas/{schema}"}


def json_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The content of a body in JSON."""
    return {"application/json": {"schema": schema}}


def path_parameter(name: str, description: str) -> dict[str, Any]:
    """A part of the path that varies."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
    }


def query_parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    """Something that may stand in the query; what its name says needs no description."""
    told = {"description": description} if description else {}
    return {"name": name, "in": "query", **told, "schema": schema}


def list_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Any number of it."""
    return {"type": "array", "items": schema}


def answered(
    operation: str, summary: str, content: dict[str, Any], *, status: str = "200"
) -> dict[str, Any]:
    """What is asked, and what comes back: its content, or a problem.

    Args:
        operation: its `operationId`.
        summary: for people.
        content: of the answer, by media type.
        status: of the answer.
    """
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {
            status: {"description": summary, "content": content},
            "default": PROBLEM,
        },
    }
