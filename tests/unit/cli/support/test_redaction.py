"""What is left of a message: the program's own words, moments and small numbers."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.support.redaction import GONE, line, settings, text
from gateway.cli.support.settings_told import TOLD
from gateway.config import Config


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("the token refused the PIN", "the token refused the PIN"),
        ("its certificate expires in 22 days, on 2026-12-01", None),
        ("12,345 MiB are free below /srv/王小明", "12,345 MiB are free below …"),
        ("postgresql://sealgate:secret@database/sealgate refused", "… refused"),
        ("Authorization: Bearer eyJhbGciOi.x.y", "Authorization: Bearer …"),
        ("pin = token", "pin = …"),
        ("PIN: certificate", "PIN: …"),
        ("the PIN 482915 was refused", "the PIN … was refused"),
        ("no Company is called `Nordwind Spedition`", "no Company is called …"),
        ("at 10.20.30.40 or db.internal.example", "at … or …"),
        ("sha256:" + "ab" * 32, "…"),
        ("张伟 approved it", "… approved it"),
    ],
)
def test_only_our_own_words_are_left(said: str, left: str | None) -> None:
    assert text(said) == (said if left is None else left)


@given(st.binary(min_size=12, max_size=64))
def test_no_piece_of_a_token_is_left(token: bytes) -> None:
    for written in (base64.b64encode(token).decode(), token.hex()):
        said = f"refused {written}, as it expired"
        assert text(said) == f"refused {GONE} as it expired"


def test_a_line_of_our_log_has_only_what_says_nobodys_name() -> None:
    said = {
        "event": "refused",
        "level": "warning",
        "problem": "urn:sealgate:problem:denied",
        "seconds": 0.25,
        "by": "zhangwei",
        "path": "/v1/documents/0199",
        "detail": "the seal of Nordwind is frozen",
        "reasons": [{"rule": "x"}],
    }
    assert line(json.dumps(said)) == {
        "event": "refused",
        "level": "warning",
        "problem": "…",
        "seconds": 0.25,
        "detail": "the seal of … is frozen",
    }


def test_a_line_of_others_is_a_message() -> None:
    assert line("Failed with result 'exit-code'.") == {"message": "Failed with result 'exit-code'."}
    assert line('["王小明", "x@y"]') == {"message": GONE}


def test_a_setting_that_nobody_has_thought_about_is_only_set() -> None:
    made = {"http": {"port": 8480, "host": "seal.internal"}, "hsm": {"environment": {"A": "/b"}}}
    assert settings(made, TOLD) == {
        "http": {"port": 8480, "host": "set"},
        "hsm": {"environment": "1 set"},
    }


def test_every_setting_that_is_told_exists_and_is_a_number_or_a_choice() -> None:
    known = dict(_leaves(Config.model_json_schema()))
    for name in TOLD:
        shape = json.dumps(known[name])
        assert any(f'"{kind}"' in shape for kind in ("integer", "number", "boolean", "enum")), name


def _leaves(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every setting by its name, those of lists by the name of what the list has."""
    definitions = schema["$defs"]

    def within(part: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        options = [part, *part.get("anyOf", ())]
        options += [each["items"] for each in options if "items" in each]
        found = [(name, part)]
        for each in options:
            whole = definitions[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for key, value in whole.get("properties", {}).items():
                found += within(value, f"{name}.{key}" if name else key)
        return found

    return within(schema, "")
