"""A person's key in a SoftHSM2 token of their own: found, used, and what is said of what is not."""

import hashlib
from collections.abc import Callable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.errors import DigestLengthError, KeyRoomError, PinRefusedError, UnknownKeyError
from hsm.key_uri import KeyPlace
from hsm.personal import KEY, PersonalTokens
from hsm.token import login
from tests.hsm_fixtures import MODULE, PIN, TOKEN_LABEL, SoftToken

Changed = Callable[..., KeyPlace]


@pytest.fixture
def place(soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> Changed:
    """Where a key of the test's token is."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(soft_token.directory / "softhsm2.conf"))
    monkeypatch.setattr(login, "_REFUSED", set())
    there = KeyPlace(
        token={"token": TOKEN_LABEL}, module=MODULE, pin_file=soft_token.directory / "pin"
    )
    return lambda **changes: msgspec.structs.replace(there, **changes)


@pytest.fixture
def tokens() -> Iterator[PersonalTokens]:
    opened = PersonalTokens(ask_pin=lambda _: PIN)
    yield opened
    opened.close()


def test_an_ed25519_key_signs_messages(tokens: PersonalTokens, place: Changed) -> None:
    key = tokens.open(place(label="log-key"))
    (described,) = key.describe()
    public = load_der_public_key(described.public_key)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(key.sign_message(KEY, b"words"), b"words")
    with pytest.raises(DigestLengthError):
        key.sign(KEY, bytes(32))
    with pytest.raises(UnknownKeyError):
        key.sign_message("another", b"words")


def test_a_key_on_p256_signs_digests(tokens: PersonalTokens, place: Changed) -> None:
    key = tokens.open(place(label="p256-key"))
    public = load_der_public_key(key.describe()[0].public_key)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature = key.sign(KEY, hashlib.sha256(b"words").digest())
    public.verify(signature, b"words", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(UnknownKeyError):
        key.sign_message(KEY, b"words")
    with pytest.raises(DigestLengthError):
        key.sign(KEY, b"short")


def test_two_people_may_sign_at_one_machine(tokens: PersonalTokens, place: Changed) -> None:
    one, other = (tokens.open(place(label=label)) for label in ("log-key", "p256-key"))
    assert one.sign_message(KEY, b"words")
    assert other.sign(KEY, bytes(32))


def test_a_person_is_asked_for_the_pin_where_no_file_has_it(place: Changed) -> None:
    asked: list[str] = []
    tokens = PersonalTokens(ask_pin=lambda question: asked.append(question) or PIN)
    tokens.open(place(label="log-key", pin_file=None))
    tokens.close()
    assert asked == [f"PIN of token {TOKEN_LABEL!r}: "]


def test_a_wrong_pin_is_tried_once(place: Changed) -> None:
    tokens = PersonalTokens(ask_pin=lambda _: "0000")
    for why in ("refused the PIN", "was refused before and is not tried again"):
        with pytest.raises(PinRefusedError, match=f"{why}.*run the command again"):
            tokens.open(place(label="log-key", pin_file=None))
    tokens.close()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"module": None}, "no PKCS#11 module is named"),
        ({"module": MODULE.with_name("none.so")}, "there is no PKCS#11 module"),
        ({"module": MODULE.with_name("SOFTHSM2")}, "there is no PKCS#11 module"),
        ({"token": {"token": "another"}}, "has no token=another; it has: token=sealgate-test"),
        ({"token": {"token": TOKEN_LABEL, "serial": "0"}}, "has no token=sealgate-test;serial=0"),
        ({"label": "none"}, "no private keys .* are meant; it has object=log-key"),
        ({}, "5 private keys"),
        ({"label": "rsa-key"}, "neither an Ed25519 key nor one on P-256"),
        ({"label": "p384-key"}, "neither an Ed25519 key nor one on P-256"),
    ],
)
def test_what_is_not_there_is_told(
    tokens: PersonalTokens, place: Changed, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(KeyRoomError, match=why):
        tokens.open(place(**changes))


def test_what_is_no_module_is_told(
    tokens: PersonalTokens, place: Changed, soft_token: SoftToken
) -> None:
    with pytest.raises(KeyRoomError, match="cannot be used: try it with the vendor's own tool"):
        tokens.open(place(module=soft_token.directory / "pin"))


def test_a_token_that_was_given_back_may_be_opened_again(
    tokens: PersonalTokens, place: Changed
) -> None:
    tokens.open(place(label="log-key"))
    tokens.close()
    assert tokens.open(place(label="log-key")).describe()
