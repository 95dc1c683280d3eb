"""The results as people read them."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import activation as into_force
from bench import jobs as waiting
from bench import nodes as sharing
from bench import policies as engine
from bench import replay as past
from bench.envelopes import figures as between
from bench.limits import Limits
from bench.machine import Machine, is_quiet
from bench.results import Parts, Result


def print_table(
    console: Console,
    results: Mapping[str, Result],
    machine: Machine,
    parts: Parts,
) -> None:
    """Print the table, the machine, and what stands in the way of trusting them."""
    table = Table(
        title="Documents a second (HSM: signatures); below each median the least and the greatest"
    )
    table.add_column("")
    for name in (
        "HSM alone",
        "pyHanko",
        "gateway",
        "Ed25519",
        "by keyword",
        "of the HSM",
        "x pyHanko",
    ):
        table.add_column(name, justify="right")
    table.add_column("p50 ms", justify="right")
    table.add_column("p99 ms", justify="right")
    table.add_column("callers", justify="right")
    table.add_column("p99 ms at half load", justify="right")
    for result in results.values():
        table.add_row(*cells(result))
    console.print(table)
    console.print(
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, Linux {machine.kernel}, "
        f"Python {machine.python}, SoftHSM {machine.softhsm}, pyHanko {machine.pyhanko}; "
        f"fsync {machine.fsync_ms} ms on {machine.file_system}",
        soft_wrap=True,
    )
    for result in results.values():
        console.print(
            f"{result.title}: {result.document}, {result.document_bytes} bytes; HSM asked by "
            f"{result.hsm_setting.processes} x {result.hsm_setting.threads} processes x threads, "
            f"pyHanko in {result.pyhanko_processes} processes; "
            f"{result.documents} documents sealed and found in the audit log, "
            f"{result.verified} verified; preparing one takes {result.prepare_ms:.3f} ms of CPU, a "
            f"SHA-256 over it {result.sha256_ms:.3f} ms",
            soft_wrap=True,
        )
        console.print(in_bulk(result), soft_wrap=True, end="")
    besides: tuple[tuple[Callable[[Any], str], object], ...] = (
        (_limits, parts.limits),
        (engine.told, parts.policies),
        (into_force.told, parts.activation),
        (past.told, parts.replay),
        (waiting.told, parts.jobs),
        (sharing.told, parts.nodes),
        (between.told, parts.envelopes),
    )
    for tell, figures in besides:
        if figures is not None:
            console.print(tell(figures), soft_wrap=True)
    if not is_quiet(machine):
        console.print(
            f"[yellow]Other programs used up to {machine.busy_elsewhere:.2f} cores: the figures "
            "are too low, and the ratios are wrong too, because who has more threads gets more of "
            "what is left. Measure again on a quiet machine.[/]",
            soft_wrap=True,
        )


def _limits(limits: Limits) -> str:
    rss = limits.worker_rss_mib
    return (
        f"Start to ready {limits.start_to_ready_s:.2f} s; a worker's memory over "
        f"{limits.documents:,} documents {rss[0]:.0f} to {rss[-1]:.0f} MiB; for a document of "
        f"{limits.large_bytes:,} bytes {limits.large_over_size:.2f} x its size, in the gateway "
        f"{limits.large_gateway_over_size:.2f} x"
    )


def in_bulk(result: Result) -> str:
    """Lines on the batches that were measured with a row; empty where none was."""
    told = ""
    if result.bulk_per_s is not None and result.bulk_over_gateway is not None:
        told += (
            f"{result.title}, in one batch: {result.bulk_per_s:,.0f} documents/s, "
            f"{result.bulk_over_gateway:.0%} of those that come singly in the same round\n"
        )
    if result.folder_per_s is not None and result.folder_over_gateway is not None:
        told += (
            f"{result.title}, through a watched folder: {result.folder_per_s:,.0f} documents/s, "
            f"{result.folder_over_gateway:.0%} of those that come singly, by keyword as well\n"
        )
    return told


def cells(result: Result) -> tuple[str, ...]:
    """A row's cells in the order of the table's columns."""
    return (
        result.title,
        _cell(result.hsm_per_s, result.hsm_per_s_spread),
        _cell(result.pyhanko_per_s, result.pyhanko_per_s_spread),
        _cell(result.gateway_per_s, result.gateway_per_s_spread),
        _cell(result.gateway_ed25519_per_s, result.gateway_ed25519_per_s_spread),
        "-"
        if result.gateway_keyword_per_s is None or result.gateway_keyword_per_s_spread is None
        else _cell(result.gateway_keyword_per_s, result.gateway_keyword_per_s_spread),
        f"{result.gateway_over_hsm:.1%}",
        f"{result.gateway_over_pyhanko:.1f}",
        _cell(result.p50_ms, result.p50_ms_spread, digits=1),
        _cell(result.p99_ms, result.p99_ms_spread, digits=1),
        str(result.connections),
        f"{result.half_load_p99_ms:.1f}",
    )


def _cell(median: float, ends: tuple[float, float], *, digits: int = 0) -> str:
    least, greatest = ends
    return f"{median:,.{digits}f}\n{least:,.{digits}f}-{greatest:,.{digits}f}"
