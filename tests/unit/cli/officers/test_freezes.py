"""`sealgate freeze`, `unfreeze` and `freezes`: what is signed, sent, filed and told."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.doctor.files import check_governing_files
from gateway.cli.doctor.freezes import check_freeze_folder, check_freezes
from gateway.cli.trial.installation import Trial
from gateway.freezes.model import FREEZE_TYPE, UNFREEZE_TYPE, FreezeClaims, UnfreezeClaims
from gateway.statements import open_compact
from gateway.store.engines.database import open_writer
from gateway.store.migrating import migrate
from gateway.store.rows.freezes import FreezeRow, put_freeze
from tests.officers import FREEZE_ID, freeze, signed
from tests.running_gateway import copy_of
from tests.statement_keys import LI
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def sealgate(trial_template: Path, tmp_path: Path) -> CommandLine:
    return CommandLine(copy_of(trial_template, tmp_path / "var"))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "li.key.pem"
    key = LI.key
    assert isinstance(key, Ed25519PrivateKey)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def files(trial: Trial) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in (trial.policies / "freezes").iterdir()}


def test_a_freeze_by_file_is_what_the_officer_signed(sealgate: CommandLine, key_file: Path) -> None:
    done = sealgate(
        "freeze", "seal", "receipt-east", "--reason", "lost", "--key", f"{LI.key_id}={key_file}",
        "--by-file",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    ((name, statement),) = files(sealgate.trial).items()
    said = open_compact(
        statement, typ=FREEZE_TYPE, model=FreezeClaims, key_of={LI.key_id: LI.public_key}.get
    ).claims
    assert (said.scope.kind, said.scope.name, said.reason) == ("seal", "receipt-east", "lost")
    assert name == f"{said.freeze}.freeze.jws"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def by_file(sealgate: CommandLine) -> Path:
    """A freeze by file, and the file."""
    assert sealgate("freeze", "counterparty", "示例商贸", "--reason", "fire").exit_code == 0
    (file,) = (sealgate.trial.policies / "freezes").iterdir()
    return file


def test_who_is_frozen_and_why_is_for_the_gateway_alone(sealgate: CommandLine) -> None:
    sealgate.config.state_directory.mkdir(mode=0o700, exist_ok=True)
    file = by_file(sealgate)
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    assert list(check_freeze_folder(sealgate.config)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_freezes_by_file_the_gateways_group_may_read(sealgate: CommandLine) -> None:
    sealgate.config.state_directory.mkdir(mode=0o700, exist_ok=True)
    os.chown(sealgate.config.state_directory, 12345, 12346)
    file = by_file(sealgate)
    for path, wanted in ((file.parent, 0o750), (file, 0o640)):
        assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (0, 12346, wanted)
    assert list(check_freeze_folder(sealgate.config)) == []


@pytest.mark.parametrize("is_known", [True, False], ids=["not our group", "never started"])
def test_what_cannot_be_closed_to_the_gateway_is_closed_to_nobody(
    sealgate: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    is_known: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A freeze that the gateway cannot read freezes nothing."""
    state = sealgate.config.state_directory
    if is_known:
        state.mkdir(mode=0o700, exist_ok=True)
        monkeypatch.setattr(os, "geteuid", lambda: state.stat().st_uid + 1)
        monkeypatch.setattr(os, "fchown", _not_permitted)
    else:
        shutil.rmtree(state, ignore_errors=True)
    os.umask(0o077)
    file = by_file(sealgate)
    assert (mode(file.parent), mode(file)) == (0o755, 0o644)
    told = [each.state for each in check_freeze_folder(sealgate.config)]
    assert told == (["warning"] if is_known else [])


