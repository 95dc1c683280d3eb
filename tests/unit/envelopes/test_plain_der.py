"""What is taken as DER is encoded anew to the same bytes; whatever else is encoded anew first."""

from datetime import timedelta

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.containers import ContainerError, who_signed
from cloud_bridge.model import Card
from cloud_bridge.plain_der import is_plain_der
from tests.envelope_parties import START
from tests.seals_of_companies import certify, sign_card

_CARD = Card(
    organisation="org-east",
    name="East Ltd",
    signing_key="",
    encryption_key="",
    serial=1,
    issued_at=START,
    expires_at=START + timedelta(days=1),
)
_SIGNED = sign_card(_CARD, certify("East Ltd"))


def _attributes(container: bytes) -> bytes:
    info = cms.ContentInfo.load(container)["content"]["signer_infos"][0]
    return bytes(info["signed_attrs"].dump())


def test_the_attributes_of_a_container_are_taken_as_they_stand() -> None:
    written = _attributes(_SIGNED.proof)
    assert is_plain_der(written)
    info = cms.ContentInfo.load(_SIGNED.proof)["content"]["signer_infos"][0]
    assert info["signed_attrs"].dump(force=True) == written
    who_signed(_SIGNED.proof, _SIGNED.card)


def test_attributes_in_another_order_are_what_der_makes_of_them() -> None:
    written = _attributes(_SIGNED.proof)
    first = 2 + 2 + written[3]
    turned = written[:2] + written[first:] + written[2:first]
    assert turned != written
    assert not is_plain_der(turned)
    who_signed(_SIGNED.proof.replace(written, turned), _SIGNED.card)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"\x31\x81\x03\x02\x01\x05", "a length longer than it need be"),
        (b"\x31\x82\x00\x03\x02\x01\x05", "a length that begins with a zero"),
        (b"\x31\x80\x02\x01\x05\x00\x00", "no length"),
        (b"\x31\x06\x02\x01\x06\x02\x01\x05", "a set in another order"),
        (b"\x30\x08\x31\x06\x02\x01\x06\x02\x01\x05", "the same within"),
        (b"\x31\x03\x1f\x01\x00", "a tag of several bytes"),
        (b"\x31\x03\x02\x02\x05", "one that ends beyond"),
        (b"\x31\x03\x02\x01\x05\x00", "something behind it"),
        (b"\x31\x01\x02", "half a value"),
        (b"\x31", "nothing but a tag"),
        (b"", "nothing"),
    ],
)
def test_what_is_written_otherwise_is_not(written: bytes, why: str) -> None:
    assert not is_plain_der(written), why


def test_what_is_deeper_than_anybody_needs_is_not() -> None:
    value = b"\x05\x00"
    for _ in range(40):
        value = bytes((0x30, len(value))) + value
    assert not is_plain_der(value)
    assert is_plain_der(value[2 * 30 :])


@given(st.binary(max_size=200))
def test_no_bytes_make_it_stumble(written: bytes) -> None:
    is_plain_der(written)


@given(st.integers(min_value=0, max_value=400), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_is_signed(at: int, by: int) -> None:
    container = bytearray(_SIGNED.proof)
    written = _attributes(_SIGNED.proof)
    container[container.index(written) + at % len(written)] ^= by
    with pytest.raises(ContainerError):
        who_signed(bytes(container), _SIGNED.card)
