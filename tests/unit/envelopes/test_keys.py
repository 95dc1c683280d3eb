"""Keys of machines: one spelling each, no kind taken for another, never shown when printed."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_bridge import key_pairs
from cloud_bridge.envelopes.statements import DOMAIN, Opened, Statement, parse
from cloud_bridge.keys import EncryptionKey, SigningKey, sign_statement, verify
from tests.envelope_parties import ENVELOPE, START

# RFC 8032 §7.1, test 2.
_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_it_signs_as_the_rfc_says() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(_SEED))
    assert key.public == base64.urlsafe_b64encode(_PUBLIC).rstrip(b"=").decode()
    assert key.sign(b"\x72") == _SIGNATURE
    assert verify(key.public, b"\x72", _SIGNATURE)
    assert not verify(key.public, b"\x73", _SIGNATURE)


def test_nothing_is_remembered_of_what_can_be_no_signature() -> None:
    public = SigningKey.generate().public
    before = key_pairs._verified_lately.cache_info()
    for signature in (b"", bytes(63), bytes(65), bytes(3_000_000)):
        assert not verify(public, b"m", signature)
    assert not verify(public * 1000, b"m", bytes(64))
    assert key_pairs._verified_lately.cache_info() == before


def test_a_key_is_the_same_after_it_was_kept() -> None:
    signing, encryption = SigningKey.generate(), EncryptionKey.generate()
    assert SigningKey.from_pem(signing.pem).public == signing.public
    assert EncryptionKey.from_pem(encryption.pem).public == encryption.public


def test_a_key_of_another_kind_is_none() -> None:
    with pytest.raises(ValueError, match="no Ed25519 key"):
        SigningKey.from_pem(EncryptionKey.generate().pem)
    with pytest.raises(ValueError, match="no X25519 key"):
        EncryptionKey.from_pem(SigningKey.generate().pem)
    with pytest.raises(ValueError, match=r"PEM|deserialize"):
        SigningKey.from_pem(b"no key")


@pytest.mark.parametrize("change", ["{}=", "{}A", " {}", "*{}", "", "é"])
def test_a_public_key_has_one_spelling(change: str) -> None:
    key = SigningKey.generate()
    signature = key.sign(b"x")
    assert verify(key.public, b"x", signature)
    assert not verify(change.format(key.public), b"x", signature)


def test_what_is_printed_has_no_key() -> None:
    key = SigningKey.generate()
    secret = key.pem.decode().splitlines()[1]
    assert secret not in repr(key) + str(key)


def test_a_statement_is_signed_for_no_other_purpose() -> None:
    key = SigningKey.generate()
    statement = Statement(
        id="1", envelope=ENVELOPE, terms="", author="org-buyer", act=Opened(), at=START
    )
    signed = sign_statement(statement, key, card=7)
    assert parse(signed) == statement
    assert signed.card == 7
    assert verify(key.public, DOMAIN + signed.statement, signed.signature)
    assert not verify(key.public, signed.statement, signed.signature)
