"""/v1/approvals: what waits for people, and what they say of it."""

from typing import Annotated, Any, TypeVar, get_args

from aiohttp import web
from pydantic import Field, ValidationError

from gateway.approvals.review import ApprovalReview
from gateway.approvals.showing import ApprovalState, ApprovalView
from gateway.clock import Clock
from gateway.http import answers
from gateway.http.approvals.answers import summary, whole
from gateway.http.approvals.schemas import SCHEMAS
from gateway.http.describing import (
    answered,
    json_of,
    path_parameter,
    query_parameter,
    reference,
)
from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.intake import read_body
from gateway.http.routes import TOLD, WHO, Route
from strictyaml import StrictModel

_PATH = "/v1/approvals"
_STATES: dict[str, ApprovalState] = {state: state for state in get_args(ApprovalState)}
_MOST_BYTES = 0
_STANDING: dict[str, Any] = {
    "type": "object",
    "properties": {"approval": {"type": "string"}, "state": {"enum": list(_STATES)}},
}


class StatementInput(StrictModel):
    """What somebody says of an approval."""

    statement: Annotated[
        str,
        Field(
            max_length=65_536,
            description="A JWS in compact serialization (RFC 7515 §7.1) of typ sealgate-approval.",
        ),
    ]


class OATokenInput(StrictModel):
    """What an OA system says of an approval."""

    token: Annotated[
        str,
        Field(
            max_length=8192,
            description="A JWS in compact serialization (RFC 7515 §7.1) of typ "
            "sealgate-oa-approval, by a key of an ApprovalSource.",
        ),
    ]


InputT = TypeVar("InputT", StatementInput, OATokenInput)


class Approvals:
    """The handlers, and what they ask."""

    def __init__(self, review: ApprovalReview, *, clock: Clock) -> None:
        self._review = review
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        one = f"{_PATH}/{{id}}"
        return (
            Route("GET", _PATH, "approvals", "approval.read", self.approvals),
            Route("GET", one, "approval", "approval.read", self.approval),
            Route("POST", f"{one}/statements", "approval-said", "approval.decide", self.say),
            Route("POST", f"{one}/oa", "approval-by-oa", "approval.decide", self.say_for_oa),
        )

    async def approvals(self, request: web.Request) -> web.StreamResponse:
        """Those that concern the caller."""
        unknown = sorted(request.query.keys() - {"state"})
        state = request.query.get("state")
        if unknown or (state is not None and state not in _STATES):
            raise MalformedRequestProblem(
                f"{request.query_string!r}: the query is `state=` and one of {', '.join(_STATES)}"
            )
        listed = await self._review.listed(
            request[WHO].caller, None if state is None else _STATES[state], at=self._clock.now()
        )
        return answers.plain_json({"approvals": [summary(each) for each in listed]})

    async def approval(self, request: web.Request) -> web.StreamResponse:
        """One, with all that whoever approves should see."""
        shown = await self._review.shown(
            request.match_info["id"], request[WHO].caller, at=self._clock.now()
        )
        return answers.plain_json(whole(shown))

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Somebody approves or rejects."""
        who = request[WHO]
        said = await _input(request, StatementInput)
        shown = await self._review.take_statement(
            request.match_info["id"],
            said.statement,
            caller=who.caller,
            nonce=who.nonce,
            at=self._clock.now(),
        )
        request[TOLD] = _told(shown)
        return answers.plain_json(whole(shown))

    async def say_for_oa(self, request: web.Request) -> web.StreamResponse:
        """An OA system says that somebody has approved; whoever brings its token learns no more."""
        said = await _input(request, OATokenInput)
        shown = await self._review.take_oa_token(
            request.match_info["id"],
            said.token,
            nonce=request[WHO].nonce,
            at=self._clock.now(),
        )
        request[TOLD] = _told(shown)
        return answers.plain_json(_told(shown))


async def _input(request: web.Request, model: type[InputT]) -> InputT:
    body = await read_body(request, max_document_bytes=_MOST_BYTES)
    request[WHO].check_body(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        (name,) = model.model_fields
        raise MalformedRequestProblem(f'the body is {{"{name}": "…"}}: {first["msg"]}') from None


def _told(shown: ApprovalView) -> dict[str, object]:
    return {"approval": shown.row.id, "state": shown.state}


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    approval = json_of(reference("Approval"))
    id_ = path_parameter("id", "The approval's id.")
    state = query_parameter("state", {"enum": list(_STATES)}, "Only those in this state.")
    return {
        _PATH: {
            "get": _operation(
                "listApprovals",
                "The newest approvals that concern the caller",
                json_of(reference("Approvals")),
                parameters=[state],
            )
        },
        f"{_PATH}/{{id}}": {
            "get": _operation(
                "getApproval", "What is to be approved, and by which rule", approval, [id_]
            )
        },
        f"{_PATH}/{{id}}/statements": {
            "post": {
                **_operation("decideApproval", "Approve or reject", approval, [id_]),
                "description": "A person's own statement, signed with a key that the policies "
                "name. One rejection ends the approval.",
                "requestBody": {"required": True, "content": json_of(reference("Statement"))},
            }
        },
        f"{_PATH}/{{id}}/oa": {
            "post": {
                **_operation("approveByOA", "An OA system has approved", json_of(_STANDING), [id_]),
                "description": "The token of an OA system that the policies name. Whoever brings "
                "it has no say; a token that came before for the same use changes nothing.",
                "requestBody": {"required": True, "content": json_of(reference("OAToken"))},
            }
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    return {
        **SCHEMAS,
        "Statement": StatementInput.model_json_schema(by_alias=True),
        "OAToken": OATokenInput.model_json_schema(by_alias=True),
    }


def _operation(
    operation: str, summary_: str, content: dict[str, Any], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    return {**answered(operation, summary_, content), "parameters": parameters}
