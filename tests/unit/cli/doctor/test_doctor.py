"""`sealgate doctor`: what it says of a healthy installation, and whether it finds each fault."""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public
from sqlalchemy import insert, text

from gateway.audit.checkpoint import LogKey, TreeHead, checkpoint_text, signed_checkpoint
from gateway.audit.record import Record, leaf_bytes
from gateway.cli.doctor import files, machine, service
from gateway.cli.doctor.model import Finding, looked_at
from gateway.cli.doctor.records import RecordsCheck
from gateway.cli.doctor.seals import SealsCheck
from gateway.cli.doctor.token import TokenCheck, about_key
from gateway.store.engines.database import open_writer
from gateway.store.migrating import migrate
from gateway.store.schema import audit_leaf
from hsm.interfaces import KeyDescription
from tests.document_fixtures import authority
from tests.servers.process import free_port
from tests.unit.cli.conftest import CommandLine, rewrite

NOW = datetime.now(UTC)  # noqa: TID251 - the certificates of `init` begin now
ORIGIN = "sealgate-demo.example/audit"


def about(findings: Iterable[Finding], part: str) -> Finding:
    """The one finding about that part."""
    found = [each for each in findings if each.part == part]
    assert len(found) == 1, found
    return found[0]


def states(findings: Iterable[Finding]) -> dict[str, str]:
    return {each.part: each.state for each in findings}


def make_database(sealgate: CommandLine, *, recorded_at: datetime | None = None) -> Path:
    """The database as the gateway makes it, with one record if a moment is given."""
    path = sealgate.config.database
    engine = open_writer(path)
    migrate(engine)
    if recorded_at is not None:
        record = Record(kind="stop", at=recorded_at, content={})
        leaf = leaf_bytes(record, index=0, previous=bytes(32))
        with engine.begin() as connection:
            row = {"index": 0, "leaf": leaf, "leaf_hash": bytes(32)}
            connection.execute(insert(audit_leaf), row)
    engine.dispose()
    return path


def publish(sealgate: CommandLine, *, size: int) -> None:
    """A checkpoint over so many records, by a log key of the test's own."""
    key = Ed25519PrivateKey.generate()
    log_key = LogKey(ORIGIN, key.public_key().public_bytes(Encoding.Raw, Public.Raw))
    head = TreeHead(size, bytes(32))
    note = signed_checkpoint(log_key, head, key.sign(checkpoint_text(ORIGIN, head)))
    sealgate.config.log_key_file.write_text(log_key.encoded())
    sealgate.config.checkpoint_file.write_text(note)


# The whole.


def test_a_fresh_installation_has_nothing_that_failed(sealgate: CommandLine) -> None:
    result = sealgate("doctor")
    assert result.exit_code == 0, result.output
    assert "0 failed" in result.stdout


