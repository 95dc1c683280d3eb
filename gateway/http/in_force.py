"""GET /v1/policies: which policies decide, for whoever watches many gateways."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from aiohttp import web

from gateway.http import answers
from gateway.http.describing import answered, json_of, reference
from gateway.http.routes import Route

_PATH = "/v1/policies"


class RefusedFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A bundle file that does not come into force.

    Attributes:
        file: its name.
        digest: SHA-256 of its bytes, hex; empty where they could not be read.
        sequence: its number, where it says one.
        why: what is wrong, and what to do.
        at: when it was refused, where that is told.
    """

    file: str
    digest: str
    sequence: int | None = None
    why: str
    at: datetime | None = None


class PolicyStanding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which policies decide.

    Attributes:
        source: where they come from.
        bundle: their digest, as decisions and records name it; None: nothing ever was in force.
        sequence: the number of the bundle file.
        signed_by: the officers who have signed it.
        since: when it came into force; of a directory, when this gateway read it.
        refused: the files that lie there, and bundles on record, that do not come into force.
        last_refused: what was refused last since this gateway started, though it may be gone.
        failed: why the last look at the policies failed, if it did.
    """

    source: Literal["directory", "bundles"]
    bundle: str | None
    sequence: int | None = None
    signed_by: tuple[str, ...] = ()
    since: datetime | None = None
    refused: tuple[RefusedFile, ...] = ()
    last_refused: RefusedFile | None = None
    failed: str | None = None


class PoliciesInForce:
    """The handler, and whom it asks."""

    def __init__(self, standing: Callable[[], PolicyStanding]) -> None:
        self._standing = standing

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (Route("GET", _PATH, "policies", "policy.read", self.answer),)

    async def answer(self, _request: web.Request) -> web.StreamResponse:
        """Which policies decide, since when, and what was refused."""
        return answers.plain_json(self._standing())


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    summary = "Which policies decide, since when, who signed them, and what was refused"
    standing = json_of(reference("PolicyStanding"))
    return {_PATH: {"get": answered("getPolicies", summary, standing)}}


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    _, schemas = msgspec.json.schema_components(
        (PolicyStanding, RefusedFile), ref_template="#/components/schemas/{name}"
    )
    return schemas
