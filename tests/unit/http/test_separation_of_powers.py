"""Every power at every door: each route, and each command that goes through one."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.client import RequestSigner
from gateway.clock import SystemClock
from gateway.http.app import API
from policies.objects.people import Role
from policies.powers import Action, Power, may
from tests.approving_house import POSTS, SIGNERS, Approving, approving_house
from tests.commands import every_command
from tests.officers import FREEZE_ID
from tests.signing_house import FakeClock
from tests.unit.http.test_routes import KEY, ORIGIN, api_of, of_every_room, with_powers

POWERS: tuple[Power, ...] = get_args(Power)
ACTIONS: tuple[Action, ...] = get_args(Action)

BY_OTHER_DOORS: Mapping[Action, str] = {
    "policy.activate": "a bundle is brought into force by officers' signatures on it",
    "audit.read": "the log is read on the machine, beside the gateway",
}
"""Actions that no route serves, and why."""

# Words of a command → what it does, in order. All of them sign their requests.
COMMANDS: Mapping[tuple[str, ...], tuple[Action, ...]] = {
    ("approvals", "list"): ("approval.read",),
    ("approvals", "show", "ID"): ("approval.read",),
    ("approvals", "approve", "ID"): ("approval.read", "approval.decide"),
    ("approvals", "reject", "ID", "--reason", "no"): ("approval.read", "approval.decide"),
    ("freezes",): ("freeze.read",),
    ("freeze", "seal", "receipt-east", "--reason", "lost", "--log", "a/log"): ("freeze.begin",),
    ("archive", "holds"): ("hold.read",),
    ("archive", "hold", "east", "--reason", "a lawsuit"): ("hold.begin",),
    ("archive", "release", "x"): ("hold.end",),
    ("webhooks", "replay", "oms"): ("seal.use",),
    ("unfreeze", FREEZE_ID, "--reason", "found", "--log", "a/log"): ("freeze.end",),
}
LOCAL = {
    "init", "serve", "verify", "inspect", "doctor",
    "policy build", "policy sign", "policy root", "policy show", "policy activate", "policy key",
    "policy rollback", "policy check", "policy test", "policy explain", "policy diff",
    "policy simulate", "policy schema", "policy template", "policy publish",
    "approvals export", "approvals verify",
    "webhooks list", "webhooks test", "webhooks key",
    "jobs list", "jobs show", "db migrate", "db check",
    "backup create", "backup verify", "backup restore", "backup list",
    "envelope verify", "envelope compare",
    "bridge keys", "bridge status", "bridge egress",
    "network init", "network serve", "network identity",
    "network organisation add", "network organisation list", "network person add",
    "network person list",
    "connectors check", "connectors list", "connectors test",
    "audit verify", "audit show", "hsm list", "hsm test", "hsm serve", "hsm unseal",
    "hsm ceremony", "hsm csr", "hsm import-certificate", "hsm reconcile", "hsm retire",
    "hsm rotate",
    "usage", "export", "archive list", "trace", "support-bundle", "onboarding check",
}  # fmt: skip
"""Commands that ask no gateway: they can do what the files of the machine let them do."""
BY_SYSTEMS = {
    "seal",
    "batch submit", "batch status", "batch watch", "batch results",
    "envelope create", "envelope send", "envelope list", "envelope show", "envelope watch",
    "envelope withdraw", "envelope decline", "envelope remind", "envelope link",
    "envelope release",
    "envelope document", "envelope attach", "envelope transcript",
    "batch pause", "batch resume", "batch cancel", "batch retry",
}  # fmt: skip
"""Commands that ask with a system's own key, for what is the system's own."""


def powered(made: Approving, power: Power) -> None:
    """Everybody in the house has this power, and nobody another."""
    made.change(roles={post: Role(name=post, power=power) for post in POSTS.values()})


def api(made: Approving, *, origin: str | None = ORIGIN) -> API:
    house = made.house
    return api_of(house, house.in_force, *of_every_room(house), origin=origin)


async def told(served: API, signer: RequestSigner, method: str, path: str) -> dict[str, Any]:
    """What is answered; an empty answer where it is no JSON."""
    data = b"{}" if method == "POST" else None
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"} if data else {}
    signed = signer.sign(method, f"{ORIGIN}{path}", headers, data)
    async with (
        TestClient(TestServer(served.application())) as client,
        client.request(method, path, headers=signed, data=data) as answer,
    ):
        found: dict[str, Any] = json.loads(await answer.read() or b"{}")
        return found


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("kind", ["person", "system"])
async def test_every_route_lets_in_whose_power_does_this_and_nobody_else(
    tmp_path: Path, power: Power, kind: str
) -> None:
    async with approving_house(tmp_path) as made:
        house = made.house
        if kind == "person":
            powered(made, power)
            key = SIGNERS["sun"]
            signer = RequestSigner(key_id=key.key_id, key=key.key, clock=house.clock)
        else:
            house.in_force = with_powers(house, power)
            signer = RequestSigner(key_id="key", key=KEY, clock=house.clock)
        served = api(made)
        for route in served.routes:
            if route.action is None:
                continue
            path = route.path.replace("{", "").replace("}", "")
            answer = await told(served, signer, route.method, path)
            refused = answer.get("type") == "urn:sealgate:problem:not-yours"
            assert refused == (not may({power}, route.action)), route.name


async def test_every_action_has_a_route_or_a_reason_for_none(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        served = {route.action for route in api(made).routes} - {None}
    assert served | BY_OTHER_DOORS.keys() == set(ACTIONS)
    assert not served & BY_OTHER_DOORS.keys()


@pytest.mark.parametrize("power", POWERS)
async def test_every_command_is_let_in_with_the_power_and_not_without(
    tmp_path: Path, power: Power
) -> None:
    clock = FakeClock(SystemClock().now())
    async with approving_house(tmp_path, clock=clock) as made:
        approval = await made.ask()
        powered(made, power)
        own = SIGNERS["sun"]
        key = tmp_path / "sun.pem"
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key.write_bytes(own.key.private_bytes(*form))
        async with TestServer(api(made, origin=None).application()) as server:
            url = str(server.make_url("")).rstrip("/")
            for words, actions in COMMANDS.items():
                named = ("--key", f"{own.key_id}={key}")
                line = [*(approval if word == "ID" else word for word in words), *named]
                done = await asyncio.to_thread(CliRunner().invoke, app, [*line, "--url", url])
                refusals = re.findall(r"does not include '([a-z.]+)'", done.stderr)
                missing = [action for action in actions if not may({power}, action)]
                assert refusals == missing[:1], (words, done.stderr)


def test_every_command_is_one_that_asks_the_gateway_or_one_that_does_not() -> None:
    groups = {"approvals", "archive", "webhooks"}
    named = {" ".join(words[: 2 if words[0] in groups else 1]) for words in COMMANDS}
    commands = set(every_command())
    expected = named | LOCAL | BY_SYSTEMS
    assert commands == expected, commands ^ expected
