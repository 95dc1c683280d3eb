"""`sealgate network`: what the operator types, while no network runs."""

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner, Result

from cloud_bridge.keys import SigningKey
from gateway.cli.app import app


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["network", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = _run("init", "--directory", tmp_path / "network", "--name", '签约网 "east"')
    assert made.exit_code == 0, made.stderr
    return tmp_path / "network"


def _listed(folder: Path) -> list[dict[str, object]]:
    told = _run("organisation", "list", "--json", "-c", folder / "network.yaml")
    assert told.exit_code == 0, told.stderr
    listed: list[dict[str, object]] = json.loads(told.stdout)
    return listed


def test_private_keys_are_read_by_their_owner_only(folder: Path) -> None:
    private = [*(folder / "keys").iterdir(), folder / "tls" / "server-key.pem"]
    assert len(private) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
    told = json.loads(_run("identity", "--json", "-c", folder / "network.yaml").stdout)
    assert told["name"] == '签约网 "east"'


def test_a_network_is_not_made_over_another(folder: Path) -> None:
    before = (folder / "keys" / "network.pem").read_bytes()
    again = _run("init", "--directory", folder)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert (folder / "keys" / "network.pem").read_bytes() == before


def test_beyond_this_machine_it_is_never_in_the_clear(tmp_path: Path) -> None:
    made = _run("init", "--directory", tmp_path / "n", "--plain", "--host", "0.0.0.0")  # noqa: S104
    assert made.exit_code == 2
    assert not (tmp_path / "n").exists()


def test_an_organisations_own_keys_stay_its_own(folder: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever they wrote")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    csr = tmp_path / "seller.csr"
    csr.write_bytes(request.public_bytes(Encoding.PEM))
    out = tmp_path / "seller"
    words = ("organisation", "add", "--name", "Seller Ltd", "--csr", csr, "--out", out)
    more = ("--signing-key", SigningKey.generate().public, "-c", folder / "network.yaml")
    added = _run(*words, "--expires", "2099-12-31", *more)
    assert added.exit_code == 0, added.stderr
    organisation = added.stdout.splitlines()[0]
    assert sorted(file.name for file in out.iterdir()) == [
        "client.pem",
        "network-ca.pem",
        "persons-root.pem",
    ]
    assert (out / "persons-root.pem").read_bytes() == (folder / "persons-root.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate((out / "client.pem").read_bytes())
    assert certificate.public_key() == key.public_key()
    (common,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common.value == organisation
    # Known anew: the same id, a later day.
    again = _run(*words, "--expires", "2100-12-31", "--id", organisation, *more)
    assert again.exit_code == 0, again.stderr
    (listed,) = _listed(folder)
    assert listed["id"] == organisation
    assert str(listed["verification"]["expiresAt"]).startswith("2100-12-31")  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--expires", "tomorrow"), "'tomorrow' is no day of the calendar"),
        (("--expires", "2099-02-30"), "'2099-02-30' is no day of the calendar"),
        (("--expires", "2099-12-31", "--level", "high"), "--level must be one of none, contact"),
        (("--expires", "2099-12-31", "--signing-key", "abc"), "--signing-key is 43 characters"),
        (("--expires", "2099-12-31", "--id", "seller"), "--id begins with org-"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(
    words: tuple[str, ...], told: str, folder: Path, tmp_path: Path
) -> None:
    added = _run(
        *("organisation", "add", "--name", "Seller Ltd", "--out", tmp_path / "seller"),
        *words,
        *("-c", folder / "network.yaml"),
    )
    assert added.exit_code == 2
    assert told in added.stderr
    assert _listed(folder) == []


def test_the_end_of_an_identity_number_is_taken_and_one_of_another_shape_is_not(
    folder: Path,
) -> None:
    words = ("person", "add", "--name", "李雷", "--contact", "13800000000")
    rest = ("--expires", "2099-12-31", "-c", folder / "network.yaml")
    assert _run(*words, "--id-tail", "123X", *rest).exit_code == 0
    refused = _run(*words, "--id-tail", "12345", *rest)
    assert refused.exit_code != 0
    assert "four digits or letters" in refused.stderr
    assert "12345" not in refused.stderr


def test_the_same_person_is_there_once(folder: Path) -> None:
    words = ("person", "add", "--name", "李雷", "--contact", "13800000000")
    told = {
        _run(*words, "--expires", day, "-c", folder / "network.yaml").stdout
        for day in ("2098-12-31", "2099-12-31")
    }
    assert len(told) == 1


def test_ids_are_listed_in_one_piece_and_contacts_are_not(folder: Path) -> None:
    config, until = ("-c", folder / "network.yaml"), ("--expires", "2099-12-31")
    name = "一家名称很长很长很长很长很长很长很长很长很长很长很长很长的物流有限责任公司"
    out = folder / "out"
    added = _run("organisation", "add", "--name", name, *until, "--out", out, *config)
    organisation = added.stdout.splitlines()[0]
    (line,) = (
        line
        for line in _run("organisation", "list", *config).stdout.splitlines()
        if organisation in line
    )
    assert name in line
    words = ("--name", "李雷", "--contact", "13800000000", *until, *config)
    person = _run("person", "add", *words).stdout.strip()
    listed = _run("person", "list", *config)
    assert listed.exit_code == 0, listed.stderr
    assert person in listed.stdout
    assert "13800000000" not in listed.stdout
    (told,) = json.loads(_run("person", "list", "--json", *config).stdout)
    assert (told["id"], told["name"]) == (person, "李雷")
    assert told["contact"] != "13800000000"


def test_a_contact_that_is_none_is_told_without_talk_of_requests(folder: Path) -> None:
    words = ("--name", "李雷", "--contact", "x", "--expires", "2099-12-31")
    told = _run("person", "add", *words, "--config", folder / "network.yaml")
    assert told.exit_code == 2
    assert told.stderr == "error a person has a name and a telephone number or mailbox\n"
