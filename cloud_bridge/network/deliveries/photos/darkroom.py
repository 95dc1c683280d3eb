"""Where strangers' photographs are drawn anew: in a child that has nothing to lose.

Picture decoders are a favourite of attackers. The network's process never runs one.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from cloud_bridge.network.deliveries.problems import PhotoRefusedProblem
from cloud_bridge.network.press.asking_child import ask_child

MEDIA_TYPE: Final = "image/jpeg"
_MODULE: Final = "cloud_bridge.network.deliveries.photos.child"
_MEMORY_BYTES: Final = 1024 * 1024 * 1024
_AT_ONCE: Final = 2


class Developed(msgspec.Struct, frozen=True, tag="developed"):
    """The photographs, as JPEGs of ours."""

    photographs: tuple[bytes, ...]


class Spoilt(msgspec.Struct, frozen=True, tag="spoilt"):
    """One of them cannot be taken."""

    why: str


_ANSWER: msgspec.msgpack.Decoder[Developed | Spoilt] = msgspec.msgpack.Decoder(Developed | Spoilt)


class Darkroom:
    """Draws photographs anew; of one receipt in one child, of two receipts at once.

    Args:
        deadline_seconds: how long all photographs of a receipt may take.
    """

    def __init__(self, *, deadline_seconds: float = 20.0) -> None:
        self._deadline = deadline_seconds
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def develop(self, photographs: Sequence[bytes]) -> Sequence[bytes]:
        """See `photos.redrawn`, for each.

        Raises:
            PhotoRefusedProblem: one of them is none that we take.
        """
        if not photographs:
            return ()
        async with self._room:
            answer = await self._ask(msgspec.msgpack.encode(photographs))
        try:
            told = _ANSWER.decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise PhotoRefusedProblem("A photo ended the process that read it.") from None
        if isinstance(told, Spoilt):
            raise PhotoRefusedProblem(told.why)
        return told.photographs

    async def _ask(self, question: bytes) -> bytes:
        try:
            answer, _ = await ask_child(
                _MODULE, question, max_memory_bytes=_MEMORY_BYTES, deadline_seconds=self._deadline
            )
        except TimeoutError:
            raise PhotoRefusedProblem("The photos take too long to read.") from None
        return answer
