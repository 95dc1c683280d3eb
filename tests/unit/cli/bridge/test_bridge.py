"""Keys for the network, and how it stands: what an operator sees."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cloud_bridge.keys import EncryptionKey, SigningKey
from gateway.cli import reading
from gateway.cli.app import app
from gateway.cli.bridge import egress as egress_command
from gateway.cli.bridge import keys as keys_command
from gateway.cli.bridge import running
from gateway.cli.bridge import status as status_command
from gateway.config import BridgeCompanyConfig, BridgeConfig, HTTPConfig
from gateway.store.content import ContentStore
from gateway.store.database import SQLiteFile
from gateway.store.envelopes import put_envelope
from gateway.store.lane import Transaction, WriterLane
from gateway.store.moments import microseconds
from gateway.store.networks import EgressRow, change_standing, put_card, put_egress
from gateway.store.nodes import NodeRow, put_node
from tests.contracts.test_envelope_rows import envelope
from tests.fresh_databases import put_gateway_database
from tests.signing_house import START, FakeClock
from tests.unit.network_client.test_calling import KEY

Sealgate = Callable[..., Result]


def bridge_in(directory: Path) -> BridgeConfig:
    return BridgeConfig(
        url="https://network.example",
        network_key=KEY.public,
        trusted_roots=directory,
        companies=(
            BridgeCompanyConfig(
                company="east",
                organisation="org-east",
                name="东方物流",
                signing_key=directory / "signing.pem",
                encryption_key=directory / "encryption.pem",
                card_seal="company-east",
                system="tms",
            ),
        ),
    )


@pytest.fixture
def sealgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealgate:
    """The commands, with a database and nothing in it."""
    put_gateway_database(tmp_path / "test.sqlite")
    database = SQLiteFile(str(tmp_path / "test.sqlite"))
    for command in (keys_command, status_command, egress_command):
        monkeypatch.setattr(command, "bridge_of", lambda _path: bridge_in(tmp_path))
    installation = SimpleNamespace(store=SimpleNamespace(node="one"), http=HTTPConfig(port=0))
    for module in (running, status_command, egress_command):
        monkeypatch.setattr(module, "configuration", lambda _path: installation)
    monkeypatch.setattr(status_command, "SystemClock", FakeClock)
    monkeypatch.setattr(reading, "database_of", lambda _installation: database)
    return lambda *words: CliRunner().invoke(app, ["bridge", *words])


def runs(unit: Transaction, name: str = "one", *, minutes_ago: float = 1) -> None:
    """A gateway has said that it is there."""
    seen = START - timedelta(minutes=minutes_ago)
    put_node(unit, NodeRow(name=name, version="1.0", started_at=seen, seen_at=seen))


def well(unit: Transaction) -> None:
    """The network answered, and records were compared."""
    report = msgspec.json.encode({"at": START, "checked": 1204, "fetched": 3})
    told = {"reconciled_at": microseconds(START - timedelta(hours=1)), "reconciliation": report}
    change_standing(unit, "org-east", cursor="4711", **told)


def asked(unit: Transaction, *, minutes_ago: float) -> None:
    """A question has left the house."""
    row = EgressRow(
        organisation="org-east",
        network="https://network.example",
        at=microseconds(START - timedelta(minutes=minutes_ago)),
        kind="feed",
        envelope="",
        digest=bytes(32),
        size=0,
    )
    put_egress(unit, row=row)


def write(directory: Path, *units: Callable[[Transaction], object]) -> None:
    async def work() -> None:
        engine = SQLiteFile(str(directory / "test.sqlite")).open_writer()
        content = ContentStore(directory / "documents", clock=FakeClock())
        async with WriterLane(engine, content) as lane:
            for unit in units:
                await lane.write(unit)
        engine.dispose()

    asyncio.run(work())


def test_keys_are_made_once_and_only_their_owner_reads_them(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    first = sealgate("keys", "--json")
    assert first.exit_code == 0
    (told,) = json.loads(first.stdout)
    signing, encryption = tmp_path / "signing.pem", tmp_path / "encryption.pem"
    assert told["made"] == [str(signing), str(encryption)]
    assert {file.stat().st_mode & 0o777 for file in (signing, encryption)} == {0o600}
    assert told["signingKey"] == SigningKey.from_pem(signing.read_bytes()).public
    assert told["encryptionKey"] == EncryptionKey.from_pem(encryption.read_bytes()).public
    again = sealgate("keys", "--json")
    assert json.loads(again.stdout) == [{**told, "made": []}]
    assert "PRIVATE" not in first.stdout


_DIES = """
import os, signal, sys
from pathlib import Path
from cloud_bridge.keys import SigningKey
from gateway.cli.bridge import keys
os.fsync = lambda _file: os.kill(os.getpid(), signal.SIGKILL)
keys._made(Path(sys.argv[1]), SigningKey.generate().pem)
"""


def test_who_is_killed_while_a_key_is_written_leaves_none_that_is_half_there(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    file = tmp_path / "signing.pem"
    killed = subprocess.run([sys.executable, "-c", _DIES, str(file)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not file.exists()
    assert {left.stat().st_mode & 0o777 for left in tmp_path.glob(".signing.pem.*")} == {0o600}

    assert sealgate("keys").exit_code == 0
    assert SigningKey.from_pem(file.read_bytes())


def test_a_bridge_that_never_ran_is_said_to_be_so(sealgate: Sealgate) -> None:
    done = sealgate("status")
    assert done.exit_code == 1
    assert "east (org-east): not asked yet" in done.stdout


def test_a_bridge_that_is_well_exits_with_nothing_to_do(sealgate: Sealgate, tmp_path: Path) -> None:
    write(tmp_path, lambda unit: put_card(unit, "org-east", 2, b"{}", at=START), well, runs)
    done = sealgate("status")
    assert done.exit_code == 0
    for word in ("the network answers", "card serial 2", "4711", "1,204 envelopes, 3 entries"):
        assert word in done.stdout


def test_what_a_gateway_that_stopped_has_left_is_not_told_as_if_it_were_now(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    write(tmp_path, well, partial(asked, minutes_ago=7))
    done = sealgate("status")
    assert done.exit_code == 1
    assert "the network answers" not in done.stdout
    assert (
        "east (org-east): the gateway does not run; as of 2026-11-22 01:53:00Z the network answered"
    ) in " ".join(done.stdout.split())
    (told,) = json.loads(sealgate("status", "--json").stdout)
    assert (told["gatewayRuns"], told["asOf"]) == (False, "2026-11-22T01:53:00Z")


def test_an_outage_of_a_gateway_that_stopped_is_told_as_what_it_last_saw(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    since = microseconds(START - timedelta(hours=3))
    write(
        tmp_path,
        lambda unit: change_standing(unit, "org-east", away_since=since, why="no way there"),
        partial(asked, minutes_ago=7),
    )
    done = sealgate("status")
    assert done.exit_code == 1
    assert (
        "the gateway does not run; as of 2026-11-22 01:53:00Z the network was away since "
        "2026-11-21 23:00:00Z: no way there"
    ) in " ".join(done.stdout.split())


def test_a_gateway_that_was_killed_does_not_run_though_it_never_said_so(
    sealgate: Sealgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, well, runs)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        http = HTTPConfig(host="127.0.0.1", port=listener.getsockname()[1])
    installation = SimpleNamespace(store=SimpleNamespace(node="one"), http=http)
    monkeypatch.setattr(running, "configuration", lambda _path: installation)
    done = sealgate("status")
    assert done.exit_code == 1
    assert "the gateway does not run" in done.stdout
    # Another machine's gateway on the same database asks the network for both.
    write(tmp_path, partial(runs, name="two"))
    assert sealgate("status").exit_code == 0


def test_a_gateway_that_was_not_seen_for_long_does_not_run(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    write(tmp_path, well, partial(runs, minutes_ago=16))
    assert sealgate("status").exit_code == 1


@pytest.mark.parametrize("end", ["withdrawn", "declined", "expired"])
def test_what_held_an_envelope_that_has_ended_is_no_trouble_any_more(
    end: str, sealgate: Sealgate, tmp_path: Path
) -> None:
    trouble = msgspec.json.encode([("refused-account-unknown", "nobody of that name")])

    def stands(status: str) -> Result:
        number = 1 if status == "held" else 2
        kept = envelope(number, status=status, trouble=trouble)
        write(tmp_path, lambda unit: put_envelope(unit, kept))
        return sealgate("status")

    write(tmp_path, well, runs)
    done = stands(end)
    assert done.exit_code == 0, done.stdout
    assert "refused-account-unknown" not in done.stdout
    done = stands("held")
    assert done.exit_code == 1
    assert done.stdout.count("refused-account-unknown") == 1


@pytest.mark.parametrize(("days", "told"), [(29, 1), (31, 0)])
def test_the_networks_lie_of_an_envelope_that_has_ended_is_told_for_a_month(
    days: int, told: int, sealgate: Sealgate, tmp_path: Path
) -> None:
    trouble = msgspec.json.encode([("missing", "the network holds 1 entry and has signed 3")])
    kept = envelope(1, status="declined", trouble=trouble, changed_at=START - timedelta(days=days))
    write(tmp_path, well, runs, lambda unit: put_envelope(unit, kept))
    done = sealgate("status")
    assert (done.exit_code, done.stdout.count("! envelope-1: missing")) == (told, told)


def test_an_outage_and_a_lie_are_told_with_what_to_look_at(
    sealgate: Sealgate, tmp_path: Path
) -> None:
    trouble = msgspec.json.encode([("forked", "the network has told two stories")])
    since = microseconds(START - timedelta(hours=3))
    write(
        tmp_path,
        lambda unit: put_envelope(unit, envelope(1, status="held", trouble=trouble)),
        lambda unit: change_standing(unit, "org-east", away_since=since, why="refused"),
        runs,
    )
    done = sealgate("status")
    assert done.exit_code == 1
    assert "away since 2026-11-21 23:00:00Z: refused" in done.stdout
    assert "! envelope-1: forked: the network has told two stories" in " ".join(done.stdout.split())
    assert "Neither side signs on: withdraw" in done.stdout
    (told,) = json.loads(sealgate("status", "--json").stdout)
    assert told["troubles"] == [
        {"envelope": "envelope-1", "type": "forked", "words": "the network has told two stories"}
    ]


def test_what_left_is_listed_the_newest_last(sealgate: Sealgate, tmp_path: Path) -> None:
    def left(number: int) -> EgressRow:
        return EgressRow(
            organisation="org-east",
            network="https://network.example",
            at=microseconds(START + timedelta(days=number)),
            kind=("NewEnvelope", "Content", "feed")[number],
            envelope=("envelope-1", "envelope-1", "")[number],
            digest=bytes([number]) * 32,
            size=1000 * number,
        )

    write(tmp_path, *(partial(put_egress, row=left(number)) for number in range(3)))

    told = json.loads(sealgate("egress", "--json").stdout)
    assert [each["kind"] for each in told] == ["NewEnvelope", "Content", "feed"]
    assert told[1] == {
        "at": "2026-11-23T02:00:00Z",
        "organisation": "org-east",
        "network": "https://network.example",
        "kind": "Content",
        "envelope": "envelope-1",
        "digest": "01" * 32,
        "size": 1000,
    }
    of_one = json.loads(sealgate("egress", "--json", "--envelope", "envelope-1").stdout)
    assert of_one == told[:2]
    assert json.loads(sealgate("egress", "--json", "--most", "1").stdout) == told[2:]
    assert json.loads(sealgate("egress", "--json", "--since", "2026-11-23").stdout) == told[1:]
    lines = sealgate("egress").stdout.splitlines()
    assert len(lines) == 3
    for word in ("2026-11-23 02:00:00", "Content", "1,000 bytes", "0101010101010101", "envelope-1"):
        assert word in lines[1]
