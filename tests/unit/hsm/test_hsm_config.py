"""The `hsm:` section is refused when it is wrong, with the sentence that puts it right."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hsm.config import HSMConfig, KeyConfig, PinSource, RestartConfig

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


def test_the_section_crosses_to_the_signer_as_json() -> None:
    config = HSMConfig.model_validate(SECTION)
    assert HSMConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize("section", [HSMConfig, KeyConfig, PinSource, RestartConfig])
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
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        HSMConfig.model_validate(SECTION | changes)
