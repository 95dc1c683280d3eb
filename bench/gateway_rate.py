"""Documents a second through the gateway: HTTP, policy, audit, verification, durable store, all on.

A real `sealgate serve`, and a load generator beside it on the same cores (see `load`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.installation import HMAC_KEY_ID, Installation
from bench.load import Load, Task
from bench.measuring import measure
from bench.rows import Row
from gateway.cli.options import CLIENT_KEY_ID

CONNECTIONS = (4, 8, 16, 32, 64)
_SAMPLES = 4
_SPARE = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One run of the generator.

    Attributes:
        connections: how many requests are under way at once.
        warm_up: seconds that do not count.
        seconds: that count.
        expected_per_s: decides how many requests are prepared; half as many again.
        keyword: leave the stamp's place to the seal, which looks for a keyword.
        ed25519: whether the requests are signed with the Ed25519 key instead of HMAC-SHA256.
        open_loop_per_s: send at this rate, whatever comes back; None: each connection sends its
            next request when the last answer is complete.
    """

    connections: int
    warm_up: float
    seconds: float
    expected_per_s: float
    keyword: bool = False
    ed25519: bool = False
    open_loop_per_s: float | None = None


def load(
    installation: Installation,
    row: Row,
    document: Path,
    bursts: Sequence[Burst],
    *,
    count_all: bool = False,
) -> list[Load]:
    """Load a running gateway with one burst after the other.

    Args:
        installation: whose gateway runs.
        row: the seal, and the stamp's place.
        document: the file that is sent each time.
        bursts: one after the other.
        count_all: content with documents that came back after the seconds that count.

    Raises:
        BenchError: the gateway refused, or closed a connection.
    """
    return [_one(installation, row, document, burst, count_all=count_all) for burst in bursts]


def task_for(
    installation: Installation, row: Row, document: Path, burst: Burst, *, requests: int
) -> Task:
    """What the generator is told; it prepares so many requests, and one more a connection."""
    return Task(
        port=installation.port,
        key_id=CLIENT_KEY_ID if burst.ed25519 else HMAC_KEY_ID,
        key_file=str(installation.trial.client_key if burst.ed25519 else installation.hmac_secret),
        document=str(document),
        seal=row.seal,
        document_type=row.document_type,
        amount_cents=row.amount_cents,
        consignee=row.consignee,
        placement=None if burst.keyword else row.spot,
        connections=burst.connections,
        requests=requests + burst.connections,
        warm_up=burst.warm_up,
        seconds=burst.seconds,
        open_loop_per_s=burst.open_loop_per_s,
        samples=_SAMPLES,
        samples_directory=str(installation.samples),
    )


def _one(
    installation: Installation, row: Row, document: Path, burst: Burst, *, count_all: bool
) -> Load:
    requests = burst.expected_per_s * (burst.warm_up + burst.seconds) * _SPARE
    done = 0
    while True:
        task = task_for(installation, row, document, burst, requests=int(requests))
        (came,) = measure("bench.load", [task], Load)
        done += came.total
        if not came.used_up:
            break
        requests *= 2
    if not came.completed and not count_all:
        raise BenchError(f"no document came back within {burst.seconds:g} s")
    return Load(
        completed=came.completed,
        total=done,
        p50_ms=came.p50_ms,
        p99_ms=came.p99_ms,
        cores=came.cores,
        used_up=False,
    )
