"""Several tokens with the same keys: one signs, the others stand by, and the next takes over.

Each token has a signer process of its own. A token that fails is put out of service, what it had in
hand is given back as if its signer had died, and a new run of its signer has to prove that it holds
the keys before it stands by again (docs/operations/failover.md, docs/adr/0023).
"""

import asyncio
import contextlib
import itertools
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Self

import structlog

from hsm.client import Admit, PinState, SignerClient, SignerSource
from hsm.config import HSMConfig
from hsm.errors import (
    KeyStoreError,
    OtherKeysError,
    PinRefusedError,
    SignerUnavailableError,
)
from hsm.interfaces import KeyDescription
from hsm.replicas.proving import check_proof, prove
from hsm.replicas.renewing import Renewal
from hsm.replicas.standing import Token, TokenStanding
from hsm.wire import Greeting
from policies.errors import GrantRefusedError
from policies.grant import Grant
from processes.channel import AsyncChannel

_START_PATIENCE_SECONDS = 5.0
"""For tokens that come first in the order, while a later one could serve."""

_log = structlog.get_logger("hsm")


class ReplicatedSigner:
    """Implements `hsm.interfaces.Signer` over several tokens. Use as an async context manager.

    A grant is for one run of one token's signer, and goes nowhere else. When that run fails, the
    caller gets SignerUnavailableError and, as after any restart, may ask again with a new grant,
    which is for the token that signs now.
    """

    def __init__(
        self,
        sources: Sequence[SignerSource],
        config: HSMConfig,
        *,
        probe_seconds: float = 5.0,
        start_deadline_seconds: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the tokens.

        Args:
            sources: starts a token's signers, in the order of `config.tokens`.
            config: the `hsm:` section, with its replicas.
            probe_seconds: every token signs a sentence of the self-test that often, so that one
                that stands by is known to be good before it is needed.
            start_deadline_seconds: how long a start may take, the proof of its keys included.
            sleep: waits for so many seconds.
        """
        self._tokens = tuple(map(Token, config.names))
        for token, source in zip(self._tokens, sources, strict=True):
            token.client = SignerClient(
                source,
                deadline_seconds=config.deadline_seconds,
                restart=config.restart,
                start_deadline_seconds=start_deadline_seconds,
                admit=self._admission(token),
                hurry_seconds=self._hurry(token, config.failover_seconds),
                token=token.name,
                sleep=sleep,
            )
        self._failback_seconds = config.failback_seconds
        self._renewal = Renewal(
            self._serving,
            tokens=self._tokens,
            patience_seconds=start_deadline_seconds + config.restart.longest_seconds,
        )
        self._probe_seconds = probe_seconds
        self._sleep = sleep
        self._keys: tuple[KeyDescription, ...] = ()
        self._present: Token | None = None
        self._tasks: list[asyncio.Task[object]] = []
        self.failovers = 0

    async def __aenter__(self) -> Self:
        """Wait until a token serves; the others go on starting, and those that fail try again.

        Raises:
            PinRefusedError: no token serves, and one refused its PIN.
            KeyStoreError: no token serves.
        """
        beginning = {asyncio.create_task(self._begin(each)) for each in self._tokens}
        self._tasks = list(beginning)
        try:
            await self._one_that_serves(beginning)
        except BaseException:
            await self.__aexit__()
            raise
        self._tasks.append(asyncio.create_task(self._probe(), name="token-probes"))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop keeping signers; they leave when their channels close."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for token in self._tokens:
            await token.client.__aexit__()

    @property
    def epoch(self) -> bytes:
        """See `Signer.epoch`: of the token that signs now.

        Raises:
            SignerUnavailableError: no token serves.
        """
        return self._chosen().client.epoch

    @property
    def keys(self) -> tuple[KeyDescription, ...]:
        """See `Signer.keys`: of the first token that served, and what every other had to prove."""
        return self._keys

    @property
    def serves(self) -> bool:
        """Whether a token serves at the moment."""
        return any(self._serving())

    @property
    def pin(self) -> PinState:
        """How the PINs stand: of the token that wants somebody, where one does."""
        standing = {each.client.pin for each in self._tokens}
        order: tuple[PinState, ...] = ("refused", "awaited", "taken", "untried")
        return next(each for each in order if each in standing)

    @property
    def restarts(self) -> int:
        """How often a signer was started again."""
        return sum(token.client.restarts for token in self._tokens)

    @property
    def in_hand(self) -> int:
        """How many requests the signers have not answered yet."""
        return sum(token.client.in_hand for token in self._tokens)

    @property
    def standings(self) -> tuple[TokenStanding, ...]:
        """How each token stands, in the order of preference."""
        return tuple(each.standing(signs=each is self._present) for each in self._tokens)

    async def sign(self, grant: Grant) -> bytes:
        """See `Signer.sign`."""
        token = next((each for each in self._serving() if each.client.epoch == grant.epoch), None)
        if token is None:
            raise SignerUnavailableError(
                "the grant is for an earlier run of a signer: another token signs now"
            )
        try:
            return await token.client.sign(grant)
        except KeyStoreError as error:
            failed = self._after(error, token, grant.epoch)
            if failed is error:
                raise
            raise failed from error

    async def sign_checkpoint(self, text: bytes) -> bytes:
        """See `Signer.sign_checkpoint`. It goes on with the next token by itself."""
        failed: Exception = SignerUnavailableError("no token signs checkpoints")
        for _ in self._tokens:
            token = self._chosen()
            epoch = token.client.epoch
            try:
                return await token.client.sign_checkpoint(text)
            except SignerUnavailableError as away:
                failed = away
            except KeyStoreError as error:
                failed = self._after(error, token, epoch)
                if failed is error:
                    raise
        raise failed

    def renew(self) -> None:
        """Have the signers started anew, one token after the other, for keys configured meanwhile.

        Another token signs meanwhile, where one serves. The first in the order that serves says
        which keys are right, but a key that was there before is the one that it was.
        """
        task = self._renewal.begin()
        if task not in self._tasks:
            self._tasks.append(task)

    def _serving(self) -> Iterable[Token]:
        return (each for each in self._tokens if each.client.serves)

    def _chosen(self) -> Token:
        """The token that signs now: the present one while it serves, else the next that does."""
        for token in self._serving():
            if token is self._present:
                return token
            present = self._present
            if present is None or not present.client.serves:
                self._go_on_with(token, why=None if present is None else present.client.why_down)
                return token
            # Before the present one in the order, and back: not at once, or a token that comes
            # and goes would take the service along each time.
            if token.client.stood_seconds >= self._failback_seconds:
                self._go_on_with(token, why="it has stood long enough since it came back")
                return token
        said = "; ".join(f"{each.name}: {each.client.why_down}" for each in self._tokens)
        raise SignerUnavailableError(f"no token serves: {said}")

    def _go_on_with(self, token: Token, *, why: str | None) -> None:
        before, self._present = self._present, token
        if before is None:
            _log.info("token_signs", token=token.name)
        else:
            self.failovers += 1
            _log.warning("token_takes_over", token=token.name, before=before.name, why=why)

    def _after(self, error: Exception, token: Token, epoch: bytes) -> Exception:
        """What to raise after the token failed; it is put out of service if another serves.

        The last one stays: half a token is better than none, and its signer reloads the module.
        """
        if self._is_last(token):
            return error
        # A run that came since has proved itself, and did not fail.
        if token.client.serves and token.client.epoch == epoch:
            _log.error("token_out_of_service", token=token.name, why=str(error))
            token.client.retire(str(error))
        return SignerUnavailableError(f"token {token.name!r} failed, the next takes over: {error}")

    def _hurry(self, token: Token, failover_seconds: float) -> Callable[[], float]:
        # The last one has the patience that a single token has: it may be slow under all the load.
        return lambda: math.inf if self._is_last(token) else failover_seconds

    def _is_last(self, token: Token) -> bool:
        return all(each is token for each in self._serving())

    def _admission(self, token: Token) -> Admit:
        async def admit(channel: AsyncChannel, greeting: Greeting) -> None:
            if not self._keys:
                await self._wait_for_those_before(token)
            if not self._keys:
                # Its self-test has just proved them, and whoever uses a key compares it with what
                # it was certified for.
                self._keys = greeting.keys
            else:
                await self._prove(token, channel, greeting)
            token.other_keys = None
            _log.info("token_proved", token=token.name, keys=len(greeting.keys))

        return admit

    async def _prove(self, token: Token, channel: AsyncChannel, greeting: Greeting) -> None:
        leads = token is self._renewal.leader
        there = {each.id for each in greeting.keys}
        # Of the one that leads, keys that are new are right, and those that are gone were retired.
        wanted = [each for each in self._keys if not leads or each.id in there]
        try:
            await prove(channel, greeting.keys, wanted)
        except OtherKeysError as other:
            token.other_keys = str(other)
            raise
        if leads:
            self._keys, self._renewal.leader = greeting.keys, None

    async def _one_that_serves(self, beginning: set[asyncio.Task[None]]) -> None:
        while beginning and not any(self._serving()):
            _, beginning = await asyncio.wait(beginning, return_when=asyncio.FIRST_COMPLETED)
        try:
            self._chosen()
        except SignerUnavailableError as none:
            if any(each.client.pin_was_refused for each in self._tokens):
                raise PinRefusedError(str(none)) from none
            raise KeyStoreError(str(none)) from none

    async def _begin(self, token: Token) -> None:
        try:
            await token.client.begin()
        finally:
            token.started.set()

    async def _wait_for_those_before(self, token: Token) -> None:
        """The first in the order says which keys are right; but not one that hangs."""
        before = self._tokens[: self._tokens.index(token)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_PATIENCE_SECONDS):
                for each in before:
                    await each.started.wait()

    async def _probe(self) -> None:
        for number in itertools.count():
            await self._sleep(self._probe_seconds)
            if not self._renewal.is_under_way:  # or some know a key that others do not know yet
                key = self._keys[number % len(self._keys)]
                await asyncio.gather(*(self._probe_one(each, key) for each in self._serving()))
            with contextlib.suppress(SignerUnavailableError):
                self._chosen()  # also where nobody asks, so that the metrics tell

    async def _probe_one(self, token: Token, key: KeyDescription) -> None:
        try:
            epoch = token.client.epoch
        except SignerUnavailableError:
            return  # dropped since it was counted among those that serve
        try:
            check_proof(key, await token.client.prove(key.id))
        except SignerUnavailableError:
            return  # its client has it replaced
        except (KeyStoreError, GrantRefusedError) as error:
            if self._after(error, token, epoch) is error:
                _log.error("last_token_fails", token=token.name, why=str(error))