def test_what_is_found_fits_a_terminal(
    sealgate: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "dumb")
    result = sealgate("doctor")
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_a_running_gateway_is_asked_whether_it_could_seal(on_running: CommandLine) -> None:
    result = on_running("doctor", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report.keys() == {"ok", "config", "findings"}
    gateway = next(each for each in report["findings"] if each["part"] == "gateway")
    assert gateway["state"] == "ok"
    assert "could seal now" in gateway["message"]
    parts = {each["part"] for each in report["findings"]}
    assert {"HSM PIN", "key receipt-east", "stamp receipt-south", "audit checkpoint"} <= parts
    assert {"versions", "audit chain", "limits", "jobs", "deliveries"} <= parts


def test_several_faults_are_told_together_with_cure_and_owner(sealgate: CommandLine) -> None:
    sealgate.trial.pin_file.chmod(0o644)
    rewrite(sealgate.trial.policies / "systems.yaml", "company: east", "company: west")
    sealgate.config.log_key_file.unlink()
    result = sealgate("doctor", "--json")
    assert result.exit_code == 1
    wrong = {
        each["part"]: each
        for each in json.loads(result.stdout)["findings"]
        if each["state"] == "failed"
    }
    assert wrong.keys() == {"PIN file", "HSM PIN", "policies", "audit log key"}
    assert wrong["PIN file"]["cure"].startswith("chmod go=")
    assert wrong["PIN file"]["owner"] == "it"
    assert wrong["policies"]["owner"] == "officer"
    assert "no Company is called `west`" in wrong["policies"]["message"]


def test_a_configuration_that_is_missing_or_wrong_is_told_and_nothing_else_is_tried(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    missing = sealgate("doctor", "--config", tmp_path / "none.yaml")
    assert missing.exit_code == 1
    assert "sealgate init" in missing.stdout
    sealgate.configure("policies:", "polices:")
    wrong = sealgate("doctor", "--json")
    assert wrong.exit_code == 1
    parts = {each["part"] for each in json.loads(wrong.stdout)["findings"]}
    assert parts == {"Python", "configuration"}


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken() -> Iterator[Finding]:
        raise KeyError("x")

    (finding,) = looked_at("clock", broken)
    assert (finding.part, finding.state) == ("clock", "failed")
    assert "KeyError" in finding.message


# The token.


def tried(sealgate: CommandLine) -> tuple[list[Finding], TokenCheck]:
    check = TokenCheck(sealgate.config)
    return list(check.findings()), check


def test_a_wrong_pin_is_found(sealgate: CommandLine) -> None:
    sealgate.trial.pin_file.write_text("000000000000", encoding="ascii")
    found, check = tried(sealgate)
    finding = about(found, "HSM PIN")
    assert finding.state == "failed"
    assert "refused the PIN" in finding.message
    assert "do not try again before" in (finding.cure or "")
    assert check.keys is None


def test_a_pin_file_that_is_missing_is_found(sealgate: CommandLine) -> None:
    sealgate.trial.pin_file.unlink()
    assert about(tried(sealgate)[0], "HSM PIN").state == "failed"


def test_a_missing_module_is_found_before_anything_is_started(sealgate: CommandLine) -> None:
    sealgate.configure("libsofthsm2.so", "libnothing.so")
    found, _ = tried(sealgate)
    assert states(found) == {"HSM module": "failed"}


def test_a_missing_token_is_found(sealgate: CommandLine) -> None:
    sealgate.configure("token_label: sealgate-demo", "token_label: elsewhere")
    finding = about(tried(sealgate)[0], "HSM token")
    assert finding.state == "failed"
    assert "no token labelled 'elsewhere'" in finding.message


def test_a_missing_key_is_found(sealgate: CommandLine) -> None:
    sealgate.configure("label: receipt-south", "label: receipt-north")
    finding = about(tried(sealgate)[0], "HSM token")
    assert finding.state == "failed"
    assert "receipt-north" in finding.message


def test_a_pin_that_a_person_has_to_type_is_not_waited_for(sealgate: CommandLine) -> None:
    sealgate.configure(f"file: {sealgate.trial.pin_file}", "ask: true")
    result = sealgate("doctor", "--json")
    findings = json.loads(result.stdout)["findings"]
    token = next(each for each in findings if each["part"] == "HSM token")
    assert token["state"] == "warning"
    assert "nobody sits here" in token["message"]
    assert next(each for each in findings if each["part"] == "seals")["state"] == "warning"


def test_a_key_that_may_have_copies_is_a_warning(keys: tuple[KeyDescription, ...]) -> None:
    assert about_key(keys[0]).state == "ok"
    imported = about_key(msgspec.structs.replace(keys[0], local=False))
    assert imported.state == "warning"
    assert "not made on the token" in imported.message


# Files.


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("hsm/pin", "PIN file"),
        ("hsm/so-pin", "PIN file"),
        ("hsm/tokens", "token files"),
        ("clients/tms.key.pem", "client keys"),
    ],
)
def test_a_secret_that_others_may_read_is_found(
    sealgate: CommandLine, path: str, part: str
) -> None:
    secret = sealgate.trial.directory / path
    secret.chmod(secret.stat().st_mode | 0o040)
    found = files.check_secret_files(sealgate.config, sealgate.trial.config_file)
    assert about(found, part).state == "failed"


@pytest.mark.parametrize(
    ("path", "part"), [("config.yaml", "config file"), ("policies/seals.yaml", "policy files")]
)
def test_whoever_may_write_policies_or_configuration_is_found(
    sealgate: CommandLine, path: str, part: str
) -> None:
    file = sealgate.trial.directory / path
    file.chmod(0o620)
    found = list(files.check_governing_files(sealgate.config, sealgate.trial.config_file))
    assert about(found, part).state == "failed"
    file.chmod(0o644)
    found = list(files.check_governing_files(sealgate.config, sealgate.trial.config_file))
    assert about(found, part).state == "warning"


