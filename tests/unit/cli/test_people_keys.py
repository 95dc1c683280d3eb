"""People sign with a key that stays in their token: what they approve, stop, and bring in force."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import yaml
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner, Result

from gateway.bundles.authority import Authority
from gateway.bundles.reading import read
from gateway.cli.app import app
from gateway.cli.people_keys import people_keys
from gateway.clock import SystemClock
from gateway.freezes.model import FREEZE_TYPE, FreezeClaims
from gateway.http.approvals.handlers import Approvals
from gateway.statements import PublicKey, open_compact
from hsm.token import login
from policies.objects.people import PersonKey
from tests.approving_house import approving_house
from tests.hsm_fixtures import MODULE, PIN, TOKEN_LABEL, SoftToken
from tests.sealed_bundles import FILES, SOURCE
from tests.signing_house import FakeClock
from tests.unit.cli.conftest import CommandLine
from tests.unit.http.test_routes import api_of

KEYS = {"ed25519": "log-key", "ecdsa-p256-sha256": "p256-key"}

OFFICERS = """
---
apiVersion: sealgate/v1
kind: Person
metadata: {name: li}
spec: {title: 李, company: group, posts: [{post: officer, from: 2026-01-01}], keys: [LI]}
---
apiVersion: sealgate/v1
kind: Person
metadata: {name: wang}
spec: {title: 王, company: group, posts: [{post: officer, from: 2026-01-01}], keys: [WANG]}
---
apiVersion: sealgate/v1
kind: Role
metadata: {name: officers}
spec: {title: 安全官, power: seal-manager}
---
apiVersion: sealgate/v1
kind: Post
metadata: {name: officer}
spec: {title: 安全官, company: group, roles: [officers]}
---
apiVersion: sealgate/v1
kind: Governance
metadata: {name: group}
spec: {root: group, officers: [li, wang], signatures: {bundle: 2}}
"""


@dataclass(frozen=True)
class Desk:
    """A person's machine: a token, its module, and a file with the PIN."""

    pin: Path

    def uri(self, label: str) -> str:
        return f"pkcs11:token={TOKEN_LABEL};object={label}?module-path={MODULE}"

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--pin-file", str(self.pin)])

    def public_key(self, label: str) -> PublicKey:
        with people_keys(module=None, pin_file=self.pin) as keys:
            return keys.signer(self.uri(label), key_id="mine").public_key


@pytest.fixture
def desk(soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("SOFTHSM2_CONF", str(soft_token.directory / "softhsm2.conf"))
    monkeypatch.setattr(login, "_REFUSED", set())
    return Desk(soft_token.directory / "pin")


@pytest.mark.parametrize("algorithm", KEYS)
async def test_somebody_approves_with_a_key_in_a_token(
    desk: Desk, tmp_path: Path, algorithm: str
) -> None:
    clock = FakeClock(SystemClock().now())
    public = desk.public_key(KEYS[algorithm])
    async with approving_house(tmp_path, clock=clock) as made:
        wang = made.bundle.persons["wang"]
        own = PersonKey(id="wang-token", algorithm=algorithm, public_key=public.value)  # type: ignore[arg-type] # one of two
        made.change(
            persons={**made.bundle.persons, "wang": msgspec.structs.replace(wang, keys=(own,))}
        )
        approval = await made.ask()
        routes = Approvals(made.review, clock=clock).routes()
        api = api_of(made.house, made.house.in_force, *routes, origin=None)
        async with TestServer(api.application()) as server:
            key = f"wang-token={desk.uri(KEYS[algorithm])}"
            done = await asyncio.to_thread(
                desk.run, "approvals", "approve", approval, "--key", key,
                "--url", str(server.make_url("")),
            )  # fmt: skip
        assert done.exit_code == 0, done.output
        assert "approved; the approval is now granted" in done.output
        await made.seal()


def test_two_officers_freeze_with_keys_in_one_token(
    desk: Desk, sealgate: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALGATE_CONFIG", str(sealgate.trial.config_file))
    done = desk.run(
        "freeze", "seal", "receipt-east", "--reason", "lost", "--by-file",
        "--key", f"li={desk.uri('log-key')}", "--key", f"wang={desk.uri('p256-key')}",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (file,) = (sealgate.trial.policies / "freezes").iterdir()
    keys = {"li": desk.public_key("log-key"), "wang": desk.public_key("p256-key")}
    said = [
        open_compact(line, typ=FREEZE_TYPE, model=FreezeClaims, key_of=keys.get)
        for line in file.read_text().split()
    ]
    assert len(said) == 2


def test_officers_sign_a_bundle_with_keys_in_a_token(desk: Desk, tmp_path: Path) -> None:
    written = SOURCE + OFFICERS
    for name, label in (("LI", "log-key"), ("WANG", "p256-key")):
        told = desk.run("policy", "key", "--key", f"{name.lower()}={desk.uri(label)}")
        assert told.exit_code == 0, told.output
        (line,) = yaml.safe_load(told.output)
        written = written.replace(name, yaml.safe_dump(line, default_flow_style=True).strip())
    directory, bundle = tmp_path / "policies", tmp_path / "next.sealbundle"
    for path, content in {**FILES, "all.yaml": written.encode(), "secrets/tms": b"x" * 40}.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    built = CliRunner().invoke(app, ["policy", "build", str(directory), "-o", str(bundle)])
    assert built.exit_code == 0, built.output
    for key in (f"li={desk.uri('log-key')}", desk.uri("p256-key")):
        done = desk.run("policy", "sign", bundle, "--key", key)
        assert done.exit_code == 0, done.output
    other = desk.run("policy", "sign", bundle, "--key", f"wang={desk.uri('log-key')}")
    assert other.exit_code == 1
    assert "the bundle has this key as li, not as wang" in " ".join(other.output.split())
    sealed = read(bundle.read_bytes())
    assert Authority.of(sealed.bundle).signers(sealed.statement) == {"li", "wang"}
    stranger = desk.run("policy", "sign", bundle, "--key", desk.uri("rsa-key"))
    assert (stranger.exit_code, "neither an Ed25519 key" in stranger.output) == (2, True)


def test_a_pin_on_the_command_line_is_refused(desk: Desk) -> None:
    told = desk.run("policy", "key", "--key", f"a={desk.uri('a')}&pin-value={PIN}")
    assert told.exit_code == 2
    assert "a PIN does not belong into the URI" in " ".join(told.output.split())
    assert PIN not in told.output
