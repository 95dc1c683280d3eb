"""Whoever writes the PIN itself into config.yaml is told so, and nobody reads it there."""

import pytest

from tests.unit.cli.conftest import CommandLine

_PIN = "407188652213"
_LETTERS = "Kq7vGx2m"
_WRONG = {
    "a number": f"pin: {_PIN}",
    "text": f'pin: "{_PIN}"',
    "letters": f"pin: {_LETTERS}",
    "a number that YAML takes for octal": f"pin: 0{_PIN}",
    "a list": f"pin: [{_PIN}]",
    "a tag": f"pin: !{_LETTERS}",
    "a key": f"pin: {{{_PIN}: true}}",
    "a key of letters": f"pin: {{{_LETTERS}: true}}",
    "a key that is there twice": f"pin: {{{_LETTERS}: 1, {_LETTERS}: 2}}",
    "a number as the file": f"pin: {{file: {_PIN}}}",
    "text as the file": f'pin: {{file: "{_PIN}"}}',
    "a number as the credential": f"pin: {{credential: {_PIN}}}",
    "a name that none has": f"pin: {{credential: '{_LETTERS} '}}",
    "the name of a credential": f"pin: {{credential: {_LETTERS}}}",
    "instead of true": f"pin: {{ask: {_PIN}}}",
    "below another key": f"pin: {{value: {_PIN}}}",
    "without a colon": f'"pin {_PIN}": true',
    "without a blank": f'"pin:{_PIN}": true',
    "beside the other keys": f"user_pin: {_PIN}",
}


@pytest.mark.parametrize("mistyped", _WRONG.values(), ids=_WRONG)
@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "as JSON"])
def test_the_doctor_says_that_it_is_wrong_and_does_not_print_it(
    sealgate: CommandLine, mistyped: str, *, as_json: bool
) -> None:
    sealgate.configure(f"pin:\n    file: {sealgate.trial.pin_file}", mistyped)
    result = sealgate("doctor", *(("--json",) if as_json else ()))
    assert result.exit_code == 1
    printed = result.output.replace("\n", "")
    assert "pin" in printed.lower()
    for secret in (_PIN, _LETTERS, _LETTERS.lower()):
        assert secret not in printed


def test_the_right_way_is_still_told(sealgate: CommandLine) -> None:
    sealgate.configure("    file: ", "    fiel: ")
    result = sealgate("doctor", "--json")
    assert "did you mean `file`?" in result.stdout
