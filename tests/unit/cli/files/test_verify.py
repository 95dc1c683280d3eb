"""`sealgate verify` on what a gateway has sealed, and on what it has not."""

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.document_fixtures import soft_seal
from tests.running_gateway import RECEIPT
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def sealed_file(sealed_receipt: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "回单 001（华东）.pdf"
    file.write_bytes(sealed_receipt)
    return file


def test_a_sealed_file_with_a_chinese_name_is_valid_and_its_seal_is_named(
    on_running: CommandLine, sealed_file: Path
) -> None:
    result = on_running("verify", sealed_file)
    assert result.exit_code == 0, result.output
    assert f"valid          {sealed_file}" in result.stdout
    assert "示例物流（华东）有限公司 回单专用章" in result.stdout
    assert "PAdES B-B" in result.stdout
    assert "certification, no changes allowed after it" in result.stdout


def test_it_says_that_the_demo_ca_is_trusted_and_what_was_not_proved(
    on_running: CommandLine, sealed_file: Path
) -> None:
    told = on_running("verify", sealed_file).stdout
    assert "demo CA of this installation: proves nothing to anybody else" in told
    assert "Times are what the signers claim" in told
    assert "revoked was not looked up" in told


def test_json_has_the_documented_shape(on_running: CommandLine, sealed_file: Path) -> None:
    result = on_running("verify", "--json", sealed_file)
    report = json.loads(result.stdout)
    assert report.keys() == {"verdict", "trust", "files", "caveats"}
    assert report["trust"][0].keys() == {"file", "subject", "sha256", "demo"}
    (file,) = report["files"]
    assert file.keys() == {"file", "verdict", "why", "signatures"}
    assert (file["file"], file["verdict"]) == (str(sealed_file), "valid")
    (signature,) = file["signatures"]
    assert signature.keys() == {
        "field",
        "kind",
        "verdict",
        "why",
        "onlyUntrusted",
        "certificate",
        "claimedAt",
        "level",
        "coverage",
        "changes",
        "certifies",
        "permission",
        "record",
    }
    assert signature["field"] == f"Seal-{signature['record']}"


def test_one_file_that_is_not_valid_outweighs_the_valid_and_the_unknown(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(sealed_file.read_bytes() + b"\n%")
    unsealed = tmp_path / "unsealed.pdf"
    unsealed.write_bytes(RECEIPT)
    result = on_running("verify", sealed_file, changed, unsealed, tmp_path / "missing.pdf")
    assert result.exit_code == 1
    assert f"NOT VALID      {changed}" in result.stdout
    assert "added to after it was signed" in result.stdout
    assert "it carries no signature" in result.stdout
    assert "could not tell" in result.stdout
    assert "there is no such file" in result.stdout


def test_what_cannot_be_read_exits_with_2(on_running: CommandLine, tmp_path: Path) -> None:
    picture = tmp_path / "stamp.png"
    picture.write_bytes(b"\x89PNG")
    result = on_running("verify", picture, tmp_path)
    assert result.exit_code == 2
    assert "it is not a PDF file" in result.stdout
    assert "it is not a regular file" in result.stdout


def test_without_a_root_to_judge_by_it_exits_with_2_and_asks_for_one(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    result = on_running("verify", sealed_file, "--config", tmp_path / "none" / "config.yaml")
    assert result.exit_code == 2
    assert "there is no trusted root" in result.stdout
    assert "--trust" in result.stdout


def test_a_root_that_is_named_takes_the_place_of_the_demo_ca(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    root = on_running.trial.ca_file
    elsewhere = tmp_path / "none" / "config.yaml"
    result = on_running("verify", sealed_file, "--trust", root, "--config", elsewhere)
    assert result.exit_code == 0, result.output
    assert "demo CA of this installation" not in result.stdout


def _stranger(folder: Path) -> Path:
    der = soft_seal("ecdsa-p384-sha384").material.certificates[0]
    root = folder / "stranger.pem"
    root.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return root


def test_where_only_the_root_of_its_ca_is_not_named_it_could_not_tell_and_says_the_cure(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    result = on_running("verify", sealed_file, "--trust", _stranger(tmp_path))
    assert result.exit_code == 2, result.output
    assert "NOT VALID" not in result.stdout
    assert f"could not tell {sealed_file}" in result.stdout
    assert "leads to no trusted root (issued by " in result.stdout
    assert "--trust" in result.stdout


def test_damage_is_not_valid_though_the_root_is_not_named_either(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    sealed_file.write_bytes(sealed_file.read_bytes() + b"\n%")
    result = on_running("verify", sealed_file, "--trust", _stranger(tmp_path))
    assert result.exit_code == 1, result.output
    assert f"NOT VALID      {sealed_file}" in result.stdout


def test_a_root_that_is_no_certificate_is_said_to_be_none(
    on_running: CommandLine, sealed_file: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "[root].pem"
    wrong.write_text("no certificate")
    result = on_running("verify", sealed_file, "--trust", wrong)
    assert result.exit_code == 2
    assert f"{wrong} is not a PEM file of certificates" in result.stderr


def test_a_file_name_cannot_speak_to_the_terminal(on_running: CommandLine, tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[2Jvalid\u202efdp.pdf"
    hostile.write_bytes(RECEIPT)
    told = on_running("verify", hostile).stdout
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "a\N{REPLACEMENT CHARACTER}[2Jvalid" in told


def test_a_file_name_that_is_no_utf_8_is_told_all_the_same(
    on_running: CommandLine, tmp_path: Path
) -> None:
    hostile = tmp_path / "\udcff.pdf"
    hostile.write_bytes(RECEIPT)
    result = on_running("verify", "--json", hostile)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["files"][0]["file"].endswith("/?.pdf")
