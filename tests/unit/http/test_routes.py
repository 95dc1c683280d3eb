"""Every route behind the one door: who is let in, and whether the description is true."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.approvals.review import ApprovalReview
from gateway.client import RequestSigner
from gateway.desk.asking import Desk
from gateway.freezes.book import FreezeBook
from gateway.freezes.service import FreezeService
from gateway.http.app import API
from gateway.http.approvals.handlers import Approvals
from gateway.http.batches.handlers import Batches
from gateway.http.batches.streams import BatchStreams
from gateway.http.batches.submission import BatchSubmission
from gateway.http.callers.access import powers_of, require
from gateway.http.callers.authentication import Authenticator
from gateway.http.callers.nonces import NonceBook
from gateway.http.callers.verification_keys import VerificationKeys
from gateway.http.envelopes.handlers import EnvelopeRoutes
from gateway.http.envelopes.submission import EnvelopeSubmission
from gateway.http.errors import NotYoursProblem
from gateway.http.events import Events
from gateway.http.freezes import Freezes
from gateway.http.holds import Holds
from gateway.http.in_force import PoliciesInForce, PolicyStanding
from gateway.http.openapi import openapi
from gateway.http.operation.metrics import Metrics
from gateway.http.operation.readiness import Readiness
from gateway.http.policies import PolicyQuestions
from gateway.http.reading.uploads import Uploads
from gateway.http.routes import WHO, Route
from gateway.http.usage import Usage
from gateway.jobs.queue import DatabaseQueue
from gateway.retention.holds import HoldBook
from gateway.returns.records import EventReader
from gateway.returns.replaying import Replays
from gateway.returns.stopping import Stops
from gateway.returns.targets import TargetBook
from gateway.seals.in_force import InForce
from gateway.store.approvals import ApprovalReader
from gateway.store.database import SQLiteFile, open_reader
from policies.model import Caller
from policies.objects.people import Role
from policies.objects.systems import System, SystemKey
from policies.powers import Action, Power
from tests.signing_house import House, signing_house

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "https://sealgate.example"


def with_powers(house: House, *powers: Power) -> InForce:
    """What is in force, with one system that has a role for each of these powers."""
    key = SystemKey(id="key", algorithm="ed25519", public_key=KEY.public_key().public_bytes_raw())
    system = System(name="tms", company="east", roles=frozenset(powers), keys=(key,))
    roles = {power: Role(name=power, power=power) for power in powers}
    return replace(
        house.in_force,
        bundle=replace(house.in_force.bundle, roles=roles),
        keys={"key": (system, key)},
    )


async def greet(request: web.Request) -> web.StreamResponse:
    """A handler of a later room."""
    return web.Response(text=f"{request[WHO].caller.system} was let in")


def further(action: Action | None, *, bounded: bool = False) -> Route:
    return Route("POST", "/v1/further", "further", action, greet, bounded=bounded)


def api_of(
    house: House,
    in_force: InForce,
    *routes: Route,
    most_requests: int = 10,
    origin: str | None = ORIGIN,
) -> API:
    return API(
        signing=house.service,
        archive=house.archive,
        authenticator=Authenticator(
            in_force=lambda: in_force,
            keys=VerificationKeys(house.directory, clock=house.clock),
            external_url=origin,
            skew=timedelta(minutes=5),
            nonces=NonceBook(),
            clock=house.clock,
        ),
        readiness=Readiness({}, clock=house.clock),
        metrics=Metrics(),
        gauges=lambda _: None,
        clock=house.clock,
        max_document_bytes=1000,
        max_requests_at_once=most_requests,
        further=routes,
    )


def events_of(house: House) -> tuple[Route, ...]:
    """Those of the room of returns, where nothing was told to anybody."""
    events = EventReader(open_reader(house.directory / "test.sqlite"))
    targets, queue = TargetBook(), DatabaseQueue(lane=house.lane, clock=house.clock, holder="test")
    replays = Replays(
        lane=house.lane,
        queue=queue,
        events=events,
        targets=targets,
        stops=Stops(targets, {}, clock=house.clock),
        resumed=lambda _subject: None,
    )
    return Events(replays, events, standing=lambda _webhook: "taking").routes()


def of_every_room(house: House) -> tuple[Route, ...]:
    """The routes of the rooms that bring their own."""
    freezes = FreezeService(
        book=FreezeBook(),
        lane=house.lane,
        audit=house.audit,
        in_force=lambda: house.in_force,
        clock=house.clock,
    )
    review = ApprovalReview(
        in_force=lambda: house.in_force,
        approvals=ApprovalReader(house.engine),
        audit=house.audit,
        lane=house.lane,
    )
    desk = Desk(
        policies=lambda: house.directory, database=SQLiteFile(str(house.directory / "none.sqlite"))
    )
    return (
        *batch_routes(house),
        *envelope_routes(house),
        *Freezes(freezes).routes(),
        *Approvals(review, clock=house.clock).routes(),
        *PolicyQuestions(desk, clock=house.clock).routes(),
        *PoliciesInForce(lambda: PolicyStanding(source="directory", bundle=None)).routes(),
        *events_of(house),
        *Holds(
            HoldBook(
                lane=house.lane,
                audit=house.audit,
                in_force=lambda: house.in_force,
                clock=house.clock,
            )
        ).routes(),
        *Usage(
            in_force=lambda: house.in_force,
            reader=open_reader(house.directory / "test.sqlite"),
        ).routes(),
    )


def envelope_routes(house: House) -> tuple[Route, ...]:
    """As where no network is configured."""
    uploads = Uploads(house.directory / "uploads", most_bytes=1000)
    submission = EnvelopeSubmission(None, uploads=uploads, most_document_bytes=1000)
    return (
        *submission.routes(),
        *EnvelopeRoutes(None, most_document_bytes=1000).routes(),
    )


def batch_routes(house: House) -> tuple[Route, ...]:
    """Their paths alone: nothing stands behind them here."""
    nothing: Any = None
    submission = BatchSubmission(
        nothing,
        uploads=Uploads(house.directory / "uploads", most_bytes=1000),
        in_force=lambda: house.in_force,
        most_document_bytes=1000,
        stocks=nothing,
    )
    return (
        *submission.routes(),
        *Batches(nothing, progress=nothing, receipts=nothing).routes(),
        *BatchStreams(nothing, progress=nothing, archive=house.archive).routes(),
    )


async def asked(house: House, api: API, method: str, path: str, *, sign: bool = True) -> str:
    """`ok`, or the problem's type."""
    signer = RequestSigner(key_id="key", key=KEY, clock=house.clock)
    headers = signer.sign(method, f"{ORIGIN}{path}", {}) if sign else {}
    async with (
        TestClient(TestServer(api.application())) as client,
        client.request(method, path, headers=headers) as answer,
    ):
        if answer.status < 300:
            return "ok"
        return str((await answer.json())["type"]).rpartition(":")[2]


