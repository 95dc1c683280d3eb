"""What config.yaml says of the bridge is refused with a cure, before anything is opened."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from cloud_bridge.keys import EncryptionKey, SigningKey
from gateway.config import BridgeConfig
from gateway.envelopes.carriage.errors import KeyFileError
from gateway.envelopes.partners.roots import roots_in
from gateway.wiring.rooms.bridging import read_key, way_of
from tests.seals_of_companies import authority

_COMPANY: dict[str, Any] = {
    "company": "east",
    "organisation": "org-east",
    "name": "东方物流",
    "signing_key": "/keys/signing.pem",
    "encryption_key": "/keys/encryption.pem",
    "card_seal": "company-east",
    "system": "tms",
}
_BRIDGE: dict[str, Any] = {
    "url": "https://network.example",
    "network_key": "A" * 43,
    "trusted_roots": "/roots",
    "companies": [_COMPANY],
}


def bridge(**changes: Any) -> BridgeConfig:  # noqa: ANN401 - keys of the section
    """As YAML says it."""
    return BridgeConfig.model_validate_json(json.dumps({**_BRIDGE, **changes}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://network.example"}, "in the clear"),
        ({"url": "https://network.example/v1"}, "pattern"),
        ({"network_key": "short"}, "pattern"),
        ({"proxy": "http://user:secret@proxy.example:3128"}, "pattern"),
        ({"companies": []}, "at least 1"),
        ({"companies": [_COMPANY, {**_COMPANY, "company": "west"}]}, "same `organisation`"),
        ({"companies": [_COMPANY, {**_COMPANY, "organisation": "org-w"}]}, "same `company`"),
        ({"companies": [{**_COMPANY, "client_key": "/k.pem"}]}, "go together"),
        ({"companies": [{**_COMPANY, "organisation": "org/east"}]}, "pattern"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        bridge(**changes)


def test_a_network_on_this_machine_needs_no_tls() -> None:
    assert bridge(url="http://127.0.0.1:8490").ca is None


def test_everything_that_the_gateway_reads_is_named_for_its_confinement() -> None:
    config = bridge(
        ca="/ca.pem",
        persons_root="/persons.pem",
        companies=[{**_COMPANY, "client_certificate": "/c.pem", "client_key": "/c-key.pem"}],
    )
    assert set(map(str, config.readable)) == {
        "/ca.pem",
        "/roots",
        "/persons.pem",
        "/keys/signing.pem",
        "/keys/encryption.pem",
        "/c.pem",
        "/c-key.pem",
    }


def test_a_key_that_others_may_read_or_of_another_kind_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    with pytest.raises(KeyFileError, match="sealgate bridge keys"):
        read_key(file, SigningKey)
    key = SigningKey.generate()
    file.write_bytes(key.pem)
    file.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(file, SigningKey)
    file.chmod(0o600)
    assert read_key(file, SigningKey).public == key.public
    with pytest.raises(KeyFileError, match="X25519"):
        read_key(file, EncryptionKey)


def test_roots_are_read_as_they_are_now_and_a_broken_file_is_trusted_for_nothing(
    tmp_path: Path,
) -> None:
    assert roots_in(tmp_path / "missing") == ()
    first, second = authority("First Root"), authority("Second Root")
    (tmp_path / "first.der").write_bytes(first.der)
    (tmp_path / "broken.pem").write_text("nonsense")
    (tmp_path / "README").write_text("not looked at")
    assert roots_in(tmp_path) == (first.der,)
    (tmp_path / "second.pem").write_bytes(second.certificate.public_bytes(Encoding.PEM))
    assert set(roots_in(tmp_path)) == {first.der, second.der}


def test_a_file_that_the_operator_gives_is_named_where_it_is_missing(tmp_path: Path) -> None:
    named = {
        "client_certificate": str(tmp_path / "client.pem"),
        "client_key": str(tmp_path / "client-key.pem"),
    }
    config = bridge(companies=[{**_COMPANY, **named}], ca=str(tmp_path / "ca.pem"))
    of_operator, step = "take it from the network's operator", "(docs/bridge.md, step 2)"
    east, request = "bridge.companies[east]", "make it with the certificate request"
    assert list(config.missing) == [
        f"bridge.ca: {tmp_path / 'ca.pem'} is not there: {of_operator} {step}",
        f"{east}.client_certificate: {tmp_path / 'client.pem'} is not there: {of_operator} {step}",
        f"{east}.client_key: {tmp_path / 'client-key.pem'} is not there: {request} {step}",
    ]
    for name in ("ca.pem", "client.pem", "client-key.pem"):
        (tmp_path / name).touch()
    assert list(config.missing) == []


def test_a_client_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "client-key.pem"
    file.touch(0o640)
    named = {"client_certificate": str(tmp_path / "client.pem"), "client_key": str(file)}
    config = bridge(companies=[{**_COMPANY, **named}])
    with pytest.raises(KeyFileError, match="chmod 600"):
        way_of(config, config.companies[0])
    file.chmod(0o600)
    assert way_of(config, config.companies[0]).key == file
