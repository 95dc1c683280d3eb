"""Look for documents that hurt: `python -m tests.hostile.fuzzing --seconds 60` (`make fuzz`).

With atheris, which is guided by the branches that our code and pyHanko take; without it (it has no
wheel for every Python) by plain mutation. What is found lies in `var/fuzz/`. Memory is limited as
in a worker, and one document may take half a minute.
"""

import argparse
import hashlib
import importlib.util
import logging
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FOUND = Path("var") / "fuzz"
SEEDS = FOUND / "seeds"
_MEMORY_BYTES = 3 * 1024 * 1024 * 1024
_SECONDS_EACH = 30
_LARGEST_SEED = 60_000


def main() -> None:
    """Run until the time is over or something is found; exits 0 when nothing was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--engine", choices=["auto", "atheris", "mutation"], default="auto")
    arguments = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.CRITICAL)  # as in a worker
    guided = importlib.util.find_spec("atheris") is not None
    if arguments.engine == "atheris" or (arguments.engine == "auto" and guided):
        _guided(arguments.seconds)
    else:
        _mutate(arguments.seconds)


def _guided(seconds: int) -> None:
    import atheris  # noqa: PLC0415 - is not always there

    with atheris.instrument_imports(include=["gateway.documents", "pyhanko.pdf_utils"]):
        from tests.hostile.surviving import survives  # noqa: PLC0415 - instrumented as it loads
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    SEEDS.mkdir(exist_ok=True)
    for data in _seeds():
        (SEEDS / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-timeout={_SECONDS_EACH}",
            "-rss_limit_mb=2048",
            f"-max_len={2 * _LARGEST_SEED}",
            f"-artifact_prefix={FOUND}/",
            str(SEEDS),
        ],
        survives,
    )
    atheris.Fuzz()


def _mutate(seconds: int) -> None:
    from tests.hostile.mutating import endless, mutated  # noqa: PLC0415 - see `_guided`
    from tests.hostile.surviving import survives  # noqa: PLC0415 - see `_guided`

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    seeds = list(_seeds())
    end = time.monotonic() + seconds
    tried = 0
    for number, steps in enumerate(endless("fuzz")):
        if time.monotonic() >= end:
            break
        _try(mutated(seeds[number % len(seeds)], steps), survives)
        tried += 1
    print(f"{tried} documents tried, nothing found")  # noqa: T201 - a program that prints


def _try(document: bytes, survives: Callable[[bytes], None]) -> None:
    # Written before, because what ends the process leaves no chance to write it after.
    suspect = FOUND / "suspect.pdf"
    suspect.write_bytes(document)
    signal.alarm(_SECONDS_EACH)  # ends the process
    survives(document)
    signal.alarm(0)
    suspect.unlink()


def _seeds() -> Iterator[bytes]:
    from tests.document_fixtures import receipts  # noqa: PLC0415 - see `_guided`
    from tests.hostile.corpus import corpus  # noqa: PLC0415 - see `_guided`

    for data in (*(path.read_bytes() for path in receipts()), *corpus().values()):
        if len(data) <= _LARGEST_SEED:
            yield data


if __name__ == "__main__":
    main()
