"""A statement by one key: what is taken, and every way not to be one."""

from typing import Any

import pytest

from gateway.statements import (
    LocalSigner,
    PublicKey,
    StatementInvalidError,
    StatementKeyError,
    base64url,
    compact,
    open_compact,
)
from gateway.statements.keys import to_der
from tests.statement_keys import LI, P256_ORDER, TYP, WANG, ZHAO, Freeze, keys_of, token

KNOWN = keys_of(LI, WANG)
HEADER: dict[str, Any] = {"alg": "EdDSA", "kid": "li-2026", "typ": TYP}
PAYLOAD = b'{"seal":"receipt-east"}'


def opened(text: str, typ: str = TYP) -> Freeze:
    return open_compact(text, typ=typ, model=Freeze, key_of=KNOWN).claims


@pytest.mark.parametrize("signer", [LI, WANG], ids=["Ed25519", "P-256"])
def test_a_statement_comes_back_with_its_claims_and_its_key(signer: LocalSigner) -> None:
    text = compact(Freeze("receipt-east"), typ=TYP, signer=signer)
    found = open_compact(text, typ=TYP, model=Freeze, key_of=KNOWN)
    assert found.claims == Freeze("receipt-east")
    assert found.key_id == signer.key_id
    assert len(found.digest) == 32


def test_another_order_of_the_header_is_the_same_header() -> None:
    assert opened(token(dict(reversed(HEADER.items())), PAYLOAD, LI)) == Freeze("receipt-east")


