"""The shape of the results file and of the table."""

import json
from datetime import UTC, datetime
from io import BytesIO

import msgspec
import pikepdf
import pytest
from rich.console import Console

from bench.activation import ActivationFigures
from bench.documents import pages, picture
from bench.envelopes.events import EventFigures
from bench.envelopes.figures import EnvelopeFigures
from bench.envelopes.idle import IdleFigures
from bench.envelopes.pairs import PairFigures
from bench.hsm_rate import Setting, settings
from bench.jobs import JobFigures
from bench.limits import Limits
from bench.load import Load
from bench.machine import Machine
from bench.nodes import NodeFigures
from bench.policies import PolicyFigures
from bench.press_time import PressTime
from bench.replay import ReplayFigures
from bench.results import NO_PARTS, Measured, Parts, Result, report, result_of
from bench.rows import ROWS
from bench.table import cells, in_bulk, print_table

MACHINE = Machine(
    cpu="Example 9000",
    cores=2,
    memory_gib=23.5,
    kernel="6.18",
    python="3.11.2",
    softhsm="2.6.1",
    pyhanko="0.38.0",
    file_system="ext2/ext3",
    fsync_ms=0.2,
    busy_elsewhere=0.01,
)

LIMITS = Limits(
    start_to_ready_s=1.4,
    documents=100_000,
    worker_rss_mib=(130.0, 131.0),
    large_bytes=100_000_000,
    large_over_size=2.1,
    large_gateway_over_size=1.9,
)

POLICIES = PolicyFigures(
    companies=1000,
    seals=5000,
    rules=20_000,
    engine_s=1.1,
    decisions=50_000,
    decision_p50_us=50.0,
    decision_p99_us=90.0,
)

ACTIVATION = ActivationFigures(
    seals=5000,
    rules=20_001,
    file_bytes=26_000_000,
    load_s=2.5,
    load_cpu_s=2.1,
    activation_s=2.6,
    activation_cpu_s=2.0,
    pause_ms=16.0,
    pause_own_ms=15.0,
    idle_ms=1.0,
)
NODES = NodeFigures(
    signature_ms=5.0,
    sessions=1,
    one_per_s=150.0,
    two_per_s=285.0,
    times=1.9,
    rounds=3,
    seconds=8.0,
    documents=10_000,
)
ENVELOPES = EnvelopeFigures(
    events=EventFigures(
        events_per_s=400.0,
        events_per_s_spread=(390.0, 410.0),
        envelopes_per_s=50.0,
        network_cores=0.95,
        generator_cores=0.7,
        at_once=32,
        rounds=3,
        seconds=8.0,
    ),
    pairs=PairFigures(
        per_s=20.0,
        envelopes=480,
        completed_p50_s=0.3,
        completed_p95_s=0.5,
        done_p50_s=0.4,
        done_p95_s=0.7,
        refused=0,
        cpu_ms=90.0,
        cpu_ms_by_role={"gateway": 50.0, "worker": 40.0},
        seconds=24.0,
    ),
    idle=IdleFigures(
        organisations=10_000,
        added_s=5.0,
        connected_s=20.0,
        memory_mib=160.0,
        idle_cores=0.01,
        answered=0,
        seconds=16.0,
    ),
)
REPLAY = ReplayFigures(
    seals=5000,
    rules=20_000,
    decisions=10_000,
    kept_bytes=700,
    replay_s=1.1,
    difference_s=4.0,
    notes_s=3.0,
)
JOBS = JobFigures(
    enqueued_per_s=150_000,
    singly_per_s=30_000,
    many=1_000_000,
    claim_few_ms=2.0,
    claim_many_ms=2.2,
    open_jobs=100_000,
    first_claim_s=1.3,
)
PARTS = Parts(
    limits=LIMITS,
    policies=POLICIES,
    activation=ACTIVATION,
    replay=REPLAY,
    jobs=JOBS,
    nodes=NODES,
    envelopes=ENVELOPES,
)


def _load(p50: float, p99: float) -> Load:
    return Load(completed=1, total=2, p50_ms=p50, p99_ms=p99, cores=0.08, used_up=False)


