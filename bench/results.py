"""What a run of the benchmark leaves behind, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import msgspec

from bench.activation import ActivationFigures
from bench.envelopes.figures import EnvelopeFigures
from bench.errors import BenchError
from bench.figures import Spread
from bench.hsm_rate import Setting
from bench.jobs import JobFigures
from bench.limits import Limits
from bench.load import Load
from bench.machine import Machine
from bench.nodes import NodeFigures
from bench.policies import PolicyFigures
from bench.press_time import PressTime
from bench.replay import ReplayFigures
from bench.rows import Row


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A row's figures: medians of the rounds; each `…_spread` is the least and the greatest.

    Attributes:
        gateway_ed25519_per_s: the same, requests signed with Ed25519 instead of HMAC-SHA256.
        gateway_keyword_per_s: the same, the stamp beside a keyword that is looked for in the text;
            None where the page has no such text.
        half_load_p50_ms: when half as many documents come, at even distances (open loop).
        prepare_ms: CPU time of the document worker's own work at one document.
        sha256_ms: of one SHA-256 over the document, for comparison.
        p50_ms: of the callers' waiting, with `connections` of them at once.
        knee: documents a second by connections, from which `connections` was chosen.
        generator_cores: what the load generator took of the cores, a share of one.
        documents: that came back from the gateway in all, each found in the audit log.
        verified: of those and of pyHanko's, how many were validated with pyHanko.
        bulk_per_s: of a batch of 10,000, from its first byte to its last result; None where none
            was measured.
        bulk_over_gateway: the same to `gateway_per_s` of the same round.
        folder_per_s: the same dropped into a watched folder, until each lies there sealed. Its
            stamps go beside a keyword.
        folder_over_gateway: the same to `gateway_keyword_per_s` of the same round.
    """

    title: str
    document: str
    document_bytes: int
    hsm_per_s: float
    pyhanko_per_s: float
    gateway_per_s: float
    gateway_over_hsm: float
    gateway_over_pyhanko: float
    p50_ms: float
    p99_ms: float
    gateway_ed25519_per_s: float
    gateway_keyword_per_s: float | None
    half_load_p50_ms: float
    half_load_p99_ms: float
    prepare_ms: float
    sha256_ms: float
    hsm_per_s_spread: tuple[float, float]
    pyhanko_per_s_spread: tuple[float, float]
    gateway_per_s_spread: tuple[float, float]
    gateway_over_hsm_spread: tuple[float, float]
    gateway_over_pyhanko_spread: tuple[float, float]
    p50_ms_spread: tuple[float, float]
    p99_ms_spread: tuple[float, float]
    gateway_ed25519_per_s_spread: tuple[float, float]
    gateway_keyword_per_s_spread: tuple[float, float] | None
    hsm_setting: Setting
    pyhanko_processes: int
    connections: int
    knee: dict[int, float]
    generator_cores: float
    rounds: int
    seconds: float
    documents: int
    verified: int
    bulk_per_s: float | None = None
    bulk_over_gateway: float | None = None
    bulk_per_s_spread: tuple[float, float] | None = None
    bulk_over_gateway_spread: tuple[float, float] | None = None
    folder_per_s: float | None = None
    folder_over_gateway: float | None = None
    folder_per_s_spread: tuple[float, float] | None = None
    folder_over_gateway_spread: tuple[float, float] | None = None


@dataclass(slots=True, kw_only=True)
class Measured:
    """A row's measurements while they are made; rates in documents a second, one a round."""

    row: Row
    document_bytes: int
    hsm_setting: Setting
    pyhanko_processes: int
    knee: dict[int, float]
    connections: int
    documents: int
    verified: int
    hsm: list[float] = field(default_factory=list)
    pyhanko: list[float] = field(default_factory=list)
    gateway: list[float] = field(default_factory=list)
    ed25519: list[float] = field(default_factory=list)
    keyword: list[float] = field(default_factory=list)
    bulk: list[float] = field(default_factory=list)
    folder: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    half_load: Load | None = None
    press: PressTime | None = None


