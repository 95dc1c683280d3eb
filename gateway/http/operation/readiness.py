"""Whether the gateway could seal right now. Asked often, so an answer is good for a second."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from gateway.clock import Clock

Check = Callable[[], Awaitable[None]]
"""Returns when the part works; raises, with a sentence that says why, when it does not."""

_GOOD_FOR_SECONDS = 1.0
_PATIENCE_SECONDS = 2.0


class Readiness:
    """Runs every check: the token must sign, the store must commit, a worker must be there."""

    def __init__(self, checks: Mapping[str, Check], *, clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._asked_at = float("-inf")
        self._answer: dict[str, str] = {}
        self._asking = asyncio.Lock()

    @property
    def parts(self) -> tuple[str, ...]:
        """What is asked about."""
        return tuple(self._checks)

    async def failures(self) -> dict[str, str]:
        """What does not work, by part; empty when ready."""
        async with self._asking:
            if self._clock.monotonic() - self._asked_at > _GOOD_FOR_SECONDS:
                results = await asyncio.gather(*map(self._try, self._checks.values()))
                self._answer = {
                    part: said
                    for part, said in zip(self._checks, results, strict=True)
                    if said is not None
                }
                self._asked_at = self._clock.monotonic()
            return self._answer

    async def _try(self, check: Check) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await check()
        except TimeoutError:
            return f"no answer within {_PATIENCE_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why we are not ready
            return str(error) or type(error).__name__
        return None
