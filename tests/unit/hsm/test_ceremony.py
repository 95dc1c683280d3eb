"""A token and its keys are made once; what is there stays."""

from pathlib import Path

import pytest

from hsm.ceremonies.ceremony import write_softhsm_config
from hsm.errors import KeyStoreError
from tests.hsm_fixtures import PIN, SO_PIN, SoftToken, soft_token_in

_INIT = """
import pkcs11
from hsm.ceremonies.ceremony import generate_keys, initialise_token, write_softhsm_config
from hsm.errors import KeyRoomError
from hsm.token.module import Module
from hsm.pin import Pin
so_pin, pin = Pin(sys.argv[2]), Pin(sys.argv[3])

def module():
    return Module(config.module, environment=config.environment, serialize=False)
"""


def init(token: SoftToken, script: str, so_pin: str = SO_PIN, pin: str = PIN) -> str:
    return token.run(_INIT + script, None, so_pin, pin)


@pytest.fixture
def blank(tmp_path: Path) -> SoftToken:
    token = soft_token_in(tmp_path)
    write_softhsm_config(tmp_path / "softhsm2.conf", tokens=tmp_path / "tokens")
    return token


def files(token: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in token.glob("*.object")}


def test_the_token_directory_is_closed_to_others(blank: SoftToken) -> None:
    assert (blank.directory / "tokens").stat().st_mode & 0o777 == 0o700


def test_the_same_configuration_is_kept_and_another_is_not_overwritten(blank: SoftToken) -> None:
    path = blank.directory / "softhsm2.conf"
    before = path.stat().st_mtime_ns
    write_softhsm_config(path, tokens=blank.directory / "tokens")
    assert path.stat().st_mtime_ns == before
    with pytest.raises(KeyStoreError, match="says something else"):
        write_softhsm_config(path, tokens=blank.directory / "elsewhere")
    assert not (blank.directory / "elsewhere").exists()


def test_an_init_that_is_run_again_changes_nothing(soft_token: SoftToken) -> None:
    before = files(soft_token.files)
    again = (
        "initialise_token(config, so_pin=so_pin, pin=pin)\nprint(generate_keys(config, pin=pin))"
    )
    said = init(soft_token, again)
    assert said.count("KeyDescription(") == 5
    assert files(soft_token.files).keys() == before.keys()
    assert init(soft_token, again) == said


def test_a_token_that_exists_keeps_its_pin(soft_token: SoftToken) -> None:
    init(soft_token, "initialise_token(config, so_pin=so_pin, pin=pin)", "other-so", "other-pin")
    init(soft_token, "generate_keys(config, pin=pin)")


def test_private_keys_cannot_be_taken_out_and_only_sign(soft_token: SoftToken) -> None:
    init(
        soft_token,
        """
A = pkcs11.Attribute
with module() as loaded:
    session = loaded.token(label=config.token_label, slot=None).open(user_pin=pin.reveal())
    for key in config.keys:
        private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=key.label)
        public = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=key.label)
        assert private[A.SENSITIVE] and private[A.PRIVATE] and private[A.SIGN], key
        assert not private[A.EXTRACTABLE] and not private[A.DECRYPT], key
        assert not private[A.UNWRAP] and not private[A.DERIVE], key
        assert private[A.ID] == public[A.ID] and len(private[A.ID]) == 16, key
""",
    )


def test_an_init_that_broke_off_before_the_user_pin_is_completed(blank: SoftToken) -> None:
    init(
        blank,
        """
with module() as loaded:
    label = config.token_label.encode().ljust(32)
    so = so_pin.reveal().encode()
    assert loaded.initialise_blank_token(loaded.blank_slot(), so_pin=so, label=label) == 0
""",
    )
    init(
        blank,
        """
try:
    initialise_token(config, so_pin=Pin("not the officer's"), pin=pin)
except KeyRoomError as error:
    assert "security officer" in str(error) and error.__cause__ is None
else:
    raise AssertionError
initialise_token(config, so_pin=so_pin, pin=pin)
assert len(generate_keys(config, pin=pin, rsa_bits=2048)) == 5
""",
    )


def test_other_tokens_are_left_alone(soft_token: SoftToken) -> None:
    first, before = soft_token.files, files(soft_token.files)
    second = soft_token.reconfigured(token_label="second")  # noqa: S106 - a name
    soft_token.run(_INIT + "initialise_token(config, so_pin=so_pin, pin=pin)", second, SO_PIN, PIN)
    assert len(list((soft_token.directory / "tokens").iterdir())) == 2
    assert files(first) == before


def test_a_label_that_belongs_to_another_type_of_key_is_refused(soft_token: SoftToken) -> None:
    config = soft_token.reconfigured(
        keys=[{"id": "a", "label": "rsa-key", "mechanism": "ecdsa-p256-sha256"}]
    )
    soft_token.run(
        _INIT
        + """
try:
    generate_keys(config, pin=pin)
except KeyRoomError as error:
    assert "is of type RSA" in str(error)
else:
    raise AssertionError
""",
        config,
        SO_PIN,
        PIN,
    )


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_are_as_long_as_asked_for_and_sign(blank: SoftToken, bits: int) -> None:
    config = blank.reconfigured(keys=[blank.config.keys[0].model_dump()], pin={"ask": True})
    blank.run(
        _INIT
        + f"""
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hsm.open import open_key_store
initialise_token(config, so_pin=so_pin, pin=pin)
(key,) = generate_keys(config, pin=pin, rsa_bits={bits})
assert load_der_public_key(key.public_key).key_size == {bits}
store = open_key_store(config, ask_pin=lambda question: pin.reveal())
assert len(store.sign("rsa", bytes(32))) == {bits // 8}
""",
        config,
        SO_PIN,
        PIN,
    )
