"""The API as OpenAPI 3.1, from the routes and the very types that they take and give."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from cloud_bridge.network import problems
from cloud_bridge.network.http.answers import MESSAGE_PACK, PROBLEM_BASE
from cloud_bridge.network.http.routes import Route
from cloud_bridge.wire import Content, Parcel

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "cure", "owner"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "cure", "trace")},
        "status": {"type": "integer"},
        "owner": {"enum": ["caller", "officer", "it", "partner"]},
        "reason": {"type": "string", "description": "Of `not-allowed`: a word that stays."},
    },
}


def openapi(routes: Sequence[Route], *, version: str) -> bytes:
    """The description of the routes, JSON; pages for persons are left out."""
    told = [route for route in routes if route.who != "page"]
    types = [kind for route in told for kind in (route.takes, route.gives) if kind is not None]
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(
        unique, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in told:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Sealgate account network",
                "version": version,
                "description": "Requests of organisations are signed (RFC 9421, Ed25519) and come "
                "with a client certificate; see docs/network.md.",
            },
            "paths": paths,
            "components": {
                "schemas": {**components, "Problem": _PROBLEM},
                "responses": {
                    "Problem": {
                        "description": "; ".join(_problem_words()),
                        "content": {
                            "application/problem+json": {
                                "schema": {"$ref": "#/components/schemas/Problem"}
                            }
                        },
                    }
                },
                "securitySchemes": {"clientCertificate": {"type": "mutualTLS"}},
            },
        }
    )


def problem_types() -> list[type[problems.NetworkProblem]]:
    """All problems that organisations are told, by their words; pages have their own."""
    found = {each.type: each for each in _below(problems.NetworkProblem) if each.of_the_api}
    return [found[word] for word in sorted(found)]


def _below(kind: type[problems.NetworkProblem]) -> Iterator[type[problems.NetworkProblem]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _problem_words() -> Iterable[str]:
    for each in problem_types():
        yield f"{each.status} {PROBLEM_BASE}{each.type}: {each.title}"


def _operation(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    named = [(name, "path") for name in _PARAMETER.findall(route.path)]
    named += [(name, "query") for name in route.query]
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [
            {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}
            for name, where in named
        ],
        "responses": {"2XX": {"description": "Done."}, "default": {"$ref": _PROBLEM_ANSWER}},
    }
    if route.who == "organisation":
        operation["security"] = [{"clientCertificate": []}]
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": _body(route.takes, schemas)}
    if route.gives is not None:
        operation["responses"]["2XX"]["content"] = _body(route.gives, schemas, packs=route.packs)
    return operation


_PROBLEM_ANSWER: Final = "#/components/responses/Problem"


def _body(kind: type, schemas: dict[Any, dict[str, Any]], *, packs: bool = False) -> dict[str, Any]:
    media = ["application/json"] + [MESSAGE_PACK] * packs
    if kind in {Content, Parcel}:
        media = [MESSAGE_PACK]
    return {each: {"schema": schemas[kind]} for each in media}
