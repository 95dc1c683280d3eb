"""When a delivery that failed is tried again: over three days, as Standard Webhooks suggests."""

from datetime import timedelta
from typing import Final

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first try, the second and so on: ten tries in 75 hours 35 minutes."""

_JITTER: Final = 0.1
_LONGEST_ASKED: Final = timedelta(hours=24)


def pause_after(tries: int, *, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many tries that failed; None: no more.

    Args:
        tries: how many there were, 1 at least.
        chance: at random, from 0 up to 1: up to a tenth is added, so that what failed together does
            not come back together.
        asked: what the target has asked for (Retry-After); counts where it is longer, up to a day.
    """
    if tries > len(PAUSES):
        return None
    pause = PAUSES[tries - 1] * (1 + _JITTER * chance)
    return pause if asked is None else max(pause, min(asked, _LONGEST_ASKED))
