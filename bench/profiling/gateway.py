"""The gateway process with its seams timed, as a child of `bench.profiling.serve`.

At its end it writes one line to standard error with what each stage took. MODE `functions` also
writes the functions that the event loop spent its time in (cProfile, which slows it down).
"""

import cProfile
import io
import pstats
import sys
import time
from collections.abc import Callable

import msgspec

from bench.figures import percentile
from bench.profiling.seams import Moments, time_the_seams
from gateway.store.engines.groups import GroupThread
from gateway.wiring import process

MARK = b"PROFILE "
_MOST_FUNCTIONS = 60


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What one stage took, in milliseconds."""

    name: str
    count: int
    mean_ms: float
    p99_ms: float
    most_ms: float


def main() -> int:
    """Serve as `gateway.wiring.process` does."""
    serve: Callable[[], int] = process.main
    if sys.argv[3:] == ["functions"]:
        return _by_function(serve)
    moments = time_the_seams()
    code = serve()
    sys.stderr.buffer.write(MARK + msgspec.json.encode(_stages(moments)) + b"\n")
    return code


def _stages(moments: Moments) -> list[Stage]:
    return [
        Stage(
            name=name,
            count=len(taken),
            mean_ms=1000 * sum(taken) / len(taken),
            p99_ms=1000 * percentile(taken, 99),
            most_ms=1000 * max(taken),
        )
        for name, taken in moments.items()
        if taken
    ]


def _by_function(serve: Callable[[], int]) -> int:
    # CPU time of the thread: what it waits for the interpreter lock is nobody's function.
    loop, lane = cProfile.Profile(time.thread_time), cProfile.Profile(time.thread_time)
    run = GroupThread._run  # noqa: SLF001 - wrapped from outside, like the seams
    setattr(GroupThread, "_run", lambda thread: lane.runcall(run, thread))  # noqa: B010 - see above
    code = loop.runcall(serve)
    for name, profile in (("event loop", loop), ("writer lane", lane)):
        told = io.StringIO()
        stats = pstats.Stats(profile, stream=told).strip_dirs()
        for order in ("tottime", "cumulative"):
            stats.sort_stats(order).print_stats(_MOST_FUNCTIONS)
        sys.stderr.write(f"FUNCTIONS of the {name}\n{told.getvalue()}")
    return code
