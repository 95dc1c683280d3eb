"""GET /v1/usage: who used which seal how often, as far as the caller may know."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

from aiohttp import web
from sqlalchemy import Engine

from gateway.http import answers
from gateway.http.callers.access import powers_of
from gateway.http.describing import answered, json_of, list_of, query_parameter
from gateway.http.errors import MalformedRequestProblem
from gateway.http.routes import WHO, Route
from gateway.seals.in_force import InForce
from gateway.usage.model import DIMENSIONS, Dimension, Period, Scope, UsageRow, in_order
from gateway.usage.reading import as_csv, usage
from policies.deciding.group import Group
from policies.model import Caller
from policies.powers import may

_PATH = "/v1/usage"
_PARAMETERS = ("by", "first", "last", "format")
_DEFAULT: tuple[Dimension, ...] = ("month", "company", "seal")


class Usage:
    """The handler, and what it asks."""

    def __init__(self, *, in_force: Callable[[], InForce], reader: Engine) -> None:
        self._in_force = in_force
        self._reader = reader

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (Route("GET", _PATH, "usage", "usage.read", self.usage),)

    async def usage(self, request: web.Request) -> web.StreamResponse:
        """Sums of what the caller may see, as JSON or CSV."""
        by, period, wants_csv = _asked(request)
        scope = _scope(request[WHO].caller, self._in_force())
        rows = await asyncio.to_thread(self._read, by, period, scope)
        if wants_csv:
            return web.Response(text=as_csv(by, rows), content_type="text/csv", charset="utf-8")
        return answers.plain_json({"by": by, "usage": rows})

    def _read(self, by: tuple[Dimension, ...], period: Period, scope: Scope) -> list[UsageRow]:
        with self._reader.connect() as connection:
            return usage(connection, by, period=period, scope=scope)


def _asked(request: web.Request) -> tuple[tuple[Dimension, ...], Period, bool]:
    query = request.query
    unknown = ", ".join(sorted(query.keys() - set(_PARAMETERS)))
    wanted = query.get("format", "json")
    if unknown or wanted not in ("json", "csv"):
        raise MalformedRequestProblem(
            f"{request.query_string!r}: the query has {', '.join(_PARAMETERS)}, "
            "and `format` is json or csv"
        )
    try:
        by = in_order(query["by"].split(",")) if "by" in query else _DEFAULT
        ends = [
            date.fromisoformat(query[name]) if name in query else None for name in ("first", "last")
        ]
    except ValueError as error:
        raise MalformedRequestProblem(f"{request.query_string!r}: {error}") from None
    return by, Period(*ends), wanted == "csv"


def _scope(caller: Caller, in_force: InForce) -> Scope:
    """An auditor and a seal manager see their company and those below it, others themselves."""
    if not may(powers_of(caller, in_force), "policy.read"):
        return Scope(systems=frozenset({caller.system}))
    companies = in_force.bundle.companies
    group = Group(companies)
    below = {name for name in companies if group.is_below(name, caller.company)}
    return Scope(companies=frozenset({caller.company, *below}))


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    text = {"type": "string"}
    counts = {name: {"type": "integer"} for name in ("seals", "documents")}
    row = {
        "type": "object",
        "properties": dict.fromkeys(DIMENSIONS, text) | counts,
        "required": list(counts),
    }
    sums = {
        "type": "object",
        "properties": {"by": list_of({"enum": list(DIMENSIONS)}), "usage": list_of(row)},
        "required": ["by", "usage"],
    }
    summary = "How many seals and documents were released"
    of = f"Of {', '.join(DIMENSIONS)}, with commas between."
    return {
        _PATH: {
            "get": {
                **answered("getUsage", summary, {**json_of(sums), "text/csv": {"schema": text}}),
                "description": "A system and a person see their own; auditors and seal managers "
                "see their company and those below it. Days are the office's calendar days.",
                "parameters": [
                    query_parameter("by", text, of),
                    query_parameter("first", text, "The first day, ISO 8601."),
                    query_parameter("last", text, "The last day, ISO 8601."),
                    query_parameter("format", text, "`json` (default) or `csv`."),
                ],
            }
        }
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    return {}
