"""Signed statements: what comes back is what was said, and nothing else comes back."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statements import (
    LocalSigner,
    StatementInvalidError,
    add_signature,
    base64url,
    compact,
    open_compact,
    open_general,
    unsigned,
)
from tests.statement_keys import LI, TYP, WANG, ZHAO, Freeze, keys_of

KNOWN = keys_of(LI, WANG, ZHAO)
SIGNERS = st.sampled_from([LI, WANG])
# What JSON can say: a surrogate alone has no UTF-8.
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
STATEMENTS = {each: compact(Freeze("东"), typ=TYP, signer=each) for each in (LI, WANG)}
DOCUMENT = add_signature(
    add_signature(unsigned(b"payload"), typ=TYP, signer=LI), typ=TYP, signer=WANG
)


@given(seal=WORDS, reason=WORDS, signer=SIGNERS)
def test_a_statement_says_what_was_said(seal: str, reason: str, signer: LocalSigner) -> None:
    text = compact(Freeze(seal, reason), typ=TYP, signer=signer)
    found = open_compact(text, typ=TYP, model=Freeze, key_of=KNOWN)
    assert found.claims == Freeze(seal, reason)
    assert found.key_id == signer.key_id


@given(signer=SIGNERS, data=st.data())
def test_no_bit_of_a_statement_can_be_flipped(signer: LocalSigner, data: st.DataObject) -> None:
    text = bytearray(STATEMENTS[signer].encode())
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    text[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StatementInvalidError):
        open_compact(text.decode("latin-1"), typ=TYP, model=Freeze, key_of=KNOWN)


@given(signer=SIGNERS, data=st.data())
def test_nothing_can_be_put_in_or_taken_out(signer: LocalSigner, data: st.DataObject) -> None:
    text = STATEMENTS[signer]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 4)))
    put = data.draw(st.text("aA0-_.=+/ \n", max_size=4))
    changed = text[:start] + put + text[end:]
    if changed != text:
        with pytest.raises(StatementInvalidError):
            open_compact(changed, typ=TYP, model=Freeze, key_of=KNOWN)


@given(data=st.data())
def test_no_bit_of_a_document_that_several_sign_can_be_flipped(data: st.DataObject) -> None:
    """It is refused, or a signature less counts; the payload never changes under all of them."""
    text = bytearray(DOCUMENT.encode())
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    text[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(StatementInvalidError):
        payload, signers = open_general(text.decode("latin-1"), typ=TYP, key_of=KNOWN)
        assert len(signers) < 2
        assert payload == b"payload" or not signers


@given(payload=st.binary(max_size=200), signers=st.permutations([LI, WANG, ZHAO]))
def test_the_order_of_signatures_says_nothing(payload: bytes, signers: list[LocalSigner]) -> None:
    document = unsigned(payload)
    for each in signers:
        document = add_signature(document, typ=TYP, signer=each)
    read, named = open_general(document, typ=TYP, key_of=KNOWN)
    assert read == payload
    assert named == {each.key_id for each in signers}


@given(st.binary())
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = base64url.encode(data)
    assert base64url.decode(text) == data
    with pytest.raises(StatementInvalidError):
        base64url.decode(f"{text}=")


@given(st.text("AQgwZz019-_+/= \n", max_size=12))
def test_every_text_that_is_taken_for_base64url_is_how_its_bytes_are_written(text: str) -> None:
    with contextlib.suppress(StatementInvalidError):
        assert base64url.encode(base64url.decode(text)) == text


@given(st.text(max_size=60))
def test_any_text_is_refused_with_a_sentence(text: str) -> None:
    for document in (text, f"{text}.{text}.{text}"):
        with pytest.raises(StatementInvalidError):
            open_compact(document, typ=TYP, model=Freeze, key_of=KNOWN)
    with pytest.raises(StatementInvalidError):
        open_general(text, typ=TYP, key_of=KNOWN)
    with pytest.raises(StatementInvalidError):
        open_general(json.dumps({"payload": text, "signatures": text}), typ=TYP, key_of=KNOWN)
