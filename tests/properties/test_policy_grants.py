"""A grant is redeemed at most once, not late, and not for another run of the signer."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from policies.errors import GrantRefusedError
from policies.grant import Grant, GrantBook

EPOCHS = (b"a" * 16, b"b" * 16)


@dataclass(frozen=True, slots=True)
class Attempt:
    grant: Grant
    now: float


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    # A number is never used twice, so it determines its grant.
    number = draw(st.integers(0, 5))
    return Grant(
        number=number.to_bytes(16, "big"),
        epoch=EPOCHS[number % 5 == 4],
        seal="receipt-east",
        key="east-1",
        mechanism="rsa-pkcs1-sha256",
        digest=bytes(32),
        decision=bytes(32),
        bundle="sha256:…",
        audit_index=number,
        expires_at=10.0 + 3 * (number * 7 % 5),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Attempt]:
    """Attempts at moments that never go back, as a monotonic signer sees them."""
    moments = sorted(draw(st.lists(st.floats(0, 40, allow_nan=False), max_size=40)))
    return [Attempt(draw(grants()), now) for now in moments]


@given(histories())
def test_a_grant_is_redeemed_at_most_once_in_time_and_in_its_own_run(
    history: list[Attempt],
) -> None:
    book = GrantBook(epoch=EPOCHS[0])
    redeemed: set[bytes] = set()
    for attempt in history:
        grant = attempt.grant
        due = (
            grant.epoch == EPOCHS[0]
            and attempt.now < grant.expires_at
            and grant.number not in redeemed
        )
        try:
            book.redeem(grant, now=attempt.now)
        except GrantRefusedError:
            assert not due
        else:
            assert due
            redeemed.add(grant.number)
