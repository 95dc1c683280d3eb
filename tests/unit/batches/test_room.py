"""Documents of batches share a bounded part of the memory."""

import asyncio

from gateway.batches.room import Room


async def test_what_does_not_fit_waits_until_enough_has_gone() -> None:
    room, order = Room(10), list[str]()
    gates = {name: asyncio.Event() for name in "abcd"}

    async def use(name: str, size: int) -> None:
        async with room.of(size):
            order.append(name)
            await gates[name].wait()

    sizes = {"a": 6, "b": 3, "c": 5, "d": 1}
    tasks = [asyncio.create_task(use(name, size)) for name, size in sizes.items()]
    await _settled()
    assert order == ["a", "b"]  # c does not fit, and d does not overtake it
    gates["b"].set()
    await _settled()
    assert order == ["a", "b"]
    gates["a"].set()
    await _settled()
    assert order == ["a", "b", "c", "d"]
    for gate in gates.values():
        gate.set()
    await asyncio.gather(*tasks)


async def test_what_is_larger_than_all_of_it_goes_alone() -> None:
    room = Room(10)
    async with asyncio.timeout(5), room.of(50):
        waiting = asyncio.create_task(_pass(room, 1))
        await _settled()
        assert not waiting.done()
    await waiting


async def test_whoever_gives_up_leaves_no_hole() -> None:
    room = Room(10)
    async with room.of(10):
        waiting = asyncio.create_task(_pass(room, 1))
        await _settled()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        await _pass(room, 10)


async def _pass(room: Room, size: int) -> None:
    async with room.of(size):
        pass


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