def result_of(measured: Measured, *, seconds: float) -> Result:
    """The figures of a row whose rounds are all done."""
    hsm, pyhanko, gateway, ed25519 = (
        Spread.of(rates)
        for rates in (measured.hsm, measured.pyhanko, measured.gateway, measured.ed25519)
    )
    keyword = Spread.of(measured.keyword) if measured.keyword else None
    half_load, press = measured.half_load, measured.press
    if half_load is None or press is None:
        raise BenchError(f"{measured.row.name} is not measured to its end")
    over_hsm = Spread.of([a / b for a, b in zip(measured.gateway, measured.hsm, strict=True)])
    over_pyhanko = Spread.of(
        [a / b for a, b in zip(measured.gateway, measured.pyhanko, strict=True)]
    )
    p50 = Spread.of([load.p50_ms for load in measured.loads])
    p99 = Spread.of([load.p99_ms for load in measured.loads])
    return Result(
        title=measured.row.title,
        document=measured.row.document_name,
        document_bytes=measured.document_bytes,
        hsm_per_s=round(hsm.median, 1),
        pyhanko_per_s=round(pyhanko.median, 1),
        gateway_per_s=round(gateway.median, 1),
        gateway_over_hsm=round(gateway.median / hsm.median, 4),
        gateway_over_pyhanko=round(gateway.median / pyhanko.median, 2),
        p50_ms=round(p50.median, 1),
        p99_ms=round(p99.median, 1),
        gateway_ed25519_per_s=round(ed25519.median, 1),
        gateway_keyword_per_s=None if keyword is None else round(keyword.median, 1),
        half_load_p50_ms=round(half_load.p50_ms, 1),
        half_load_p99_ms=round(half_load.p99_ms, 1),
        prepare_ms=round(press.prepare_ms, 3),
        sha256_ms=round(press.sha256_ms, 3),
        hsm_per_s_spread=hsm.ends(1),
        pyhanko_per_s_spread=pyhanko.ends(1),
        gateway_per_s_spread=gateway.ends(1),
        gateway_over_hsm_spread=over_hsm.ends(4),
        gateway_over_pyhanko_spread=over_pyhanko.ends(2),
        p50_ms_spread=p50.ends(1),
        p99_ms_spread=p99.ends(1),
        gateway_ed25519_per_s_spread=ed25519.ends(1),
        gateway_keyword_per_s_spread=None if keyword is None else keyword.ends(1),
        hsm_setting=measured.hsm_setting,
        pyhanko_processes=measured.pyhanko_processes,
        connections=measured.connections,
        knee={connections: round(rate, 1) for connections, rate in measured.knee.items()},
        generator_cores=round(max(load.cores for load in measured.loads), 3),
        rounds=len(measured.gateway),
        seconds=seconds,
        documents=measured.documents,
        verified=measured.verified,
        **_in_bulk(measured),
    )


def _in_bulk(measured: Measured) -> dict[str, Any]:
    return {
        **_beside("bulk", measured.bulk, measured.gateway),
        **_beside("folder", measured.folder, measured.keyword),
    }


def _beside(name: str, rates: list[float], singly: list[float]) -> dict[str, Any]:
    if not rates:
        return {}
    rate = Spread.of(rates)
    over = Spread.of([a / b for a, b in zip(rates, singly, strict=True)])
    return {
        f"{name}_per_s": round(rate.median, 1),
        f"{name}_over_gateway": round(over.median, 4),
        f"{name}_per_s_spread": rate.ends(1),
        f"{name}_over_gateway_spread": over.ends(4),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a run measures besides its rows; None: it was left out.

    Attributes:
        limits: memory, a large document, the start.
        policies: the policy engine alone.
        activation: a bundle that comes into force.
        replay: seeing before doing.
        jobs: the queue alone.
        nodes: a second gateway node.
        envelopes: contracts between two companies.
    """

    limits: Limits | None = None
    policies: PolicyFigures | None = None
    activation: ActivationFigures | None = None
    replay: ReplayFigures | None = None
    jobs: JobFigures | None = None
    nodes: NodeFigures | None = None
    envelopes: EnvelopeFigures | None = None


NO_PARTS = Parts()


def report(
    results: Mapping[str, Result],
    *,
    machine: Machine,
    parts: Parts,
    commit: str,
    at: datetime,
) -> bytes:
    """The JSON file: machine, commit, moment, each of the parts, and each row."""
    whole: dict[str, Any] = {
        "machine": machine,
        "commit": commit,
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        **{part.name: getattr(parts, part.name) for part in fields(parts)},
        **results,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
