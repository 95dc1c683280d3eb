"""How long a signer may take for the oldest request before it counts as hanging."""

import asyncio

from hsm.in_hand import RequestsInHand


async def test_patience_that_has_grown_meanwhile_counts() -> None:
    """The token that became the last one is not ended after the time of one that has others."""
    loop, hung = asyncio.get_running_loop(), asyncio.Event()
    patience = [0.01]
    in_hand = RequestsInHand(patience_seconds=lambda: patience[0], hung=hung.set)
    began = loop.time()
    in_hand.add(1)
    patience[0] = 0.3
    await asyncio.wait_for(hung.wait(), 10)
    assert loop.time() - began >= 0.29


async def test_whoever_was_answered_in_time_was_not_hanging() -> None:
    hung = asyncio.Event()
    in_hand = RequestsInHand(patience_seconds=lambda: 0.05, hung=hung.set)
    first = in_hand.add(1)
    in_hand.settle(1, b"signature")
    assert await first == b"signature"
    second = in_hand.add(2)
    await asyncio.wait_for(hung.wait(), 10)
    in_hand.give_back("it hangs")
    assert second.exception() is not None
