"""CPU time and memory of the processes below the keeper (proc_pid_stat(5), proc_pid_status(5))."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ROLES = {
    b"bench.profiling.gateway": "gateway",
    b"gateway.wiring.process": "gateway",
    b"gateway.documents.worker": "worker",
    b"gateway.verification.child": "judge",
    b"hsm.signer": "signer",
    b"network": "network",
}


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has used.

    Attributes:
        role: gateway, worker, judge, signer, network or keeper.
        seconds: of processor time, all threads, since its start.
        resident_bytes: of memory now.
    """

    role: str
    seconds: float
    resident_bytes: int


def used_below(keeper: int) -> dict[int, Used]:
    """What every process of this gateway has used, by process id; the keeper is one of them."""
    found: dict[int, Used] = {}
    waiting = [keeper]
    while waiting:
        pid = waiting.pop()
        found[pid] = _used(pid, keeper=keeper)
        for task in Path(f"/proc/{pid}/task").iterdir():
            waiting += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _used(pid: int, *, keeper: int) -> Used:
    process = Path("/proc") / str(pid)
    arguments = (process / "cmdline").read_bytes().split(b"\0")
    role = next((_ROLES[each] for each in arguments if each in _ROLES), "other")
    # The name of the program may hold spaces and brackets: fields count from behind the last one.
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    resident = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
    return Used(
        role="keeper" if pid == keeper else role,
        seconds=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
        resident_bytes=int(resident[1]) * 1024 if resident else 0,
    )
