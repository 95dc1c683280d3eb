"""Whether what all jobs of a kind need is there: found out by asking, not by failing them all."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.jobs.outcomes import Reason

Probe = Callable[[], Awaitable[None]]
"""Returns when all that a kind of job needs is there; raises, with a sentence, when it is not."""

_log = structlog.get_logger("jobs")


class Standing:
    """Of one kind. While something is away its jobs stay where they are, and keep their attempts.

    A single failure proves nothing: only when the probe fails as well is something away. From then
    on the probe is tried, at longer and longer intervals, until it passes.
    """

    def __init__(self, kind: str, probe: Probe, *, pause_seconds: float, longest: float) -> None:
        """Begin in good standing.

        Args:
            kind: of the jobs, for the log.
            probe: see `Probe`.
            pause_seconds: before the first further probe; the next ones take twice as long each.
            longest: seconds between two probes, at the most.
        """
        self._kind = kind
        self._probe = probe
        self._pause_seconds = pause_seconds
        self._longest = longest
        self._asking: asyncio.Task[bool] | None = None
        self.away: Reason | None = None

    async def is_away(self, reason: Reason) -> bool:
        """Whether a job that failed for this reason failed because something is away.

        Many who ask at once share one probe.
        """
        if self.away is not None:
            return True
        if self._asking is None:
            self._asking = asyncio.create_task(self._passes())
            self._asking.add_done_callback(self._asked)
        if await asyncio.shield(self._asking):
            return False
        self.lose(reason)
        return True

    def lose(self, reason: Reason) -> None:
        """Something is away."""
        if self.away is None:
            _log.warning("away", kind=self._kind, type=reason.type, detail=reason.detail)
        self.away = reason

    async def regain(self) -> None:
        """Return when it is back."""
        pause = self._pause_seconds
        while True:
            await asyncio.sleep(pause)  # first of all: the probe may not see what is amiss
            if await self._passes():
                break
            pause = min(2 * pause, self._longest)
        _log.info("back", kind=self._kind)
        self.away = None

    def _asked(self, _task: asyncio.Task[bool]) -> None:
        self._asking = None

    async def _passes(self) -> bool:
        try:
            await self._probe()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why nothing can be done
            _log.debug("probe_failed", kind=self._kind, error=str(error))
            return False
        return True
