"""What the feed brought is held for a while, within bounds, and given once."""

import pytest

from cloud_bridge.encryption import plain
from cloud_bridge.wire import Content, ContentHead, WrappedKey
from gateway.envelopes.brought import Brought
from tests.envelope_parties import ENVELOPE
from tests.signing_house import FakeClock

_OVERHEAD = len(ENVELOPE) + 64


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def of(number: int, *, size: int = 100) -> Content:
    return plain(number.to_bytes(4, "big") + bytes(size - 4), envelope=ENVELOPE)


def there(brought: Brought, *contents: Content, who: str = "org-east") -> list[bool]:
    """Which of them are given; what is given is there no more."""
    given = [brought.take(who, each.head.envelope, each.head.digest) for each in contents]
    assert all(found is None or found == each for found, each in zip(given, contents, strict=True))
    return [found is not None for found in given]


def test_what_was_brought_is_given_once_and_to_whom_it_was_brought(clock: FakeClock) -> None:
    brought = Brought(clock)
    brought.keep("org-east", [of(1)], envelopes={ENVELOPE})
    assert there(brought, of(1), who="org-west") == [False]
    assert there(brought, of(1)) == [True]
    assert there(brought, of(1)) == [False]
    assert brought.bytes == 0


def test_what_is_of_an_envelope_that_was_not_told_of_is_not_kept(clock: FakeClock) -> None:
    brought = Brought(clock)
    brought.keep("org-east", [of(1)], envelopes={"another"})
    assert (brought.bytes, there(brought, of(1))) == (0, [False])


def test_what_has_no_room_is_not_kept_and_takes_none_from_what_is(clock: FakeClock) -> None:
    brought = Brought(clock, most_bytes=2 * (100 + _OVERHEAD), most=10)
    brought.keep("org-east", map(of, range(3)), envelopes={ENVELOPE})
    assert brought.bytes == 2 * (100 + _OVERHEAD)
    assert there(brought, *map(of, range(3))) == [True, True, False]
    brought.keep("org-east", [of(1, size=1000), of(2)], envelopes={ENVELOPE})
    assert there(brought, of(1, size=1000), of(2)) == [False, True]


def test_only_so_many_are_kept(clock: FakeClock) -> None:
    brought = Brought(clock, most=2)
    brought.keep("org-east", map(of, range(3)), envelopes={ENVELOPE})
    assert there(brought, *map(of, range(3))) == [True, True, False]


def test_heads_full_of_keys_count_as_what_they_are(clock: FakeClock) -> None:
    key = WrappedKey(organisation="org-east", card=1, sealed=b"")
    head = ContentHead(
        envelope=ENVELOPE, digest="0" * 64, size=0, mode="encrypted", keys=(key,) * 1000
    )
    brought = Brought(clock, most_bytes=100_000)
    brought.keep("org-east", [Content(head=head, body=b"")], envelopes={ENVELOPE})
    assert brought.bytes == 0


def test_what_waits_too_long_is_dropped_and_makes_room(clock: FakeClock) -> None:
    brought = Brought(clock, most=2, seconds=10)
    brought.keep("org-east", [of(1)], envelopes={ENVELOPE})
    clock.seconds += 9
    brought.keep("org-east", [of(2), of(3)], envelopes={ENVELOPE})
    clock.seconds += 1
    assert there(brought, of(1), of(2), of(3)) == [False, True, False]
    brought.keep("org-east", [of(4)], envelopes={ENVELOPE})
    clock.seconds += 10
    brought.keep("org-east", [], envelopes=())
    assert brought.bytes == 0


def test_brought_again_it_takes_the_place_of_the_first(clock: FakeClock) -> None:
    brought = Brought(clock, seconds=10)
    brought.keep("org-east", [of(1)], envelopes={ENVELOPE})
    clock.seconds += 9
    brought.keep("org-east", [of(1)], envelopes={ENVELOPE})
    assert brought.bytes == 100 + _OVERHEAD
    clock.seconds += 9
    assert there(brought, of(1)) == [True]
