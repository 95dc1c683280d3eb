"""Who has a place, who has none, and what is told and remembered of it."""

from structlog.testing import capture_logs

from cloud_bridge.network.listening.places import Places


def test_being_full_is_told_again_only_once_a_tenth_was_free() -> None:
    places = Places(20, of_an_address=None)

    def told_when_full() -> int:
        with capture_logs() as logs:
            while places.take("192.0.2.1"):
                pass
        return sum(each["event"] == "connections_full" for each in logs)

    assert told_when_full() == 1
    for left in (1, 2):
        for _ in range(left):
            places.leave("192.0.2.1")
        assert told_when_full() == 0
    for _ in range(3):
        places.leave("192.0.2.1")
    assert told_when_full() == 1


def test_of_ipv6_a_network_of_64_bits_has_one_share() -> None:
    places = Places(10, of_an_address=2)
    assert places.take("2001:db8::1")
    assert places.take("2001:db8::ffff:2")
    assert not places.take("2001:db8::3")
    assert places.take("2001:db8:0:1::1")
    places.leave("2001:db8::1")
    assert places.take("2001:db8::4")


def test_an_address_of_ipv4_is_the_same_by_whichever_way() -> None:
    places = Places(10, of_an_address=1)
    assert places.take("::ffff:192.0.2.1")
    assert not places.take("192.0.2.1")
    assert places.take("192.0.2.2")


def test_nothing_is_remembered_of_whoever_has_gone() -> None:
    places = Places(10, of_an_address=1)
    for number in range(100):
        assert places.take(f"192.0.2.{number}")
        assert not places.take(f"192.0.2.{number}")
        places.leave(f"192.0.2.{number}")
    assert not places._by_address
    assert not places._told_of