def test_bundles_that_officers_signed_are_for_all_to_read_and_what_lies_beside_them_is_not(
    signed: CommandLine,
) -> None:
    """As the playbooks install them: IT's, and read by the gateway's user as one of the others."""
    policies, config = signed.config.policies, signed.trial.config_file
    assert policies.bundles is not None
    assert policies.root is not None
    config.chmod(0o600)
    bundles = sorted(policies.bundles.glob("*.sealbundle"))
    policies.bundles.chmod(0o755)
    for each in (policies.root, *bundles):
        each.chmod(0o644)
    found = list(files.check_governing_files(signed.config, config))
    assert {(each.part, each.state) for each in found} == {
        ("config file", "ok"),
        ("policy files", "ok"),
    }
    secret = policies.bundles / "tms.secret"
    secret.touch()
    secret.chmod(0o644)
    found = list(files.check_governing_files(signed.config, config))
    (told,) = (each.message for each in found if each.state == "warning")
    assert "tms.secret" in told
    assert ".sealbundle" not in told
    bundles[0].chmod(0o646)
    found = list(files.check_governing_files(signed.config, config))
    assert [each.part for each in found if each.state == "failed"] == ["policy files"]


def test_a_state_directory_that_others_may_enter_is_found(sealgate: CommandLine) -> None:
    sealgate.config.state_directory.chmod(0o755)
    found = files.check_state_directory(sealgate.config)
    assert about(found, "state directory").state == "failed"


# The machine.


def test_a_state_directory_that_is_missing_is_found(sealgate: CommandLine) -> None:
    sealgate.config.state_directory.rename(sealgate.trial.directory / "moved")
    finding = about(machine.check_disk(sealgate.config), "disk space")
    assert finding.state == "failed"
    assert "does not exist" in finding.message


@pytest.mark.parametrize(("required", "state"), [("false", "warning"), ("true", "failed")])
def test_a_pin_where_the_gateway_has_to_look_is_found(
    sealgate: CommandLine, required: str, state: str
) -> None:
    moved = sealgate.config.state_directory / "pin"
    sealgate.trial.pin_file.rename(moved)
    sealgate.configure(f"file: {sealgate.trial.pin_file}", f"file: {moved}")
    config_file = sealgate.trial.config_file
    with config_file.open("a") as file:
        file.write(f"processes:\n  require_confinement: {required}\n")
    finding = about(machine.check_confinement(sealgate.config, config_file), "confinement")
    assert finding.state == state
    assert str(moved) in finding.message


def test_a_worker_that_has_no_room_is_found(
    sealgate: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A Python that cannot import is what a broken upgrade leaves behind.
    (tmp_path / "pyhanko.py").write_text("raise SystemExit(9)")
    monkeypatch.syspath_prepend(str(tmp_path))
    finding = about(machine.check_workers(sealgate.config), "document worker")
    assert finding.state == "failed"


# Policies and seals.


def certificates(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...], *, now: datetime = NOW
) -> list[Finding]:
    check = SealsCheck(sealgate.config)
    assert {each.state for each in check.policies()} == {"ok"}
    return list(check.certificates(keys, now=now))


def stamps(sealgate: CommandLine, keys: tuple[KeyDescription, ...]) -> list[Finding]:
    check = SealsCheck(sealgate.config)
    assert {each.state for each in (*check.policies(), *check.certificates(keys, now=NOW))} == {
        "ok"
    }
    return list(check.stamps())


def test_a_policy_whose_own_test_fails_is_found(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "receipts.yaml", "<= 5000000", "<= 500")
    finding = about(SealsCheck(sealgate.config).policies(), "policies")
    assert (finding.state, finding.owner) == ("failed", "officer")
    assert "receipts.yaml:22" in finding.message


