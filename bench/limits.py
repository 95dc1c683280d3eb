"""What does not depend on speed: memory over many documents and for a large one, and the start."""

import re
from pathlib import Path

import msgspec

from bench.documents import picture
from bench.figures import percentile
from bench.gateway_rate import Burst, load
from bench.installation import Installation
from bench.profiling.processes import used_below
from bench.rows import ROWS, Row

_LARGE_BYTES = 100_000_000
_PORTIONS = 10
_CONNECTIONS = 16
_MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Memory and start.

    Attributes:
        start_to_ready_s: from the start of `sealgate serve` to its line `ready`, median.
        documents: sealed one after the other by one gateway.
        worker_rss_mib: the largest worker's resident memory after each tenth of them.
        large_bytes: of one large document.
        large_over_size: what the worker's peak grew by for it, in its sizes; what was shared with
            the gateway counts.
        large_gateway_over_size: the same of the gateway process.
    """

    start_to_ready_s: float
    documents: int
    worker_rss_mib: tuple[float, ...]
    large_bytes: int
    large_over_size: float
    large_gateway_over_size: float


def measure_limits(installation: Installation, *, documents: int) -> Limits:
    """Seal so many documents, and a large one, and look at the processes."""
    rss = _rss_over(installation, documents)
    large = picture(_LARGE_BYTES)
    worker, gateway = _peaks(installation, large)
    return Limits(
        start_to_ready_s=round(percentile(installation.start_seconds, 50), 2),
        documents=documents,
        worker_rss_mib=rss,
        large_bytes=len(large),
        large_over_size=round(worker / len(large), 2),
        large_gateway_over_size=round(gateway / len(large), 2),
    )


def _rss_over(installation: Installation, documents: int) -> tuple[float, ...]:
    row = ROWS[0]
    document = _file(installation, row.document())
    portion = documents // _PORTIONS
    rss: list[float] = []
    with installation.serve() as keeper:
        for _ in range(_PORTIONS):
            sealed = 0
            while sealed < portion:
                burst = Burst(
                    connections=_CONNECTIONS,
                    warm_up=0.0,
                    seconds=1.0 + (portion - sealed) / row.first_guess_per_s,
                    expected_per_s=row.first_guess_per_s,
                )
                sealed += load(installation, row, document, [burst])[0].total
            workers = [used for used in used_below(keeper).values() if used.role == "worker"]
            rss.append(round(max(used.resident_bytes for used in workers) / _MIB, 1))
    return tuple(rss)


def _peaks(installation: Installation, large: bytes) -> tuple[int, int]:
    row = Row(
        name="large",
        title="a large document",
        seal=ROWS[0].seal,
        document=lambda: large,
        document_name="bench/documents.py",
    )
    with installation.serve() as keeper:
        _one(installation, ROWS[0], ROWS[0].document())
        before = _highest(keeper)
        _one(installation, row, large)
        after = _highest(keeper)
    return after["worker"] - before["worker"], after["gateway"] - before["gateway"]


def _one(installation: Installation, row: Row, document: bytes) -> None:
    burst = Burst(connections=1, warm_up=0.0, seconds=0.01, expected_per_s=1.0)
    load(installation, row, _file(installation, document), [burst], count_all=True)


def _highest(keeper: int) -> dict[str, int]:
    """The greatest resident memory that any process of each role ever had, in bytes."""
    peaks: dict[str, int] = {}
    for pid, used in used_below(keeper).items():
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        if peak is not None:
            peaks[used.role] = max(peaks.get(used.role, 0), int(peak[1]) * 1024)
    return peaks


def _file(installation: Installation, document: bytes) -> Path:
    file = installation.trial.directory / "limits.pdf"
    file.write_bytes(document)
    return file
