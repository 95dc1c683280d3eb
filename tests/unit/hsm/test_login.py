"""The PIN is asked of the token once, and shows nowhere."""

import json
import textwrap
from dataclasses import dataclass
from typing import cast

import pkcs11
import pytest
from pkcs11 import TokenFlag

from hsm.errors import PinRefusedError
from hsm.pin import Pin
from hsm.token.login import log_in
from tests.hsm_fixtures import PIN, SO_PIN, SoftToken, story


def test_a_wrong_pin_is_tried_once_in_a_process(soft_token: SoftToken) -> None:
    # SoftHSM keeps no count but a flag: a wrong PIN raises it, a right one lowers it. So another
    # process lowers it after our first try, and looks whether our second try raises it again.
    low = """
    import os, sys
    import pkcs11
    from hsm.config import HSMConfig
    config = HSMConfig.model_validate_json(sys.argv[1])
    os.environ.update({name: str(path) for name, path in config.environment.items()})
    token = pkcs11.lib(str(config.module)).get_token(token_label=config.token_label)
    print(bool(token.flags & pkcs11.TokenFlag.USER_PIN_COUNT_LOW))
    """
    low = textwrap.dedent(low)
    lower = low + "token.open(user_pin=sys.argv[2])\n"
    soft_token.run(
        """
        import subprocess
        from hsm.errors import PinRefusedError
        from hsm.open import open_key_store

        def refused():
            try:
                open_key_store(config, ask_pin=lambda question: "wrong")
            except PinRefusedError as error:
                assert "wrong" not in str(error) and error.__cause__ is None, error
                return str(error)

        def other(script):
            command = [sys.executable, "-c", script, sys.argv[1], sys.argv[2]]
            return subprocess.run(command, check=True, stdout=-1, text=True).stdout

        low, lower = sys.argv[3:]
        assert "PinIncorrect" in refused()
        assert other(lower) == "True\\n"
        assert other(low) == "False\\n"
        assert "refused before" in refused()
        assert other(low) == "False\\n"
        """,
        soft_token.reconfigured(pin={"ask": True}),
        PIN,
        low,
        lower,
    )


def test_a_pin_that_was_changed_meanwhile_ends_the_store(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        with pool._login.token.open(rw=True) as officer:
            officer.set_pin(sys.argv[2], "another-pin")
        assert module.C_Finalize(None) == 0
        assert outcome() == "PinRefusedError"
        now += 100
        assert outcome() == "PinRefusedError"
        assert counts() == (1, 0, 1)
        """,
        PIN,
    )


def test_the_pin_is_neither_in_the_environment_nor_in_the_arguments(
    soft_token: SoftToken,
) -> None:
    seen = story(
        soft_token,
        """
        import json
        assert outcome() == "signed"
        own = pathlib.Path("/proc/self")
        print(json.dumps([own.joinpath(name).read_text() for name in ("environ", "cmdline")]
                         + [repr(dict(os.environ)), repr(vars(store)), repr(vars(pool))]))
        """,
    )
    assert all(PIN not in text and SO_PIN not in text for text in json.loads(seen))


@dataclass
class TokenNearItsLock:
    """What SoftHSM cannot be: it has no count of wrong PINs, so it never locks."""

    flags: TokenFlag
    label: str = "near its lock"
    serial: bytes = b"7"
    tries: int = 0

    def open(self, *, rw: bool, user_pin: str) -> None:
        del rw, user_pin
        self.tries += 1


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        (TokenFlag.USER_PIN_LOCKED, "has locked its user PIN"),
        (TokenFlag.USER_PIN_FINAL_TRY, "one more wrong PIN locks it"),
    ],
)
def test_the_last_try_is_left_to_a_person(flag: TokenFlag, sentence: str) -> None:
    token = TokenNearItsLock(flags=TokenFlag.TOKEN_INITIALIZED | flag)
    with pytest.raises(PinRefusedError, match=sentence):
        log_in(cast("pkcs11.Token", token), Pin("1234"))
    assert token.tries == 0


def test_one_wrong_pin_in_the_past_does_not_keep_us_out() -> None:
    flags = TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_COUNT_LOW
    token = TokenNearItsLock(flags=flags)
    log_in(cast("pkcs11.Token", token), Pin("1234"))
    assert token.tries == 1
