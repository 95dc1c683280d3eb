"""The `hsm:` section is refused when it is wrong, with the sentence that puts it right."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hsm.config import HSMConfig, KeyConfig, PinSource, ReplicaConfig, RestartConfig

SEAL = {"id": "east", "label": "East 2026", "mechanism": "ecdsa-p256-sha256"}
LOG = {"id": "log", "label": "log", "mechanism": "ed25519", "purpose": "checkpoint"}
SECTION: dict[str, Any] = {
    "module": "/usr/lib/softhsm/libsofthsm2.so",
    "token_label": "sealgate",
    "pin": {"credential": "hsm-pin"},
    "keys": [SEAL, LOG],
    "environment": {"SOFTHSM2_CONF": "/etc/sealgate/softhsm2.conf"},
}


def test_a_short_section_is_enough() -> None:
    config = HSMConfig.model_validate(SECTION)
    assert (config.sessions, config.serialize, config.deadline_seconds) == (4, False, 5.0)
    assert [key.purpose for key in config.keys] == ["seal", "checkpoint"]


WEST: dict[str, Any] = {
    "module": "/opt/vendor/libpkcs11.so",
    "token_label": "west",
    "pin": {"credential": "hsm-pin-2"},
}


def test_without_replicas_the_one_token_is_the_section_itself() -> None:
    config = HSMConfig.model_validate(SECTION)
    assert config.tokens == (config,)
    assert config.names == ("sealgate",)


def test_each_token_gets_a_section_as_if_it_were_the_only_one() -> None:
    signer = {"socket": "/run/sealgate-signer/signer.sock"}
    config = HSMConfig.model_validate(SECTION | {"replicas": [WEST], "signer": signer})
    first, second = config.tokens
    assert (first.module, first.environment) == (config.module, config.environment)
    assert (second.module, second.environment) == (Path("/opt/vendor/libpkcs11.so"), {})
    assert second.pin.credential == "hsm-pin-2"
    for each in (first, second):
        assert (each.replicas, each.signer, each.keys) == (None, None, config.keys)
        assert HSMConfig.model_validate_json(each.model_dump_json()) == each


def test_tokens_with_one_label_are_told_apart_by_their_place() -> None:
    twin = WEST | {"token_label": "sealgate"}
    config = HSMConfig.model_validate(SECTION | {"replicas": [twin, WEST]})
    assert config.names == ("sealgate (1)", "sealgate (2)", "west")


def test_the_section_crosses_to_the_signer_as_json() -> None:
    config = HSMConfig.model_validate(SECTION)
    assert HSMConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize("section", [HSMConfig, KeyConfig, PinSource, ReplicaConfig, RestartConfig])
def test_every_field_is_described_for_the_documentation(section: type[BaseModel]) -> None:
    assert not [name for name, field in section.model_fields.items() if not field.description]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slot": 1}, "exactly one of token_label and slot"),
        ({"token_label": None}, "exactly one of token_label and slot"),
        ({"pin": {}}, "exactly one of file, credential and ask"),
        ({"pin": {"ask": True, "file": "/run/pin"}}, "exactly one of file, credential and ask"),
        ({"pin": "1234"}, "valid dictionary or instance of PinSource"),
        ({"pin": {"credential": "../shadow"}}, "should match pattern"),
        ({"pin": {"credential": ".."}}, "should match pattern"),
        ({"pin": {"file": "pin"}}, "pin is relative"),
        ({"module": "libsofthsm2.so"}, "libsofthsm2.so is relative"),
        ({"environment": {"HSM_PIN": "1234"}}, "1234 is relative"),
        ({"keys": []}, "at least 1 item"),
        ({"keys": [SEAL, SEAL | {"label": "other"}]}, "same id"),
        ({"keys": [SEAL, SEAL | {"id": "other"}]}, "same label"),
        ({"keys": [LOG, LOG | {"id": "b", "label": "b"}]}, "two checkpoint keys"),
        ({"keys": [LOG | {"purpose": "seal"}]}, "go together"),
        ({"keys": [SEAL | {"purpose": "checkpoint"}]}, "go together"),
        ({"keys": [SEAL | {"mechanism": "rsa-sha1"}]}, "rsa-pkcs1-sha256"),
        ({"keys": [SEAL | {"id": "East Seal"}]}, "should match pattern"),
        ({"sessions": 0}, "greater than or equal to 1"),
        ({"sesions": 8}, "Extra inputs are not permitted"),
        ({"replicas": [WEST, WEST]}, "two of the tokens are the same one"),
        ({"replicas": [WEST | {"slot": 1}]}, "exactly one of token_label and slot"),
        ({"replicas": [WEST | {"keys": [SEAL]}]}, "Extra inputs are not permitted"),
        ({"replicas": [WEST] * 8}, "at most 7 items"),
        ({"failover_seconds": 5}, "less than or equal to 4"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        HSMConfig.model_validate(SECTION | changes)
