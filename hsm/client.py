"""The other end of the signer process: numbers requests, keeps deadlines, restarts the signer.

A signer that dies or hangs is replaced; whatever it had in hand fails with SignerUnavailableError,
and whether those keys were used is unknown: the caller has the intent on record and may ask again
with a new grant. A refused PIN ends the restarts (pkcs11.md rule 8).
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, Self

import msgspec
import structlog

from hsm.config import RestartConfig
from hsm.errors import KeyStoreError, PinRefusedError, SignerUnavailableError, TokenAbsentError
from hsm.interfaces import KeyDescription
from hsm.wire import (
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Failure,
    Greeting,
    Signature,
    SignCheckpoint,
    SignDigest,
    decode_from_signer,
    encode,
)
from policies.errors import GrantRefusedError
from policies.grant import Grant
from processes.channel import AsyncChannel
from processes.errors import (
    ChannelClosedError,
    FrameTooLargeError,
    ProcessError,
    SignerLockedError,
)

PinState = Literal["taken", "awaited", "refused", "untried"]
"""`awaited`: an operator is to hand it over. `untried`: there is no signer, for another reason."""

_log = structlog.get_logger("hsm")


class SignerSource(Protocol):
    """Whoever can start a signer: the keeper, or this process itself."""

    async def start_anew(self) -> socket.socket:
        """End the present signer, start another, and give the channel to it.

        Raises:
            ProcessError: none could be started; asking again may help.
        """
        ...


class SignerClient:
    """Implements `hsm.interfaces.Signer` over a signer process. Use as an async context manager."""

    def __init__(
        self,
        source: SignerSource,
        *,
        deadline_seconds: float,
        restart: RestartConfig,
        start_deadline_seconds: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._deadline = deadline_seconds
        self._start_deadline = start_deadline_seconds
        self._restart = restart
        self._sleep = sleep
        self._numbers = itertools.count(1)
        # In the order in which they were sent. What a caller no longer waits for stays until the
        # signer has answered it: a session may hang in it.
        self._in_hand: dict[int, asyncio.Future[bytes]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._channel: AsyncChannel | None = None
        self._greeting: Greeting | None = None
        self._signed_in_this_run = False
        self._why_down = "the signer has not started yet"
        self._pin_refused: str | None = None
        self._pin_awaited = False
        self._ready = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.restarts = 0

    async def __aenter__(self) -> Self:
        """Start the signer; the first start must succeed, later ones are tried again.

        Raises:
            KeyStoreError: the signer said why it cannot serve.
            SignerUnavailableError: it could not be started, or said nothing in time.
        """
        channel = await self._start()
        self._keeping = asyncio.create_task(self._keep(channel), name="signer-keeping")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop keeping the signer; it leaves when its channel closes."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        self._drop("the gateway is stopping")

    @property
    def epoch(self) -> bytes:
        """See `Signer.epoch`.

        Raises:
            SignerUnavailableError: there is no signer at the moment.
        """
        _, greeting = self._present()
        return greeting.epoch

    @property
    def keys(self) -> tuple[KeyDescription, ...]:
        """See `Signer.keys`."""
        return self._greeting.keys if self._greeting is not None else ()

    @property
    def in_hand(self) -> int:
        """How many requests the signer has not answered yet."""
        return len(self._in_hand)

    @property
    def serves(self) -> bool:
        """Whether there is a signer at the moment."""
        return self._channel is not None

    @property
    def pin(self) -> PinState:
        """How the PIN stands."""
        if self._pin_refused is not None:
            return "refused"
        if self._channel is not None:
            return "taken"
        return "awaited" if self._pin_awaited else "untried"

    async def ready(self) -> None:
        """Wait until there is a signer."""
        await self._ready.wait()

    async def sign(self, grant: Grant) -> bytes:
        """See `Signer.sign`."""
        return await self._ask(SignDigest(number=next(self._numbers), grant=grant))

    async def sign_checkpoint(self, text: bytes) -> bytes:
        """See `Signer.sign_checkpoint`."""
        return await self._ask(SignCheckpoint(number=next(self._numbers), text=text))

    def _present(self) -> tuple[AsyncChannel, Greeting]:
        if self._channel is None or self._greeting is None:
            raise SignerUnavailableError(self._why_down)
        return self._channel, self._greeting

    async def _ask(self, message: SignDigest | SignCheckpoint) -> bytes:
        channel, _ = self._present()
        try:
            channel.send(encode(message))
        except FrameTooLargeError as error:
            raise GrantRefusedError(f"longer than anything the signer reads: {error}") from error
        # No await since `_present`: whoever drops this channel finds the request in hand.
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._in_hand[message.number] = answer
        if len(self._in_hand) == 1:
            self._watch_the_oldest()
        return await answer

    def _watch_the_oldest(self) -> None:
        """Give the oldest request in hand the deadline, from now on.

        The signer takes requests in the order in which they were sent, so the oldest has been
        taken when all before it are answered; if it then gets no answer in time, a session hangs.
        A long queue is no reason to kill a signer that works it off.
        """
        if self._timer is not None:
            self._timer.cancel()
        self._timer = (
            asyncio.get_running_loop().call_later(self._deadline, self._end_hung)
            if self._in_hand
            else None
        )

    def _end_hung(self) -> None:
        # The module may hang inside C_Sign, where nothing can be cancelled: only a new process
        # helps. Closing the channel wakes `_keep`, which has the old one killed.
        self._why_down = (
            f"the signer did not answer within {self._deadline:g} s and is being replaced"
        )
        _log.error("signer_hung", deadline_seconds=self._deadline, in_hand=len(self._in_hand))
        if self._channel is not None:
            self._channel.close()

    async def _start(self) -> AsyncChannel:
        self._pin_awaited = False
        try:
            channel = await AsyncChannel.over(
                await self._source.start_anew(), max_frame_bytes=MAX_MESSAGE_BYTES
            )
        except (ProcessError, OSError) as error:
            self._pin_awaited = isinstance(error, SignerLockedError)
            raise SignerUnavailableError(f"the signer was not started: {error}") from error
        try:
            async with asyncio.timeout(self._start_deadline):
                greeting = decode_from_signer(await channel.receive())
            self._greeting = _checked(greeting)
        except (TimeoutError, ChannelClosedError, msgspec.DecodeError) as silent:
            channel.close()
            raise SignerUnavailableError(
                "the signer did not start, or did not greet in time; see its own log"
            ) from silent
        except BaseException:
            channel.close()
            raise
        self._channel = channel
        self._signed_in_this_run = False
        self._ready.set()
        return channel

    async def _keep(self, channel: AsyncChannel) -> None:
        loop = asyncio.get_running_loop()
        useless_runs = 0
        while True:
            began = loop.time()
            self._why_down = "the signer ended and is being restarted; try again in a moment"
            await self._receive_until_gone(channel)
            self._drop(self._why_down)
            # The first restart is at once: a kill or a hang says nothing of the next run. But one
            # that dies before it has signed anything is likely to do so again.
            useful = (
                self._signed_in_this_run or loop.time() - began >= self._restart.longest_seconds
            )
            useless_runs = 0 if useful else useless_runs + 1
            _log.warning("signer_ended", why=self._why_down, useless_runs=useless_runs)
            channel = await self._start_again(useless_runs)

    async def _receive_until_gone(self, channel: AsyncChannel) -> None:
        try:
            while True:
                self._deliver(decode_from_signer(await channel.receive()))
        except ChannelClosedError:
            return
        except msgspec.DecodeError as error:
            # No answer can be told from another after it; a new signer is the way out.
            self._why_down = f"the signer sent what is not its language: {error}"

    def _deliver(self, message: Greeting | Signature | Failure) -> None:
        if isinstance(message, Greeting):
            return
        if isinstance(message, Failure) and message.kind == "pin-refused":
            self._pin_refused = message.message
        oldest = next(iter(self._in_hand), None)
        answer = self._in_hand.pop(message.number, None)
        if message.number == oldest:
            self._watch_the_oldest()
        if isinstance(message, Signature):
            self._signed_in_this_run = True
        if answer is None or answer.done():
            return
        if isinstance(message, Signature):
            answer.set_result(message.value)
        else:
            answer.set_exception(_error(message))

    def _drop(self, why: str) -> None:
        self._ready.clear()
        if self._channel is not None:
            self._channel.close()
        self._channel = None
        self._why_down = why
        in_hand, self._in_hand = self._in_hand, {}
        self._watch_the_oldest()
        for answer in in_hand.values():
            if not answer.done():
                answer.set_exception(SignerUnavailableError(why))

    async def _start_again(self, failures: int) -> AsyncChannel:
        """Start the signer; at once unless there were failures, and then with growing pauses."""
        while True:
            if self._pin_refused is not None:
                self._why_down = self._pin_refused
                _log.critical("signer_pin_refused", error=self._pin_refused, restarts="stopped")
                await asyncio.Event().wait()  # until this client is closed: never a second try
            if failures:
                await self._sleep(self._pause(failures))
            self.restarts += 1
            try:
                return await self._start()
            except PinRefusedError as error:
                self._pin_refused = str(error)
            except (KeyStoreError, SignerUnavailableError) as error:
                failures += 1
                self._why_down = str(error)
                _log.error(
                    "signer_did_not_start",
                    error=str(error),
                    next_try_seconds=self._pause(failures),
                )

    def _pause(self, failures: int) -> float:
        # min() before the power grows beyond what a float holds.
        doubled = self._restart.first_seconds * 2.0 ** min(failures - 1, 64)
        return min(doubled, self._restart.longest_seconds)


def _checked(greeting: Greeting | Signature | Failure) -> Greeting:
    match greeting:
        case Greeting(protocol=protocol) if protocol == PROTOCOL:
            return greeting
        case Failure():
            error = _error(greeting)
            if isinstance(error, KeyStoreError):
                raise error
            raise SignerUnavailableError(greeting.message)
        case _:
            raise SignerUnavailableError("the signer does not speak as this version does")


def _error(failure: Failure) -> Exception:
    match failure.kind:
        case "grant-refused":
            return GrantRefusedError(failure.message)
        case "pin-refused":
            return PinRefusedError(failure.message)
        case "token-absent":
            return TokenAbsentError(failure.message)
        case "token-failed" | "internal":
            return KeyStoreError(failure.message)
