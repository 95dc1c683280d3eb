"""The other end of the signer process: numbers requests, keeps deadlines, restarts the signer.

A signer that dies or hangs is replaced; whatever it had in hand fails with SignerUnavailableError,
and whether those keys were used is unknown: the caller has the intent on record and may ask again
with a new grant. A refused PIN ends the restarts (pkcs11.md rule 8).
"""

import asyncio
import contextlib
import itertools
import math
import socket
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, Self

import msgspec
import structlog

from hsm.answers import error_of, greeted
from hsm.config import RestartConfig
from hsm.errors import KeyStoreError, PinRefusedError, SignerUnavailableError
from hsm.in_hand import RequestsInHand
from hsm.interfaces import KeyDescription
from hsm.wire import (
    MAX_MESSAGE_BYTES,
    Failure,
    Greeting,
    ProveKey,
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

Admit = Callable[[AsyncChannel, Greeting], Awaitable[None]]
"""Looks at a signer that has greeted; raises KeyStoreError when it must not serve."""


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
        admit: Admit | None = None,
        hurry_seconds: Callable[[], float] = lambda: math.inf,
        token: str | None = None,
    ) -> None:
        """Take them.

        Args:
            source: starts signers.
            deadline_seconds: how long the oldest request in hand may take.
            restart: pauses between starts.
            start_deadline_seconds: how long a start may take.
            sleep: waits for so many seconds.
            admit: what each run must pass before it serves.
            hurry_seconds: a shorter deadline that holds at the moment, if any does.
            token: for the log, where there are several.
        """
        self._source = source
        self._deadline = deadline_seconds
        self._start_deadline = start_deadline_seconds
        self._restart = restart
        self._sleep = sleep
        self._admit = admit
        self._hurry = hurry_seconds
        log = structlog.get_logger("hsm")
        self._log = log if token is None else log.bind(token=token)
        self._numbers = itertools.count(1)
        self._in_hand = RequestsInHand(patience_seconds=self._patience, hung=self._end_hung)
        self._channel: AsyncChannel | None = None
        self._greeting: Greeting | None = None
        self._signed_in_this_run = self._retired = False
        self._serving_since = 0.0
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

    async def begin(self) -> KeyStoreError | SignerUnavailableError | None:
        """Enter, but try a first start that fails again, like later ones; gives why it failed."""
        channel: AsyncChannel | None = None
        failed: KeyStoreError | SignerUnavailableError | None = None
        try:
            channel = await self._start()
        except (KeyStoreError, SignerUnavailableError) as error:
            failed = error
            self._did_not_start(error, next_try=self._pause(1))
        self._keeping = asyncio.create_task(self._keep(channel), name="signer-keeping")
        return failed

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
    def serves(self) -> bool:
        """Whether there is a signer at the moment."""
        return self._channel is not None

    @property
    def stood_seconds(self) -> float:
        """How long the present run has served; only while `serves`."""
        return asyncio.get_running_loop().time() - self._serving_since

    @property
    def why_down(self) -> str:
        """Why there is no signer; only while there is none."""
        return self._pin_refused or self._why_down

    @property
    def pin_was_refused(self) -> bool:
        """Whether the token refused the PIN, so that no signer is started any more."""
        return self._pin_refused is not None

    @property
    def in_hand(self) -> int:
        """How many requests the signer has not answered yet."""
        return len(self._in_hand)

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

    async def prove(self, key: str) -> bytes:
        """Have the first sentence of the self-test signed: see `hsm.replicas.proving`."""
        return await self._ask(ProveKey(number=next(self._numbers), key=key))

    def retire(self, why: str) -> None:
        """Ask nothing more of this run, and start another after a pause.

        What it has in hand fails with SignerUnavailableError, as when it had died.
        """
        self._retired = True
        self._drop(why)

    def renew(self) -> None:
        """Have another signer started at once, for keys that were configured meanwhile.

        What it has in hand fails with SignerUnavailableError, and may be asked for again.
        """
        self._drop("the signer is being replaced, to take up its keys; try again in a moment")

    def _present(self) -> tuple[AsyncChannel, Greeting]:
        if self._channel is None or self._greeting is None:
            raise SignerUnavailableError(self._why_down)
        return self._channel, self._greeting

    async def _ask(self, message: SignDigest | SignCheckpoint | ProveKey) -> bytes:
        channel, _ = self._present()
        try:
            channel.send(encode(message))
        except FrameTooLargeError as error:
            raise GrantRefusedError(f"longer than anything the signer reads: {error}") from error
        # No await since `_present`: whoever drops this channel finds the request in hand.
        return await self._in_hand.add(message.number)

    def _patience(self) -> float:
        return min(self._deadline, self._hurry())

    def _end_hung(self) -> None:
        # The module may hang inside C_Sign, where nothing can be cancelled: only a new process
        # helps. Closing the channel wakes `_keep`, which has the old one killed.
        patience = self._patience()
        self._why_down = f"the signer did not answer within {patience:g} s and is being replaced"
        self._log.error("signer_hung", deadline_seconds=patience, in_hand=len(self._in_hand))
        if self._channel is not None:
            self._channel.close()

    async def _start(self) -> AsyncChannel:
        self._pin_awaited = False
        try:
            channel = await AsyncChannel.over(
                await self._started(), max_frame_bytes=MAX_MESSAGE_BYTES
            )
        except (ProcessError, OSError) as error:
            self._pin_awaited = isinstance(error, SignerLockedError)
            raise SignerUnavailableError(f"the signer was not started: {error}") from error
        try:
            async with asyncio.timeout(self._start_deadline):
                greeting = greeted(decode_from_signer(await channel.receive()))
                if self._admit is not None:
                    await self._admit(channel, greeting)
        except (
            TimeoutError,
            ChannelClosedError,
            msgspec.DecodeError,
            UnicodeDecodeError,
        ) as silent:
            channel.close()
            raise SignerUnavailableError(
                "the signer did not start, or did not greet in time; see its own log"
            ) from silent
        except BaseException:
            channel.close()
            raise
        self._channel, self._greeting = channel, greeting
        self._signed_in_this_run = self._retired = False
        self._serving_since = asyncio.get_running_loop().time()
        self._ready.set()
        return channel

    async def _started(self) -> socket.socket:
        starting = asyncio.ensure_future(self._source.start_anew())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Nobody stops a start half-way, and what comes of it must not be left open.
            with contextlib.suppress(ProcessError, OSError):
                (await starting).close()
            raise

    async def _keep(self, channel: AsyncChannel | None) -> None:
        loop = asyncio.get_running_loop()
        useless_runs = 0
        if channel is None:
            channel = await self._start_again(1)
        while True:
            began = loop.time()
            self._why_down = "the signer ended and is being restarted; try again in a moment"
            await self._receive_until_gone(channel)
            self._drop(self._why_down)
            # The first restart is at once: a kill or a hang says nothing of the next run. But one
            # that dies before it has signed anything is likely to do so again, and so is a token
            # that failed.
            stood = loop.time() - began >= self._restart.longest_seconds
            useful = stood or (self._signed_in_this_run and not self._retired)
            useless_runs = 0 if useful else useless_runs + 1
            self._log.warning("signer_ended", why=self._why_down, useless_runs=useless_runs)
            channel = await self._start_again(useless_runs)

    async def _receive_until_gone(self, channel: AsyncChannel) -> None:
        try:
            while True:
                self._deliver(decode_from_signer(await channel.receive()))
        except ChannelClosedError:
            return
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # No answer can be told from another after it; a new signer is the way out.
            self._why_down = f"the signer sent what is not its language: {error}"

    def _deliver(self, message: Greeting | Signature | Failure) -> None:
        if isinstance(message, Greeting):
            return
        if isinstance(message, Failure) and message.kind == "pin-refused":
            self._pin_refused = message.message
        if isinstance(message, Signature):
            self._signed_in_this_run = True
            self._in_hand.settle(message.number, message.value)
        else:
            self._in_hand.settle(message.number, error_of(message))

    def _drop(self, why: str) -> None:
        self._ready.clear()
        if self._channel is not None:
            self._channel.close()
        self._channel = None
        self._why_down = why
        self._in_hand.give_back(why)

    async def _start_again(self, failures: int) -> AsyncChannel:
        """Start the signer; at once unless there were failures, and then with growing pauses."""
        while True:
            if self._pin_refused is not None:
                self._why_down = self._pin_refused
                self._log.critical(
                    "signer_pin_refused", error=self._pin_refused, restarts="stopped"
                )
                await asyncio.Event().wait()  # until this client is closed: never a second try
            if failures:
                await self._sleep(self._pause(failures))
            self.restarts += 1
            try:
                return await self._start()
            except (KeyStoreError, SignerUnavailableError) as error:
                failures += 1
                self._did_not_start(error, next_try=self._pause(failures))

    def _did_not_start(
        self, error: KeyStoreError | SignerUnavailableError, *, next_try: float
    ) -> None:
        if isinstance(error, PinRefusedError):
            self._pin_refused = str(error)
            return
        self._why_down = str(error)
        self._log.error("signer_did_not_start", error=str(error), next_try_seconds=next_try)

    def _pause(self, failures: int) -> float:
        # min() before the power grows beyond what a float holds.
        doubled = self._restart.first_seconds * 2.0 ** min(failures - 1, 64)
        return min(doubled, self._restart.longest_seconds)
