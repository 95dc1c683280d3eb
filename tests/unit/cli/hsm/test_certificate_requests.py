"""`sealgate hsm csr` on a real SoftHSM token."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from hsm.ceremonies.requests import proves
from hsm.interfaces import KeyDescription
from tests.running_gateway import RunningGateway, until
from tests.unit.cli.conftest import CommandLine


def _public(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _notes(sealgate: CommandLine) -> list[dict[str, str]]:
    return [
        json.loads(each.read_text(encoding="utf-8"))
        for each in sorted(sealgate.config.key_acts.glob("*.act.json"))
    ]


@pytest.mark.parametrize("key", ["receipt-east", "receipt-south"])
def test_the_key_asks_for_a_certificate_in_the_name_of_its_seals_company(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...], tmp_path: Path, key: str
) -> None:
    file = tmp_path / "east.csr.pem"
    result = sealgate("hsm", "csr", key, "--out", file, "--json")
    assert result.exit_code == 0, result.output
    request = x509.load_pem_x509_csr(file.read_bytes())
    assert request.is_signature_valid
    (wanted,) = (each.public_key for each in keys if each.id == key)
    assert _public(request) == wanted
    company = {
        "receipt-east": "示例物流（华东）有限公司",
        "receipt-south": "示例物流（华南）有限公司",
    }[key]
    (organisation,) = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert organisation.value == company
    usage = request.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    assert isinstance(usage, x509.KeyUsage)
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert json.loads(result.stdout)["subject"] == request.subject.rfc4514_string()


def test_a_subject_may_be_given_in_full(sealgate: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "new.pem"
    subject = "CN=章,O=甲乙\\, 丙有限公司,C=CN"
    result = sealgate("hsm", "csr", "receipt-south", "--subject", subject, "-o", file)
    assert result.exit_code == 0, result.output
    assert x509.load_pem_x509_csr(file.read_bytes()).subject.rfc4514_string() == subject


def test_the_use_of_the_key_is_noted_with_the_very_digest(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "east.pem"
    assert sealgate("hsm", "csr", "receipt-east", "-o", file).exit_code == 0
    (note,) = _notes(sealgate)
    assert (note["what"], note["key"]) == ("request", "receipt-east")
    request = x509.load_pem_x509_csr(file.read_bytes())
    digest = hashlib.sha256(request.tbs_certrequest_bytes).hexdigest()
    assert note["signed"] == digest


def test_nothing_is_signed_when_it_cannot_be_noted(sealgate: CommandLine, tmp_path: Path) -> None:
    sealgate.config.key_acts.parent.mkdir(exist_ok=True)
    sealgate.config.key_acts.write_text("in the way", encoding="utf-8")
    file = tmp_path / "east.pem"
    result = sealgate("hsm", "csr", "receipt-east", "-o", file)
    assert result.exit_code == 2
    assert "nothing was done with key 'receipt-east'" in result.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody",), "no seal key 'nobody' is in use"),
        (("audit-log",), "no seal key 'audit-log'"),
        (("receipt-east", "--subject", "a company"), "is no name of a certificate"),
        (("receipt-east", "--seal", "lost"), "no seal is called 'lost'"),
    ],
)
def test_what_cannot_be_asked_for_is_told_before_the_token_is_touched(
    sealgate: CommandLine, arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    result = sealgate("hsm", "csr", *arguments, "-o", tmp_path / "x.pem")
    assert result.exit_code == 2
    assert told in result.stderr
    assert _notes(sealgate) == []


def test_another_file_is_never_written_over(sealgate: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "east.pem"
    file.write_text("mine", encoding="utf-8")
    result = sealgate("hsm", "csr", "receipt-east", "-o", file)
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_request_of_another_key_proves_nothing(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...], tmp_path: Path
) -> None:
    file = tmp_path / "east.pem"
    assert sealgate("hsm", "csr", "receipt-east", "-o", file).exit_code == 0
    request = x509.load_pem_x509_csr(file.read_bytes()).public_bytes(Encoding.DER)
    east, south, _log = (each.public_key for each in keys)
    assert proves(request, east)
    assert not proves(request, south)
    assert not proves(request[:-8] + bytes(8), east)
    assert not proves(b"no request", east)


async def test_a_running_gateway_has_it_in_the_audit_log(
    on_running: CommandLine, running: RunningGateway, tmp_path: Path
) -> None:
    result = on_running("hsm", "csr", "receipt-east", "-o", tmp_path / "east.pem")
    assert result.exit_code == 0, result.output
    folder = on_running.config.key_acts
    await until(lambda: not list(folder.glob("*.act.json")))
    shown = running.run("audit", "show", "--json").stdout.splitlines()
    (record,) = (each for each in map(json.loads, shown) if each["kind"] == "key")
    assert (record["what"], record["key"]) == ("request", "receipt-east")
    assert json.loads(running.run("audit", "verify", "--json").stdout)["whole"]