WRONG_HEADERS: dict[str, Any] = {
    "crit": HEADER | {"crit": ["exp"], "exp": 1},
    "b64": HEADER | {"b64": False, "crit": ["b64"]},
    "a key brought along": HEADER | {"jwk": {"kty": "OKP"}},
    "an unknown name": HEADER | {"cty": "json"},
    "no alg": {"kid": "li-2026", "typ": TYP},
    "no kid": {"alg": "EdDSA", "typ": TYP},
    "no typ": {"alg": "EdDSA", "kid": "li-2026"},
    "alg none": HEADER | {"alg": "none"},
    "alg HS256": HEADER | {"alg": "HS256"},
    "another key's alg": HEADER | {"alg": "ES256"},
    "alg in other letters": HEADER | {"alg": "eddsa"},
    "alg no text": HEADER | {"alg": ["EdDSA"]},
    "another kind": HEADER | {"typ": "sealgate-other"},
    "a stranger's key": HEADER | {"kid": "zhao-2026"},
    "another's key": HEADER | {"alg": "ES256", "kid": "wang-2026"},
    "a name twice": b'{"alg":"EdDSA","kid":"zhao-2026","kid":"li-2026","typ":"sealgate-test"}',
    "a name twice, once escaped": b'{"alg":"EdDSA","k\\u0069d":"a","kid":"li-2026",'
    b'"typ":"sealgate-test"}',
    "a list": [HEADER],
    "no JSON": b"{",
    "UTF-16": str(HEADER).replace("'", '"').encode("utf-16"),
    "no UTF-8": b'{"alg":"EdDSA","kid":"li-2026","typ":"\xff"}',
    "deep": b'{"alg":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}


@pytest.mark.parametrize("header", WRONG_HEADERS.values(), ids=WRONG_HEADERS.keys())
def test_no_other_header_is_taken_even_when_it_is_signed(header: object) -> None:
    with pytest.raises(StatementInvalidError):
        opened(token(header, PAYLOAD, LI))


WRONG_PAYLOADS = {
    "a name twice": b'{"seal":"a","seal":"b"}',
    "a name twice, further in": b'{"seal":{"a":1,"a":2}}',
    "another type": b'{"seal":7}',
    "an unknown name": b'{"seal":"a","because":"b"}',
    "no number of JSON": b'{"seal":NaN}',
    "a surrogate alone": b'{"seal":"\\ud800"}',
    "nothing": b"",
}


@pytest.mark.parametrize("payload", WRONG_PAYLOADS.values(), ids=WRONG_PAYLOADS.keys())
def test_no_other_claims_are_taken_even_when_they_are_signed(payload: bytes) -> None:
    with pytest.raises(StatementInvalidError):
        opened(token(HEADER, payload, LI))


def _wrong_texts() -> dict[str, str]:
    good = token(HEADER, PAYLOAD, LI)
    header, payload, signature = good.split(".")
    unsecured = base64url.encode(b'{"alg":"none"}')
    return {
        "nothing": "",
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.",
        "detached": f"{header}..{signature}",
        "unsecured (RFC 7515 A.5)": f"{unsecured}.{payload}.",
        "no signature": f"{header}.{payload}.",
        "padding": f"{good}==",
        "white space": f"{good}\n",
        "a space before": f" {good}",
        "the other alphabet": f"{header}.{payload}.{signature[:-4]}+/+/",
        "not ASCII": f"{header}.{payload}é.{signature}",
        "a surrogate": f"{header}.{payload}\ud800.{signature}",
        "short signature": f"{header}.{payload}.{base64url.encode(bytes(63))}",
        "zero signature": f"{header}.{payload}.{base64url.encode(bytes(64))}",
        "another payload": f"{header}.{base64url.encode(b'{}')}.{signature}",
    }


@pytest.mark.parametrize("text", _wrong_texts().values(), ids=_wrong_texts().keys())
def test_no_other_text_is_taken(text: str) -> None:
    with pytest.raises(StatementInvalidError):
        opened(text)


def test_a_zero_signature_is_not_one_of_a_key_on_p256() -> None:
    header, payload, _ = compact(Freeze("a"), typ=TYP, signer=WANG).split(".")
    with pytest.raises(StatementInvalidError, match="not one of key"):
        opened(f"{header}.{payload}.{base64url.encode(bytes(64))}")


def test_der_is_not_a_signature_of_jws() -> None:
    header, payload, signature = compact(Freeze("a"), typ=TYP, signer=WANG).split(".")
    der = to_der(base64url.decode(signature))
    with pytest.raises(StatementInvalidError, match="not one of key"):
        opened(f"{header}.{payload}.{base64url.encode(der)}")


def test_a_statement_of_64_kib_is_taken_and_no_longer_one() -> None:
    def of(characters: int) -> str:
        return compact(Freeze("a" * characters), typ=TYP, signer=LI)

    with pytest.raises(StatementInvalidError, match="65536 are taken"):
        of(49_152)
    with pytest.raises(StatementInvalidError, match="65536 are taken"):
        opened("a" * 65_537)
    assert opened(of(48_800)).seal == "a" * 48_800


def test_a_second_signature_made_of_an_es256_signature_is_the_same_statement() -> None:
    text = compact(Freeze("a"), typ=TYP, signer=WANG)
    header, payload, signature = text.split(".")
    raw = base64url.decode(signature)
    other = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    twin = f"{header}.{payload}.{base64url.encode(other)}"
    assert twin != text
    first, second = (
        open_compact(each, typ=TYP, model=Freeze, key_of=KNOWN) for each in (text, twin)
    )
    assert first == second


def test_the_same_words_by_another_key_are_another_statement() -> None:
    texts = [compact(Freeze("a"), typ=TYP, signer=each) for each in (LI, WANG)]
    assert len({open_compact(t, typ=TYP, model=Freeze, key_of=KNOWN).digest for t in texts}) == 2


def test_a_key_that_is_none_is_told_apart_from_a_signature_that_is_none() -> None:
    text = compact(Freeze("a"), typ=TYP, signer=LI)
    with pytest.raises(StatementKeyError):
        open_compact(
            text, typ=TYP, model=Freeze, key_of=lambda id_: PublicKey(id_, "EdDSA", b"short")
        )
    text = compact(Freeze("a"), typ=TYP, signer=WANG)
    for value in (b"short", ZHAO.public_key.value):
        with pytest.raises(StatementKeyError):
            open_compact(
                text,
                typ=TYP,
                model=Freeze,
                key_of=lambda id_, value=value: PublicKey(id_, "ES256", value),
            )
