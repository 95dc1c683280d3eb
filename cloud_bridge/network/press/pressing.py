"""The press as the network has it: a child reads the document, its parent signs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cloud_bridge.interfaces import Time
from cloud_bridge.network.press.asking_child import ask_child
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.container import ROOM, container
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.interfaces import field_of
from cloud_bridge.network.press.model import Answer, Mark, Preparation, Prepared, Pressed

USUAL_FONT = Path("/usr/share/fonts/truetype/arphic/uming.ttc")
_MODULE = "cloud_bridge.network.press.child"
_ANSWER: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class PressLimits:
    """What one document may cost; `at_once`: how many are worked on at the same time."""

    deadline_seconds: float = 30.0
    max_memory_bytes: int = 1024 * 1024 * 1024
    at_once: int = 2


class ChildPress:
    """See `interfaces.Press`.

    Args:
        authority: issues the certificates.
        time: says when it is signed.
        font: draws the characters.
        limits: what a document may cost.
        module: which module the child runs.
    """

    def __init__(
        self,
        authority: PersonAuthority,
        time: Time,
        *,
        font: Path = USUAL_FONT,
        limits: PressLimits | None = None,
        module: str = _MODULE,
    ) -> None:
        self._authority = authority
        self._time = time
        self._font = font
        self._limits = limits or PressLimits()
        self._module = module
        self._room = asyncio.Semaphore(self._limits.at_once)

    async def press(
        self, base: bytes, marks: Sequence[Mark], *, name: str, envelope: str, party: str
    ) -> Pressed:
        """See `interfaces.Press.press`."""
        at = self._time.now().replace(microsecond=0)
        preparation = Preparation(
            document=base,
            marks=tuple(marks),
            field=field_of(envelope, party),
            name=name,
            reason=f"Sealgate envelope {envelope}, party {party}",
            signed_at=at,
            room=ROOM,
            font=str(self._font),
        )
        async with self._room:
            prepared = await self._ask(preparation)
        act = self._authority.issue(name=name, act=f"{envelope}/{party}", at=at)
        signed = await container(act, self._authority.der, prepared.digest)
        return Pressed(document=base + _filled(prepared, signed), container=signed)

    async def _ask(self, preparation: Preparation) -> Prepared:
        limits = self._limits
        try:
            answer, code = await ask_child(
                self._module,
                msgspec.msgpack.encode(preparation),
                max_memory_bytes=limits.max_memory_bytes,
                deadline_seconds=limits.deadline_seconds,
            )
        except TimeoutError:
            raise PressError(
                f"writing into it takes longer than {limits.deadline_seconds:g} s",
                reason="demanding",
            ) from None
        try:
            told = _ANSWER.decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise PressError(
                f"it ended the process that read it (exit code {code}): it is damaged,"
                " or made to do harm",
                reason="demanding",
            ) from None
        if isinstance(told, Prepared):
            return told
        raise PressError(told.message, reason=told.reason, field=told.field)


def _filled(prepared: Prepared, signed: bytes) -> bytes:
    if len(signed) > ROOM:
        raise PressError(f"the container has {len(signed)} bytes", reason="demanding")
    digits = signed.hex().encode()
    at = prepared.container_at
    return prepared.update[:at] + digits + prepared.update[at + len(digits) :]
