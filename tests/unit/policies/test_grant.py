"""The grant book's corners; `properties/test_policy_grants.py` has what is always true."""

import msgspec
import pytest

from policies.errors import GrantRefusedError
from policies.grant import Grant, GrantBook

GRANT = Grant(
    number=b"n" * 16,
    epoch=b"e" * 16,
    seal="receipt-east",
    key="east-1",
    mechanism="rsa-pkcs1-sha256",
    digest=b"d" * 32,
    decision=b"c" * 32,
    bundle="sha256:…",
    audit_index=7,
    expires_at=100.0,
)


def test_a_grant_is_redeemed_once() -> None:
    book = GrantBook(epoch=GRANT.epoch)
    book.redeem(GRANT, now=99.9)
    with pytest.raises(GrantRefusedError, match="redeemed before"):
        book.redeem(GRANT, now=99.9)


def test_a_grant_is_late_at_the_very_moment_of_its_expiry() -> None:
    with pytest.raises(GrantRefusedError, match="late"):
        GrantBook(epoch=GRANT.epoch).redeem(GRANT, now=100.0)


def test_a_grant_for_an_earlier_run_is_refused() -> None:
    with pytest.raises(GrantRefusedError, match="earlier run"):
        GrantBook(epoch=b"f" * 16).redeem(GRANT, now=1.0)


def test_a_refused_grant_is_not_used_up() -> None:
    book = GrantBook(epoch=GRANT.epoch)
    late = msgspec.structs.replace(GRANT, expires_at=1.0)
    with pytest.raises(GrantRefusedError, match="late"):
        book.redeem(late, now=2.0)
    book.redeem(GRANT, now=2.0)


def test_expired_grants_are_forgotten() -> None:
    book = GrantBook(epoch=GRANT.epoch)
    for number in range(100):
        grant = msgspec.structs.replace(
            GRANT, number=number.to_bytes(16, "big"), expires_at=number + 10.0
        )
        book.redeem(grant, now=float(number))
    assert len(book._redeemed) == 10


def test_a_grant_survives_the_journey_to_the_signer() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(GRANT), type=Grant) == GRANT
