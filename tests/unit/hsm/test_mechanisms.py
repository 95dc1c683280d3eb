"""What is asked of a token, and what of its answers leaves the signer."""

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from hsm.checking import PublicKey, software_check
from hsm.errors import BadSignatureError
from hsm.interfaces import Mechanism
from hsm.token.mechanisms import DIGEST_INFO_SHA256, RULES, encode

DIGEST = hashlib.sha256(b"a receipt").digest()
SHA256 = Prehashed(hashes.SHA256())

Signed = tuple[Mechanism, PublicKey, bytes, bytes]


def rsa_pkcs1() -> Signed:
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(DIGEST, padding.PKCS1v15(), SHA256)
    return "rsa-pkcs1-sha256", key.public_key(), signature, DIGEST


def rsa_pss() -> Signed:
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return "rsa-pss-sha256", key.public_key(), key.sign(DIGEST, pss, SHA256), DIGEST


def p256() -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    return "ecdsa-p256-sha256", key.public_key(), key.sign(DIGEST, ec.ECDSA(SHA256)), DIGEST


def p384() -> Signed:
    key = ec.generate_private_key(ec.SECP384R1())
    digest = hashlib.sha384(b"a receipt").digest()
    signature = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384())))
    return "ecdsa-p384-sha384", key.public_key(), signature, digest


def ed() -> Signed:
    key = ed25519.Ed25519PrivateKey.generate()
    return "ed25519", key.public_key(), key.sign(b"a checkpoint"), b"a checkpoint"


@pytest.mark.parametrize("make", [rsa_pkcs1, rsa_pss, p256, p384, ed])
def test_only_the_signature_of_this_key_over_this_digest_leaves(
    make: Callable[[], Signed],
) -> None:
    mechanism, public_key, signature, signed = make()
    _, another_key, _, _ = make()
    check = software_check(mechanism, public_key)
    check(signature, signed)
    flipped = signature[:-1] + bytes([signature[-1] ^ 1])
    for bad_signature, bad_signed in (
        (flipped, signed),
        (b"", signed),
        (signature, bytes(len(signed))),
    ):
        with pytest.raises(BadSignatureError, match="does not verify"):
            check(bad_signature, bad_signed)
    with pytest.raises(BadSignatureError, match="does not verify"):
        software_check(mechanism, another_key)(signature, signed)


def test_a_pss_signature_with_another_salt_does_not_leave() -> None:
    key = rsa.generate_private_key(65537, 2048)
    short = key.sign(DIGEST, padding.PSS(padding.MGF1(hashes.SHA256()), 20), SHA256)
    with pytest.raises(BadSignatureError):
        software_check("rsa-pss-sha256", key.public_key())(short, DIGEST)


def test_a_mechanism_goes_with_its_own_type_of_key() -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    with pytest.raises(TypeError, match="rsa-pss-sha256 does not go with"):
        software_check("rsa-pss-sha256", key)


def test_digest_info_says_how_long_the_digest_is() -> None:
    # SEQUENCE of everything, and at the end OCTET STRING of 32 bytes.
    assert DIGEST_INFO_SHA256[1] == len(DIGEST_INFO_SHA256) - 2 + 32
    assert DIGEST_INFO_SHA256[-2:] == bytes([0x04, 32])


@given(r=st.integers(1, 2**256 - 1), s=st.integers(1, 2**256 - 1))
def test_r_and_s_become_der_whatever_they_are(r: int, s: int) -> None:
    raw = r.to_bytes(32) + s.to_bytes(32)
    assert decode_dss_signature(encode(RULES["ecdsa-p256-sha256"], raw)) == (r, s)


@pytest.mark.parametrize("length", [0, 63, 65, 70, 96])
def test_what_is_not_r_and_s_is_refused(length: int) -> None:
    with pytest.raises(BadSignatureError, match=f"{length} bytes .* instead of 64"):
        encode(RULES["ecdsa-p256-sha256"], bytes(length))


def test_other_signatures_are_left_as_they_are() -> None:
    assert encode(RULES["rsa-pkcs1-sha256"], b"raw") == b"raw"
    assert encode(RULES["ed25519"], b"raw") == b"raw"
