"""One connector's duty: look at intervals, wait longer while the place is away, and say so once."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from connectors.errors import ConnectorError
from gateway.declarations.agreement import disagreement
from gateway.declarations.library import DeclaredConnector
from gateway.errors import Problem
from gateway.feeds.intake import FeedIntake
from gateway.feeds.model import FeedStanding
from gateway.feeds.results import FeedResults
from gateway.seals.in_force import InForce

_LONGEST_PAUSE_SECONDS = 60.0
_SOON_SECONDS = 0.05

_log = structlog.get_logger("feeds")


class Feed:
    """Fetches and delivers for one connector, for as long as it runs.

    What is full, away or down is waited for: nothing is lost by that, as nothing was acknowledged.
    """

    def __init__(
        self,
        declared: DeclaredConnector,
        *,
        intake: FeedIntake | None,
        results: FeedResults,
        in_force: Callable[[], InForce],
        tell: Callable[[FeedStanding], None] = lambda _: None,
    ) -> None:
        """Join them.

        Args:
            declared: the connector, as IT declared it.
            intake: takes in what it brings; None where nothing is fetched.
            results: bring it what it is owed.
            in_force: whose systems say whether it may speak.
            tell: is called after each look.
        """
        self.declared = declared
        self.standing = FeedStanding()
        self._intake = intake
        self._results = results
        self._in_force = in_force
        self._tell = tell

    async def run(self) -> None:
        """Both, until cancelled; neither waits for the other."""
        async with asyncio.TaskGroup() as tasks:
            if self._intake is not None:
                tasks.create_task(self._again_and_again("fetching", self.fetch))
            tasks.create_task(self._again_and_again("delivering", self.deliver))

    async def fetch(self) -> int:
        """Take in one page, if the officers agree; gives how many things were on it."""
        refused = disagreement(
            self.declared.name,
            speaks_for=self.declared.system,
            systems=self._in_force().bundle.systems,
        )
        if refused != self.standing.refused:
            self.standing.refused = refused
            if refused is not None:
                _log.error("feed_refused", connector=self.declared.name, error=refused)
            else:
                _log.info("feed_agreed", connector=self.declared.name)
        if refused is not None or self._intake is None:
            return 0
        count = await self._intake.look()
        self.standing.taken += count
        return count

    async def deliver(self) -> int:
        """Deliver what has ended; gives how many results that were."""
        count = await self._results.look()
        self.standing.delivered += count
        return count

    async def _again_and_again(self, what: str, errand: Callable[[], Awaitable[int]]) -> None:
        usual = self.declared.poll_seconds
        pause = usual
        while True:
            try:
                count = await errand()
            except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
                self._tell_away(what, error)
                pause = min(max(pause, usual) * 2, max(usual, _LONGEST_PAUSE_SECONDS))
            else:
                self._tell_back(what)
                # Where something came there is often more.
                pause = _SOON_SECONDS if count else usual
            self._tell(self.standing)
            await asyncio.sleep(pause)

    def _tell_away(self, what: str, error: Exception) -> None:
        expected = isinstance(error, ConnectorError | Problem)
        why = str(error) if expected else f"{type(error).__name__}: {error}"
        if why != self.standing.away.get(what):
            self.standing.away[what] = why
            _log.error("feed_away", connector=self.declared.name, what=what, error=why)

    def _tell_back(self, what: str) -> None:
        if self.standing.away.pop(what, None) is not None:
            _log.info("feed_back", connector=self.declared.name, what=what)