def test_a_certificate_for_another_key_is_found(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    folder = sealgate.trial.policies / "certificates"
    (folder / "receipt-south.pem").replace(folder / "receipt-east.pem")
    found = certificates(sealgate, keys)
    assert "is for another key" in about(found, "seal receipt-east").message
    assert "cannot be read" in about(found, "seal receipt-south").message


@pytest.mark.parametrize(
    ("days", "state", "told"),
    [
        (-2, "failed", "not valid before"),
        (600, "ok", "until"),
        (705, "warning", "expires in 2"),
        (731, "failed", "expired on"),
    ],
)
def test_the_validity_of_a_certificate_is_watched(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...], days: int, state: str, told: str
) -> None:
    found = certificates(sealgate, keys, now=NOW + timedelta(days=days))
    finding = about(found, "seal receipt-east")
    assert finding.state == state
    assert told in finding.message


def test_an_expired_certificate_of_a_frozen_seal_is_only_a_warning(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    rewrite(sealgate.trial.policies / "seals.yaml", "state: active", "state: frozen")
    found = certificates(sealgate, keys, now=NOW + timedelta(days=800))
    assert about(found, "seal receipt-east").state == "warning"


def test_a_stamp_that_cannot_be_drawn_is_found(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    file = sealgate.trial.policies / "seals.yaml"
    rewrite(file, "name: 示例物流（华东）有限公司,", 'name: "示例\\U000F0000有限公司",')
    found = stamps(sealgate, keys)
    assert about(found, "stamp receipt-east").state == "failed"
    assert about(found, "stamp receipt-south").state == "ok"


def test_a_stamp_font_that_is_missing_is_found(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    sealgate.configure("documents: {workers: 1}", "documents: {stamp_font: /nowhere/宋体.ttf}")
    found = stamps(sealgate, keys)
    assert about(found, "stamp font").state == "failed"
    assert "宋体.ttf" in about(found, "stamp font").message


def test_a_shared_secret_that_is_missing_or_open_is_found(sealgate: CommandLine) -> None:
    systems = sealgate.trial.policies / "systems.yaml"
    written = systems.read_text(encoding="utf-8")
    line = next(each for each in written.splitlines() if "ed25519" in each)
    shared = "    - {id: erp-1, algorithm: hmac-sha256, secretFile: secrets/erp}"
    rewrite(systems, line, f"{line}\n{shared}")
    assert about(SealsCheck(sealgate.config).policies(), "secret erp-1").state == "failed"
    secret = sealgate.trial.policies / "secrets" / "erp"
    secret.parent.mkdir()
    for mode, state in ((0o640, "failed"), (0o600, "ok")):
        secret.touch()
        secret.chmod(mode)
        assert about(SealsCheck(sealgate.config).policies(), "secret erp-1").state == state


# Records.


def test_a_whole_database_is_well(sealgate: CommandLine) -> None:
    make_database(sealgate, recorded_at=NOW)
    check = RecordsCheck(sealgate.config)
    assert states(check.database(NOW)) == {"database": "ok", "clock": "ok"}
    assert check.size == 1


def test_a_damaged_database_is_found(sealgate: CommandLine) -> None:
    path = make_database(sealgate, recorded_at=NOW)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))
    found = RecordsCheck(sealgate.config).database(NOW)
    assert about(found, "database").state == "failed"


def test_a_file_that_is_no_database_is_found(sealgate: CommandLine) -> None:
    sealgate.config.database.write_text("no database" * 1000)
    finding = about(RecordsCheck(sealgate.config).database(NOW), "database")
    assert finding.state == "failed"
    assert "not a database" in finding.message


def test_a_database_server_that_is_away_is_no_reason_to_put_a_backup_back(
    sealgate: CommandLine,
) -> None:
    store = sealgate.config.store.model_copy(
        update={"url": f"postgresql://sealgate@127.0.0.1:{free_port()}/sealgate"}
    )
    config = sealgate.config.model_copy(update={"store": store})
    finding = about(RecordsCheck(config).database(NOW), "database")
    assert finding.state == "failed"
    assert "put no backup back" in (finding.cure or "")


def test_a_database_of_a_newer_version_is_found(sealgate: CommandLine) -> None:
    engine = open_writer(make_database(sealgate))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    finding = about(RecordsCheck(sealgate.config).database(NOW), "database")
    assert finding.state == "failed"
    assert "9999" in finding.message


def test_a_database_that_is_gone_while_records_were_signed_is_found(sealgate: CommandLine) -> None:
    publish(sealgate, size=7)
    assert about(RecordsCheck(sealgate.config).database(NOW), "database").state == "failed"


def test_a_clock_behind_the_newest_record_is_found(sealgate: CommandLine) -> None:
    make_database(sealgate, recorded_at=NOW + timedelta(hours=1))
    finding = about(RecordsCheck(sealgate.config).database(NOW), "clock")
    assert finding.state == "failed"
    assert "nothing is sealed until it is right" in finding.message


def test_a_log_key_that_is_not_the_tokens_is_found(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    check = RecordsCheck(sealgate.config)
    assert about(check.audit_log(keys), "audit log key").state == "ok"
    publish(sealgate, size=1)
    finding = about(check.audit_log(keys), "audit log key")
    assert finding.state == "failed"
    assert "is another than" in finding.message


def test_a_log_that_was_renamed_is_found(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    sealgate.configure(ORIGIN, "other.example/audit")
    finding = about(RecordsCheck(sealgate.config).audit_log(keys), "audit log key")
    assert finding.state == "failed"
    assert "never changes its name" in (finding.cure or "")


def test_a_checkpoint_that_was_touched_is_found(sealgate: CommandLine) -> None:
    publish(sealgate, size=7)
    rewrite(sealgate.config.checkpoint_file, "\n7\n", "\n6\n")
    finding = about(RecordsCheck(sealgate.config).audit_log(None), "audit checkpoint")
    assert finding.state == "failed"


def test_a_database_that_was_cut_is_found(sealgate: CommandLine) -> None:
    make_database(sealgate, recorded_at=NOW)
    publish(sealgate, size=7)
    check = RecordsCheck(sealgate.config)
    assert about(check.database(NOW), "database").state == "ok"
    finding = about(check.audit_log(None), "audit checkpoint")
    assert finding.state == "failed"
    assert "7 records were signed, but the database has 1" in finding.message


# The port and TLS.


class _Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger(sealgate: CommandLine) -> Iterator[HTTPServer]:
    """Another service at the gateway's port."""
    server = HTTPServer(("127.0.0.1", sealgate.config.http.port), _Stranger)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_port_that_somebody_else_has_is_found(
    sealgate: CommandLine, stranger: HTTPServer
) -> None:
    assert stranger.server_port == sealgate.config.http.port
    assert about(service.check_gateway(sealgate.config), "gateway").state == "failed"


def test_a_gateway_that_does_not_run_is_a_warning_and_its_port_is_tried(
    sealgate: CommandLine,
) -> None:
    found = list(service.check_gateway(sealgate.config))
    assert states(found) == {"gateway": "warning", "port": "ok"}


def test_an_address_that_the_machine_does_not_have_is_found(sealgate: CommandLine) -> None:
    # A prefix that is for documentation only (RFC 3849): no machine has it.
    settings = sealgate.config.http.model_copy(update={"host": "2001:db8::1"})
    config = sealgate.config.model_copy(update={"http": settings})
    found = list(service.check_gateway(config))
    assert "failed" in {each.state for each in found}


def with_tls(sealgate: CommandLine, *, matching: bool) -> None:
    # An authority's certificate serves as well as a server's to see whether files fit.
    own = authority()
    key = own.key if matching else Ed25519PrivateKey.generate()
    directory = sealgate.trial.directory
    (directory / "server.pem").write_bytes(own.certificate.public_bytes(Encoding.PEM))
    (directory / "server.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    sealgate.configure(
        "  host: 127.0.0.1\n",
        f"  host: 127.0.0.1\n  tls:\n    certificate: {directory}/server.pem\n"
        f"    key: {directory}/server.key\n",
    )


def test_tls_files_that_belong_together_are_well(sealgate: CommandLine) -> None:
    with_tls(sealgate, matching=True)
    assert about(service.check_tls(sealgate.config, NOW), "TLS").state == "ok"


def test_tls_files_that_do_not_belong_together_are_found(sealgate: CommandLine) -> None:
    with_tls(sealgate, matching=False)
    assert about(service.check_tls(sealgate.config, NOW), "TLS").state == "failed"


def test_an_expired_server_certificate_is_found(sealgate: CommandLine) -> None:
    with_tls(sealgate, matching=True)
    later = NOW + timedelta(days=20 * 365)
    assert about(service.check_tls(sealgate.config, later), "TLS").state == "failed"