async def test_every_route_is_described_and_nothing_else_is(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        api = api_of(house, house.in_force, *of_every_room(house))
    described = {
        (method.upper(), path) for path, item in openapi()["paths"].items() for method in item
    }
    assert described == {(route.method, route.path) for route in api.routes}
    assert len({route.name for route in api.routes}) == len(api.routes)


async def test_what_is_described_as_open_is_what_has_no_action(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        api = api_of(house, house.in_force, *of_every_room(house))
    for route in api.routes:
        described = openapi()["paths"][route.path][route.method.lower()]
        assert (described.get("security") == []) == (route.action is None)


async def test_a_route_without_an_action_asks_nobody_who_it_is(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        api = api_of(house, house.in_force, *of_every_room(house))
        for route in api.routes:
            if route.action is None:
                for method in ("GET", "HEAD"):
                    assert await asked(house, api, method, route.path, sign=False) == "ok"


async def test_a_route_with_an_action_lets_nobody_in_unknown(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        api = api_of(house, with_powers(house), *of_every_room(house), further("freeze.read"))
        for route in api.routes:
            if route.action is not None:
                path = route.path.replace("{", "").replace("}", "")
                told = await asked(house, api, route.method, path, sign=False)
                assert told == "authentication-required"


@pytest.mark.parametrize(
    ("powers", "action", "answer"),
    [
        ((), "seal.use", "ok"),
        (("seal-user",), "seal.use", "ok"),
        (("auditor",), "seal.use", "not-yours"),
        (("auditor",), "audit.read", "ok"),
        (("seal-manager",), "freeze.begin", "ok"),
        (("seal-manager",), "seal.use", "not-yours"),
        (("system-administrator",), "freeze.read", "not-yours"),
        ((), "freeze.begin", "not-yours"),
    ],
)
async def test_a_further_route_is_for_those_with_the_power(
    tmp_path: Path, powers: Sequence[Power], action: Action, answer: str
) -> None:
    async with signing_house(tmp_path) as house:
        api = api_of(house, with_powers(house, *powers), further(action))
        assert await asked(house, api, "POST", "/v1/further") == answer


async def test_todays_routes_ask_for_their_action(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        for power, seal, document in (
            ("seal-user", "idempotency-key-missing", "document-unknown"),
            ("seal-manager", "not-yours", "not-yours"),
            ("auditor", "not-yours", "document-unknown"),
        ):
            api = api_of(house, with_powers(house, power))
            assert await asked(house, api, "POST", "/v1/seals/s/documents") == seal
            for what in ("", "/content", "/decision"):
                assert await asked(house, api, "GET", f"/v1/documents/1{what}") == document


async def test_a_nul_in_an_address_is_in_no_name_of_anything(tmp_path: Path) -> None:
    """PostgreSQL takes none in a text: its refusal would be a defect of ours."""
    async with signing_house(tmp_path) as house:
        api = api_of(house, with_powers(house, "seal-user"))
        for path in ("/v1/documents/%00", "/v1/documents/a%00b/content", "/v1/documents/1?a=%00"):
            assert await asked(house, api, "GET", path) == "request-malformed", path


async def test_only_a_bounded_route_is_refused_when_many_requests_are_under_way(
    tmp_path: Path,
) -> None:
    async with signing_house(tmp_path) as house:
        for bounded, answer in ((True, "overloaded"), (False, "ok")):
            route = further("freeze.begin", bounded=bounded)
            api = api_of(house, with_powers(house, "seal-manager"), route, most_requests=0)
            assert await asked(house, api, "POST", "/v1/further") == answer


async def test_who_holds_no_role_is_a_seal_user(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        caller = Caller(system="tms", company="east")
        assert powers_of(caller, house.in_force) == {"seal-user"}
        require(caller, "seal.use", house.in_force)
        with pytest.raises(NotYoursProblem, match="'tms' has the power seal-user, which does not"):
            require(caller, "policy.activate", house.in_force)
