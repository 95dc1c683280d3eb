"""A document travels as ciphertext for those whom the envelope names, and is what was told."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.encryption import encrypt, opened, plain
from cloud_bridge.errors import NetworkLiesError
from cloud_bridge.wire import Content
from tests.envelope_parties import ENVELOPE, Company

_BUYER = Company("org-buyer", "买方有限公司")
_SELLER = Company("org-seller", "Seller Ltd")
_PLAINTEXT = "合同正文 — the contract".encode() * 1000


def _encrypted() -> Content:
    return encrypt(_PLAINTEXT, envelope=ENVELOPE, cards=[_BUYER.card, _SELLER.card])


def _lie(content: Content, company: Company = _SELLER) -> str:
    with pytest.raises(NetworkLiesError) as lie:
        opened(content, organisation=company.id, key=company.encryption)
    assert lie.value.lie == "content"
    return str(lie.value)


@given(plaintext=st.binary(max_size=2000))
def test_both_parties_open_what_one_encrypted(plaintext: bytes) -> None:
    content = encrypt(plaintext, envelope=ENVELOPE, cards=[_BUYER.card, _SELLER.card])
    for company in (_BUYER, _SELLER):
        assert opened(content, organisation=company.id, key=company.encryption) == plaintext


def test_the_network_sees_ciphertext_and_each_time_another() -> None:
    one, other = _encrypted(), _encrypted()
    assert "合同".encode() not in msgspec.json.encode(one)
    assert one.body != other.body
    assert one.head.keys != other.head.keys


def test_nobody_else_opens_it() -> None:
    stranger = Company("org-third", "Third GmbH")
    assert "not encrypted to org-third" in _lie(_encrypted(), stranger)
    assert "our key opens none" in _lie(_encrypted(), Company("org-seller", "Seller Ltd"))


@pytest.mark.parametrize("place", [0, 1000, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    content = _encrypted()
    body = bytearray(content.body)
    body[place] ^= 1
    _lie(msgspec.structs.replace(content, body=bytes(body)))


def test_it_does_not_open_as_another_document_or_of_another_envelope() -> None:
    content = _encrypted()
    for changed in ({"digest": "0" * 64}, {"envelope": "another"}, {"size": 1}):
        _lie(Content(head=msgspec.structs.replace(content.head, **changed), body=content.body))


def test_open_content_is_what_its_digest_tells_or_a_lie() -> None:
    content = plain(_PLAINTEXT, envelope=ENVELOPE)
    assert opened(content, organisation="org-buyer", key=_BUYER.encryption) == _PLAINTEXT
    assert "another digest" in _lie(msgspec.structs.replace(content, body=_PLAINTEXT[1:]))


def test_encrypted_content_that_is_told_as_open_is_a_lie() -> None:
    content = _encrypted()
    head = msgspec.structs.replace(content.head, mode="open")
    assert "another digest" in _lie(Content(head=head, body=content.body))


def test_it_is_encrypted_to_one_card_of_each_organisation() -> None:
    older = msgspec.structs.replace(_BUYER.card, expires_at=datetime(2026, 12, 1, tzinfo=UTC))
    for cards in ([], [_BUYER.card, older]):
        with pytest.raises(ValueError, match="one card of each"):
            encrypt(b"x", envelope=ENVELOPE, cards=cards)
