"""General JSON serialization: whose signatures count, and what is no such document."""

import json

import pytest

from gateway.statements import (
    LocalSigner,
    StatementInvalidError,
    add_signature,
    base64url,
    open_general,
    unsigned,
)
from tests.statement_keys import LI, TYP, WANG, ZHAO, keys_of

PAYLOAD = b'{"sequence": 7}'
KNOWN = keys_of(LI, WANG)


def signed(*signers: LocalSigner, typ: str = TYP) -> str:
    document = unsigned(PAYLOAD)
    for each in signers:
        document = add_signature(document, typ=typ, signer=each)
    return document


def opened(document: str) -> tuple[bytes, frozenset[str]]:
    return open_general(document, typ=TYP, key_of=KNOWN)


def changed(**changes: object) -> str:
    return json.dumps(json.loads(signed(LI, WANG)) | changes)


def test_each_officer_adds_a_signature() -> None:
    assert opened(signed()) == (PAYLOAD, frozenset())
    assert opened(signed(LI)) == (PAYLOAD, {"li-2026"})
    assert opened(signed(WANG, LI)) == (PAYLOAD, {"li-2026", "wang-2026"})


def test_a_signature_of_somebody_unknown_counts_for_nothing_and_spoils_nothing() -> None:
    assert opened(signed(ZHAO, LI)) == (PAYLOAD, {"li-2026"})


def test_a_signature_for_another_kind_of_document_counts_for_nothing() -> None:
    assert opened(add_signature(signed(LI), typ="other", signer=WANG)) == (PAYLOAD, {"li-2026"})


def test_no_signature_holds_for_another_payload() -> None:
    other = base64url.encode(b'{"sequence": 8}')
    assert opened(changed(payload=other)) == (b'{"sequence": 8}', frozenset())


def test_nobody_signs_twice() -> None:
    with pytest.raises(StatementInvalidError, match="has signed it already"):
        add_signature(signed(LI), typ=TYP, signer=LI)
    twice = json.loads(signed(LI))
    twice["signatures"] *= 2
    with pytest.raises(StatementInvalidError, match="twice"):
        opened(json.dumps(twice))


def _wrong_documents() -> dict[str, str]:
    one = json.loads(signed(LI))["signatures"][0]
    good = signed(LI)
    unsigned_header = {"protected": base64url.encode(b"{}"), "signature": one["signature"]}
    return {
        "nothing": "",
        "no JSON": "{",
        "a list": "[]",
        "no signatures": '{"payload":""}',
        "an unknown name": changed(note="x"),
        "flattened (RFC 7515 §7.2.2)": json.dumps({"payload": "", **one}),
        "a name twice": good.replace('{"payload"', '{"payload":"","payload"', 1),
        "an unprotected header": changed(signatures=[one | {"header": {"kid": "li-2026"}}]),
        "a header without names": changed(signatures=[unsigned_header]),
        "no base64url": changed(payload="a+/="),
        "a signature that is no base64url": changed(signatures=[one | {"signature": "a="}]),
        "too many signatures": changed(signatures=[one] * 65),
        "a surrogate": changed(note=1).replace("note", "\ud800"),
    }


@pytest.mark.parametrize("document", _wrong_documents().values(), ids=_wrong_documents().keys())
def test_no_other_document_is_taken(document: str) -> None:
    with pytest.raises(StatementInvalidError):
        opened(document)


@pytest.mark.parametrize("document", ["{", changed(payload="a+/="), changed(note="x")])
def test_what_is_no_such_document_is_not_signed(document: str) -> None:
    with pytest.raises(StatementInvalidError):
        add_signature(document, typ=TYP, signer=ZHAO)