def _measured() -> Measured:
    return Measured(
        row=ROWS[0],
        document_bytes=38_713,
        hsm_setting=Setting(processes=2, threads=1),
        pyhanko_processes=2,
        knee={8: 580.0, 16: 600.04},
        connections=8,
        documents=4321,
        verified=12,
        hsm=[3000.0, 3100.0, 2900.0],
        pyhanko=[150.0, 155.0, 145.0],
        gateway=[600.0, 620.0, 551.0],
        ed25519=[500.0, 501.0, 499.0],
        keyword=[400.0, 401.0, 399.0],
        bulk=[540.0, 527.0, 551.0],
        folder=[360.0, 340.0, 359.1],
        half_load=_load(8.0, 20.0),
        press=PressTime(0.2, 0.03),
        loads=[_load(13.0, 40.0), _load(12.0, 39.0), _load(14.0, 70.0)],
    )


def _result() -> Result:
    return result_of(_measured(), seconds=8)


def test_the_figures_are_medians_and_the_ratios_are_of_medians() -> None:
    result = _result()
    assert (result.hsm_per_s, result.pyhanko_per_s, result.gateway_per_s) == (3000, 150, 600)
    assert (result.gateway_over_hsm, result.gateway_over_pyhanko) == (0.2, 4.0)
    assert (result.p50_ms, result.p99_ms) == (13.0, 40.0)


def test_batches_are_compared_with_those_that_come_singly_in_the_same_round() -> None:
    result = _result()
    assert (result.bulk_per_s, result.bulk_over_gateway) == (540, 0.9)
    assert (result.folder_per_s, result.folder_over_gateway) == (359.1, 0.9)
    assert "540 documents/s, 90% of" in in_bulk(result)


def test_the_spread_of_a_ratio_is_that_of_the_rounds() -> None:
    result = _result()
    assert result.gateway_over_hsm_spread == (0.19, 0.2)
    assert result.gateway_per_s_spread == (551.0, 620.0)


def test_rows_stand_beside_machine_and_commit() -> None:
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    written = json.loads(
        report(
            {"rsa2048_1_page": _result()},
            machine=MACHINE,
            parts=PARTS,
            commit="abc1234-dirty",
            at=at,
        )
    )
    assert list(written) == [
        "machine",
        "commit",
        "at",
        "limits",
        "policies",
        "activation",
        "replay",
        "jobs",
        "nodes",
        "envelopes",
        "rsa2048_1_page",
    ]
    assert written["at"] == "2026-11-22T12:00:00Z"
    assert written["rsa2048_1_page"]["gateway_per_s"] == 600
    assert written["rsa2048_1_page"]["hsm_setting"] == {"processes": 2, "threads": 1}


@pytest.mark.parametrize("name", ["rsa2048_1_page", "p256_1_page", "pages200", "mb5"])
def test_the_rows_that_others_read_are_there(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    assert row.document().startswith(b"%PDF-")


def test_documents_made_for_the_benchmark_are_the_same_each_time() -> None:
    assert pages(3) == pages(3)
    assert len(pikepdf.open(BytesIO(pages(3))).pages) == 3
    assert picture(25_000) == picture(25_000)
    assert 25_000 < len(picture(25_000)) < 27_000


def test_processes_alone_and_threads_alone_are_tried() -> None:
    tried = settings(8)
    assert Setting(processes=1, threads=8) in tried
    assert Setting(processes=8, threads=1) in tried


def test_a_row_of_the_table_shows_rates_with_their_spread() -> None:
    shown = cells(_result())
    assert shown[1] == "3,000\n2,900-3,100"
    assert shown[6] == "20.0%"


def test_a_noisy_machine_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"rsa2048_1_page": _result()}
    print_table(
        Console(width=120),
        rows,
        MACHINE,
        PARTS,
    )
    told = capsys.readouterr().out
    assert "Other programs" not in told
    assert "Start to ready 1.40 s" in told
    assert "a decision takes 50 us, p99 90 us" in told
    assert "could decide 2.50 s after it lay there" in told
    assert "10,000 recorded decisions replayed in 1.10 s" in told
    assert "2.20 ms with 1,000,000 (+10 %)" in told
    noisy = msgspec.structs.replace(MACHINE, busy_elsewhere=1.0)
    print_table(
        Console(width=120),
        rows,
        noisy,
        NO_PARTS,
    )
    assert "Other programs used up to 1.00 cores" in capsys.readouterr().out
