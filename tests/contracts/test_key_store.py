"""What may be relied on from any KeyStore."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.errors import DigestLengthError, UnknownKeyError
from hsm.interfaces import KeyDescription, KeyStore, Mechanism
from hsm.open import open_key_store
from hsm.self_test import health_check
from tests.hsm_fixtures import SoftToken, copy_soft_token

MECHANISMS: dict[str, Mechanism] = {
    "rsa": "rsa-pkcs1-sha256",
    "pss": "rsa-pss-sha256",
    "p256": "ecdsa-p256-sha256",
    "p384": "ecdsa-p384-sha384",
    "log": "ed25519",
}
DIGEST_KEYS = ("rsa", "pss", "p256", "p384")


@pytest.fixture(scope="module")
def key_store(
    soft_token_original: SoftToken, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeyStore]:
    token = copy_soft_token(soft_token_original, tmp_path_factory.mktemp("contract"))
    store = open_key_store(token.config, ask_pin=lambda _question: "nobody is asked")
    yield store
    store.close()


def described(store: KeyStore, key: str) -> KeyDescription:
    (found,) = (description for description in store.describe() if description.id == key)
    return found


def digest(key: str, message: bytes) -> bytes:
    return hashlib.new("sha384" if key == "p384" else "sha256", message).digest()


def verify(description: KeyDescription, signature: bytes, message: bytes) -> None:
    """Verify over the message, as somebody outside would, who knows nothing of digests."""
    match description.mechanism, load_der_public_key(description.public_key):
        case "rsa-pkcs1-sha256", RSAPublicKey() as public_key:
            public_key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        case "rsa-pss-sha256", RSAPublicKey() as public_key:
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            public_key.verify(signature, message, pss, hashes.SHA256())
        case "ecdsa-p256-sha256", ec.EllipticCurvePublicKey() as public_key:
            public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        case "ecdsa-p384-sha384", ec.EllipticCurvePublicKey() as public_key:
            public_key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
        case "ed25519", Ed25519PublicKey() as public_key:
            public_key.verify(signature, message)
        case mechanism, public_key:
            pytest.fail(f"{mechanism} with {type(public_key)}")


@pytest.mark.parametrize("key", DIGEST_KEYS)
def test_a_signature_over_a_digest_verifies_over_the_message(key_store: KeyStore, key: str) -> None:
    signature = key_store.sign(key, digest(key, b"a receipt"))
    verify(described(key_store, key), signature, b"a receipt")


@pytest.mark.parametrize("message", [b"", b"a checkpoint\n", bytes(100_000)])
def test_a_message_of_any_length_is_signed_with_ed25519(
    key_store: KeyStore, message: bytes
) -> None:
    signature = key_store.sign_message("log", message)
    verify(described(key_store, "log"), signature, message)


@pytest.mark.parametrize("key", DIGEST_KEYS)
@pytest.mark.parametrize("change", [-32, -1, 1, 16])
def test_a_digest_of_another_length_is_refused(key_store: KeyStore, key: str, change: int) -> None:
    right = len(digest(key, b""))
    with pytest.raises(DigestLengthError, match=f"{right} bytes, not {right + change}"):
        key_store.sign(key, bytes(right + change))


def test_an_unknown_key_is_refused_by_name(key_store: KeyStore) -> None:
    with pytest.raises(UnknownKeyError, match=r"'nobodys'.*rsa, pss, p256, p384, log"):
        key_store.sign("nobodys", bytes(32))
    with pytest.raises(UnknownKeyError, match="'nobodys'"):
        key_store.sign_message("nobodys", b"")


def test_a_key_that_signs_messages_signs_no_digest(key_store: KeyStore) -> None:
    with pytest.raises(UnknownKeyError, match="signs messages, not digests"):
        key_store.sign("log", bytes(32))


@pytest.mark.parametrize("key", DIGEST_KEYS)
def test_a_key_that_signs_digests_signs_no_message(key_store: KeyStore, key: str) -> None:
    with pytest.raises(UnknownKeyError, match="signs digests, not messages"):
        key_store.sign_message(key, b"x" * 32)


def test_many_signatures_at_once_are_each_right(key_store: KeyStore) -> None:
    # A pool without the locking fix passed a test of 64 signatures by luck.
    order = [(DIGEST_KEYS[n % 3], b"document %d" % n) for n in range(1_200)]

    def sign(job: tuple[str, bytes]) -> bytes:
        return key_store.sign(job[0], digest(*job))

    with ThreadPoolExecutor(max_workers=16) as crowd:
        signatures = list(crowd.map(sign, order))
    descriptions = {key: described(key_store, key) for key in DIGEST_KEYS}
    for (key, message), signature in zip(order, signatures, strict=True):
        verify(descriptions[key], signature, message)
    assert len(set(signatures)) == len(order)


def test_every_key_is_described_as_it_was_configured(key_store: KeyStore) -> None:
    assert {key.id: key.mechanism for key in key_store.describe()} == MECHANISMS
    assert {key.label for key in key_store.describe()} == {f"{key}-key" for key in MECHANISMS}


def test_keys_made_on_the_token_say_so(key_store: KeyStore) -> None:
    for key in key_store.describe():
        assert (key.local, key.sensitive, key.never_extractable) == (True, True, True)


def test_a_healthy_store_passes_its_health_check(key_store: KeyStore) -> None:
    health_check(key_store)