def _not_permitted(*_: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_the_doctor_tells_of_a_folder_that_everybody_may_read(sealgate: CommandLine) -> None:
    sealgate.config.state_directory.mkdir(mode=0o700, exist_ok=True)
    folder = by_file(sealgate).parent
    folder.chmod(0o755)
    (open_,) = check_freeze_folder(sealgate.config)
    assert (open_.state, open_.cure) == ("warning", f"chmod 0700 {folder}")
    # Once, and with a cure that leaves the gateway its folder.
    every = check_governing_files(sealgate.config, sealgate.trial.config_file)
    assert not [each for each in every if str(folder) in f"{each.message} {each.cure}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("group", "of_folder", "state"),
    [(12346, 0o750, None), (0, 0o750, "failed"), (12346, 0o700, "failed"), (0, 0o755, "warning")],
)
def test_the_doctor_tells_whether_the_gateway_may_look_into_roots_folder(
    sealgate: CommandLine, group: int, of_folder: int, state: str | None
) -> None:
    sealgate.config.state_directory.mkdir(mode=0o700, exist_ok=True)
    os.chown(sealgate.config.state_directory, 12345, 12346)
    folder = by_file(sealgate).parent
    os.chown(folder, 0, group)
    folder.chmod(of_folder)
    found = list(check_freeze_folder(sealgate.config))
    assert [each.state for each in found] == ([] if state is None else [state])
    assert {each.cure for each in found} <= {f"chgrp 12346 {folder} && chmod 0750 {folder}"}


def test_without_a_key_the_file_is_not_signed(sealgate: CommandLine) -> None:
    assert sealgate("freeze", "gateway", "--reason", "fire").exit_code == 0
    ((name, text),) = files(sealgate.trial).items()
    assert name.endswith(".freeze.json")
    assert json.loads(text)["reason"] == "fire"


def test_an_unfreezing_by_file_names_its_freeze(sealgate: CommandLine, key_file: Path) -> None:
    key = f"{LI.key_id}={key_file}"
    ran = sealgate("unfreeze", FREEZE_ID, "--reason", "x", "--key", key, "--by-file")
    assert ran.exit_code == 0
    (statement,) = files(sealgate.trial).values()
    keys = {LI.key_id: LI.public_key}
    said = open_compact(statement, typ=UNFREEZE_TYPE, model=UnfreezeClaims, key_of=keys.get)
    assert said.claims.freeze == FREEZE_ID
    assert said.claims.log == sealgate.config.audit.origin


def test_an_unfreezing_may_be_for_another_gateway(sealgate: CommandLine, key_file: Path) -> None:
    ran = sealgate(
        "unfreeze", FREEZE_ID, "--reason", "x", "--key", f"{LI.key_id}={key_file}", "--by-file",
        "--log", "other.example/audit",
    )  # fmt: skip
    assert ran.exit_code == 0
    (statement,) = files(sealgate.trial).values()
    keys = {LI.key_id: LI.public_key}
    said = open_compact(statement, typ=UNFREEZE_TYPE, model=UnfreezeClaims, key_of=keys.get)
    assert said.claims.log == "other.example/audit"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("freeze", "gateway"), "--reason takes 1 to 1000 characters"),
        (("freeze", "person", "li", "--reason", "x"), "A freeze is of seal, company, system"),
        (("unfreeze", FREEZE_ID, "--reason", "x"), "name your key with --key"),
        (("unfreeze", FREEZE_ID, "--reason", "x", "--key", "li.pem"), "write ID=li.pem"),
        (("freeze", "gateway", "--reason", "x", "--key", "li=none.pem"), "cannot be read"),
    ],
)
def test_what_cannot_be_signed_is_told(
    sealgate: CommandLine, arguments: tuple[str, ...], why: str
) -> None:
    refused = sealgate(*arguments)
    assert refused.exit_code == 2
    assert why in " ".join(refused.stderr.split())


def test_no_gateway_is_told_with_the_other_way(sealgate: CommandLine, key_file: Path) -> None:
    refused = sealgate(
        "freeze", "gateway", "--reason", "x", "--key", f"{LI.key_id}={key_file}",
        "--url", "http://127.0.0.1:1",
    )  # fmt: skip
    assert refused.exit_code == 2
    assert "--by-file" in refused.stderr


def test_the_doctor_tells_what_is_frozen_and_what_a_file_did_not_freeze(
    sealgate: CommandLine,
) -> None:
    config = sealgate.config
    assert [each.state for each in check_freezes(config)] == ["ok"]
    engine = open_writer(config.database)
    migrate(engine)
    assert [each.state for each in check_freezes(config)] == ["ok"]
    (statement,) = signed(freeze("seal", "receipt-east"), LI)
    row = FreezeRow(
        id=FREEZE_ID, kind="seal", name="receipt-east", reason="lost", statement=statement, at=1,
        audit_index=0,
    )  # fmt: skip
    with engine.begin() as connection:
        put_freeze(connection, row)
    engine.dispose()
    folder = sealgate.trial.policies / "freezes"
    folder.mkdir()
    (folder / "1.freeze.jws").write_text(statement)
    (folder / "2.freeze.jws").write_text("nonsense")
    frozen, not_taken = check_freezes(config)
    assert frozen.message == "the seal receipt-east is frozen: lost"
    assert FREEZE_ID in str(frozen.cure)
    assert not_taken.message == f"{folder / '2.freeze.jws'} freezes nothing"


def test_the_doctor_tells_of_a_freeze_that_cannot_be_read(sealgate: CommandLine) -> None:
    config = sealgate.config
    engine = open_writer(config.database)
    migrate(engine)
    row = FreezeRow(
        id=FREEZE_ID, kind="seal", name="receipt-east", reason="lost", statement="nonsense", at=1,
        audit_index=0,
    )  # fmt: skip
    with engine.begin() as connection:
        put_freeze(connection, row)
    engine.dispose()
    unreadable, frozen = check_freezes(config)
    assert f"the statement of freeze {FREEZE_ID} cannot be read" in unreadable.message
    assert unreadable.state == "warning"
    assert frozen.message == "the seal receipt-east is frozen: lost"
