"""POST /v1/policies/…: seeing before doing, the desk's questions over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

import msgspec
from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, Base64Bytes, Field, model_validator

from gateway.clock import Clock
from gateway.desk.asking import Desk
from gateway.desk.wire import (
    Check,
    Compare,
    ExplainRecord,
    ExplainRequest,
    Question,
    Simulate,
    Test,
)
from gateway.http.describing import answered, json_of, reference
from gateway.http.reading.intake import ModelT, parsed_json, read_body
from gateway.http.routes import WHO, Route
from strictyaml import StrictModel, refusal

_PATH = "/v1/policies"
_MOST_BYTES = 16 * 1024 * 1024
_USUAL_SPAN = timedelta(days=30)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_INDEX = 2**63 - 1
"""Of a row; the database knows no larger numbers."""


def _in_utc(written: datetime) -> datetime:
    try:
        found = written.astimezone(UTC)
    except OverflowError:
        raise refusal("this moment is beyond the calendar", "name a later or earlier one") from None
    if found < _EARLIEST:
        raise refusal("a gateway has decided nothing before 1970", "name a later moment")
    return found


_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]

_Sources = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=300)], str],
    Field(min_length=1, max_length=100_000, description="YAML texts by file name."),
]
_BundleFile = Annotated[Base64Bytes, Field(description="A bundle file, in base64.")]
_Policies = _Sources | _BundleFile


class CheckInput(StrictModel):
    """Which policies; without `sources` those in force."""

    sources: _Policies | None = None
    strict: bool = Field(default=False, description="Whether a warning is as good as a mistake.")
    follows: bool = Field(
        default=False,
        description="Whether what cannot follow the policies in force is a mistake, such as a seal "
        "that skips a step of its life.",
    )


class PolicyTestInput(StrictModel):
    """Which policies; without `sources` those in force."""

    sources: _Policies | None = None


class ExplainInput(StrictModel):
    """An imagined request, or the number of the audit record of one that was decided."""

    sources: _Policies | None = None
    request: dict[str, Any] | None = Field(
        default=None, description="As a policy's test has it under `request:`."
    )
    record: int | None = Field(
        default=None, ge=0, le=_LARGEST_INDEX, description="Index of an audit record."
    )

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.request is None) == (self.record is None):
            raise refusal(
                "`request` and `record` are two questions",
                "give one of them",
            )
        return self


class DiffInput(StrictModel):
    """Two bundles; without `old` the one in force."""

    old: _Policies | None = None
    new: _Policies


class SimulateInput(StrictModel):
    """Other policies, and which part of the past; by default the last 30 days."""

    new: _Policies
    since: _Moment | None = None
    until: _Moment | None = None


class PolicyQuestions:
    """The handlers, and the desk that they ask."""

    def __init__(self, desk: Desk, *, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return tuple(
            Route(
                "POST", f"{_PATH}/{name}", f"policies-{name}", "policy.look", handler, bounded=True
            )
            for name, handler in (
                ("check", self.check),
                ("test", self.test),
                ("explain", self.explain),
                ("diff", self.diff),
                ("simulate", self.simulate),
            )
        )

    async def check(self, request: web.Request) -> web.StreamResponse:
        """Every mistake, and what may be meant otherwise."""
        asked = await _asked(request, CheckInput)
        return await self._answer(
            Check(
                sources=asked.sources,
                strict=asked.strict,
                follows=asked.follows,
                at=self._now(),
            )
        )

    async def test(self, request: web.Request) -> web.StreamResponse:
        """The policies' own tests."""
        asked = await _asked(request, PolicyTestInput)
        return await self._answer(Test(sources=asked.sources))

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """How a request is decided, or was."""
        asked = await _asked(request, ExplainInput)
        if asked.record is not None:
            return await self._answer(ExplainRecord(sources=asked.sources, record=asked.record))
        imagined = msgspec.json.encode(asked.request).decode()
        return await self._answer(
            ExplainRequest(sources=asked.sources, request=imagined, at=self._now())
        )

    async def diff(self, request: web.Request) -> web.StreamResponse:
        """Who gains or loses what."""
        asked = await _asked(request, DiffInput)
        return await self._answer(Compare(old=asked.old, new=asked.new, at=self._now()))

    async def simulate(self, request: web.Request) -> web.StreamResponse:
        """What the past would have looked like."""
        asked = await _asked(request, SimulateInput)
        until = asked.until or self._now()
        since = asked.since or until - _USUAL_SPAN
        return await self._answer(Simulate(new=asked.new, since=since, until=until))

    async def _answer(self, question: Question) -> web.StreamResponse:
        report = await self._desk.ask(question)
        return web.Response(body=report, content_type="application/json")

    def _now(self) -> datetime:
        return self._clock.now()


async def _asked(request: web.Request, model: type[ModelT]) -> ModelT:
    body = await read_body(request, max_document_bytes=_MOST_BYTES)
    request[WHO].check_body(body)
    return parsed_json(body, model, word="the body")


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    described = (
        ("check", "CheckInput", "Every mistake of policies, and what may be meant otherwise"),
        ("test", "PolicyTestInput", "Run the tests that policies carry"),
        ("explain", "ExplainInput", "How a request is decided, or was"),
        ("diff", "DiffInput", "Who gains or loses what between two bundles of policies"),
        ("simulate", "SimulateInput", "What the past would have looked like under other policies"),
    )
    return {
        f"{_PATH}/{name}": {"post": _post(name, schema, summary)}
        for name, schema, summary in described
    }


def _post(name: str, schema: str, summary: str) -> dict[str, Any]:
    return {
        **answered(f"{name}Policies", summary, json_of({"type": "object"})),
        "description": f"The report is what `sealgate policy {name} --json` prints.",
        "requestBody": {"required": True, "content": json_of(reference(schema))},
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    models = (CheckInput, PolicyTestInput, ExplainInput, DiffInput, SimulateInput)
    return {
        model.__name__: model.model_json_schema(
            by_alias=True, ref_template="#/components/schemas/{model}"
        )
        for model in models
    }
