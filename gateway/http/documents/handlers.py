"""GET /v1/documents/{id}: what was sealed, and why, for the system that had it sealed."""

from typing import Any

from aiohttp import web

from gateway.http import answers
from gateway.http.describing import PDF, answered, json_of, path_parameter, reference
from gateway.http.documents.schemas import SCHEMAS
from gateway.http.routes import WHO, Route
from gateway.signing.archive import Archive

_PATH = "/v1/documents/{id}"


class Documents:
    """The handlers, and where they look."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", _PATH, "document", "document.read", self.document),
            Route("GET", f"{_PATH}/content", "content", "document.read", self.content),
            Route("GET", f"{_PATH}/decision", "decision", "document.read", self.decision),
        )

    async def document(self, request: web.Request) -> web.StreamResponse:
        """Its metadata."""
        row = await self._archive.row(request.match_info["id"], request[WHO].caller)
        return answers.plain_json(answers.metadata(row, await self._archive.parts(row)))

    async def content(self, request: web.Request) -> web.StreamResponse:
        """The sealed PDF."""
        sealed = await self._archive.sealed(request.match_info["id"], request[WHO].caller)
        return answers.pdf_response(sealed)

    async def decision(self, request: web.Request) -> web.StreamResponse:
        """Why it was allowed."""
        row = await self._archive.row(request.match_info["id"], request[WHO].caller)
        return answers.plain_json(answers.decision(row, await self._archive.parts(row)))


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return {
        _PATH: {
            "get": _read("getDocument", "Metadata of a document", json_of(reference("Document")))
        },
        f"{_PATH}/content": {
            "get": _read("getContent", "The sealed PDF", {"application/pdf": {"schema": PDF}})
        },
        f"{_PATH}/decision": {
            "get": _read(
                "getDecision", "Why the seal was allowed", json_of(reference("DecisionRecord"))
            )
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    return SCHEMAS


def _read(operation: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        **answered(operation, summary, content),
        "parameters": [path_parameter("id", "The document's id.")],
    }
