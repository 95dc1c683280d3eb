"""Signers of several tokens started anew, one after the other, so that one of them signs."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from hsm.replicas.standing import Token

_log = structlog.get_logger("hsm")


class Renewal:
    """Has tokens take up the keys that were configured meanwhile.

    Attributes:
        leader: the token that is to say which keys are right now, until it is admitted or given
            up; None: all have to prove those that are known.
    """

    def __init__(
        self,
        serving: Callable[[], Iterable[Token]],
        *,
        tokens: Sequence[Token],
        patience_seconds: float,
    ) -> None:
        """Take them.

        Args:
            serving: the tokens that serve now, in the order of preference.
            tokens: all, in that order.
            patience_seconds: how long one may take to come back.
        """
        self._serving = serving
        self._tokens = tokens
        self._patience = patience_seconds
        self._is_wanted = False
        self._task: asyncio.Task[None] | None = None
        self.leader: Token | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether tokens may have other keys than the known ones at the moment."""
        return self._task is not None and not self._task.done()

    def begin(self) -> "asyncio.Task[None]":
        """Begin, or begin once more when what is under way is done; gives the task."""
        self._is_wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="tokens-renewing")
        return self._task

    async def _run(self) -> None:
        while self._is_wanted:
            self._is_wanted = False
            await self._renew()

    async def _renew(self) -> None:
        """The first goes ahead; if it does not come back, the others keep what they have.

        Those that are away take the keys up when they come back by themselves.
        """
        # Where none serves, the first of all leads: perhaps all were refused for a retired key.
        serving = [*self._serving()] or [*self._tokens]
        self.leader = first = serving[0]
        if not await self._is_back(first):
            self.leader = None
            _log.error(
                "tokens_not_renewed",
                token=first.name,
                why=first.other_keys or first.client.why_down,
                cure="mend what is wrong with it, and send USR1 again; the others go on as before",
            )
            return
        for token in serving[1:]:
            if not await self._is_back(token):
                why = token.other_keys or token.client.why_down
                _log.error("token_not_renewed", token=token.name, why=why)

    async def _is_back(self, token: Token) -> bool:
        token.client.renew()
        try:
            async with asyncio.timeout(self._patience):
                await token.client.ready()
        except TimeoutError:
            return False
        return True
