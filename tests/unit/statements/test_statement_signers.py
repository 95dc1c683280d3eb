"""Keys from PEM files and from a token: what signs, and what is said of what does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.statements import (
    KeyStoreSigner,
    LocalSigner,
    StatementKeyError,
    compact,
    open_compact,
    read_private_key,
)
from hsm.interfaces import KeyStore
from hsm.open import open_key_store
from tests.hsm_fixtures import SoftToken
from tests.statement_keys import TYP, Freeze

Key = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def write(directory: Path, key: Key, passphrase: str | None = None) -> Path:
    path = directory / "officer.pem"
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def nobody(question: str) -> str:
    raise AssertionError(question)


@pytest.mark.parametrize(
    "key", [Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())]
)
@pytest.mark.parametrize("passphrase", [None, "好的口令 1"])
def test_a_key_file_signs(tmp_path: Path, key: Key, passphrase: str | None) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return passphrase or ""

    path = write(tmp_path, key, passphrase)
    signer = LocalSigner("li", read_private_key(path, ask=ask))
    assert asked == ([f"Passphrase of {path}: "] if passphrase else [])
    text = compact(Freeze("a"), typ=TYP, signer=signer)
    found = open_compact(text, typ=TYP, model=Freeze, key_of=lambda _: signer.public_key)
    assert found.key_id == "li"


@pytest.mark.parametrize("answer", ["", "wrong"])
def test_another_passphrase_opens_nothing(tmp_path: Path, answer: str) -> None:
    path = write(tmp_path, Ed25519PrivateKey.generate(), "right")
    with pytest.raises(StatementKeyError, match="passphrase is another"):
        read_private_key(path, ask=lambda _: answer)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-384", "RSA"],
)
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: Key) -> None:
    with pytest.raises(StatementKeyError, match="neither Ed25519 nor ECDSA on P-256"):
        read_private_key(write(tmp_path, key), ask=nobody)


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "officer.pem"
    with pytest.raises(StatementKeyError, match="cannot be read: No such file"):
        read_private_key(path, ask=nobody)
    path.write_text("no key")
    with pytest.raises(StatementKeyError, match="holds no private key"):
        read_private_key(path, ask=nobody)


def test_a_private_key_does_not_show_itself() -> None:
    signer = LocalSigner("li", Ed25519PrivateKey.generate())
    assert repr(signer) == "LocalSigner(key_id='li')"


@pytest.fixture
def key_store(soft_token: SoftToken) -> Iterator[KeyStore]:
    store = open_key_store(soft_token.config, ask_pin=nobody)
    yield store
    store.close()


def test_keys_in_a_token_sign(key_store: KeyStore) -> None:
    for key, algorithm in (("p256", "ES256"), ("log", "EdDSA")):
        signer = KeyStoreSigner.of(key_store, key=key, key_id="wang")
        assert signer.algorithm == algorithm
        text = compact(Freeze("a"), typ=TYP, signer=signer)
        found = open_compact(text, typ=TYP, model=Freeze, key_of={"wang": signer.public_key}.get)
        assert found.key_id == "wang"


def test_other_keys_in_a_token_do_not_sign(key_store: KeyStore) -> None:
    for key in ("rsa", "pss", "p384"):
        with pytest.raises(StatementKeyError, match="neither Ed25519 nor"):
            KeyStoreSigner.of(key_store, key=key, key_id="wang")
    with pytest.raises(StatementKeyError, match="names no key 'absent'"):
        KeyStoreSigner.of(key_store, key="absent", key_id="wang")
