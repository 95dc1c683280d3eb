"""Envelope events a second through one network process on one core, the load on another."""

import os
from pathlib import Path

import msgspec

from bench.envelopes.event_load import EventLoad, EventTask, Member
from bench.envelopes.network import Network
from bench.envelopes.process import cpu_seconds
from bench.errors import BenchError
from bench.figures import Spread
from bench.measuring import measure
from cloud_bridge.keys import SigningKey

_ORGANISATIONS = 8
_AT_ONCE = 32


class EventFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of the rounds.

    Attributes:
        events_per_s: entries that the network gave.
        envelopes_per_s: of eight entries each.
        network_cores: what the network took of its core.
        generator_cores: what the load took of the other.
    """

    events_per_s: float
    events_per_s_spread: tuple[float, float]
    envelopes_per_s: float
    network_cores: float
    generator_cores: float
    at_once: int
    rounds: int
    seconds: float


def measure_events(directory: Path, *, seconds: float, rounds: int, warm_up: float) -> EventFigures:
    """Load a network that may use one core.

    Raises:
        BenchError: the machine has one core only, or a request was refused.
    """
    if len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004 - one for each
        raise BenchError("one core for the network and one for the load are needed")
    network = Network.made(directory / "network")
    keys = [SigningKey.generate() for _ in range(_ORGANISATIONS)]
    members = tuple(
        Member(organisation=f"org-{number}", name=f"第{number}公司", key=key.pem.decode())
        for number, key in enumerate(keys)
    )
    folders = tuple(str(directory / each.organisation) for each in members)
    for each, key, folder in zip(members, keys, folders, strict=True):
        network.join(each.organisation, each.name, key, out=Path(folder))
    task = EventTask(
        url=network.url,
        network_key=network.key,
        ca=str(network.folder / "tls" / "ca.pem"),
        folders=folders,
        members=members,
        serial=1,
        at_once=_AT_ONCE,
        warm_up=warm_up,
        seconds=seconds,
    )
    loads: list[EventLoad] = []
    cores: list[float] = []
    first, *others = sorted(os.sched_getaffinity(0))
    for serial in range(1, rounds + 1):
        task = msgspec.structs.replace(task, serial=serial)
        with network.serve("taskset", "-c", str(first)) as pid:
            before = cpu_seconds(pid)
            ours = os.sched_getaffinity(0)
            os.sched_setaffinity(0, others)
            try:
                (load,) = measure("bench.envelopes.event_load", [task], EventLoad)
            finally:
                os.sched_setaffinity(0, ours)
            cores.append((cpu_seconds(pid) - before) / (warm_up + seconds))
        loads.append(load)
    events = Spread.of([each.events / seconds for each in loads])
    return EventFigures(
        events_per_s=round(events.median, 1),
        events_per_s_spread=events.ends(1),
        envelopes_per_s=round(Spread.of([each.envelopes / seconds for each in loads]).median, 1),
        network_cores=round(max(cores), 2),
        generator_cores=max(each.cores for each in loads),
        at_once=_AT_ONCE,
        rounds=rounds,
        seconds=seconds,
    )
