"""What a process takes of the machine, as the kernel has it (proc(5))."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_USER_TIME, _RESIDENT = 11, 1


def cpu_seconds(pid: int) -> float:
    """CPU time so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return sum(map(int, fields[_USER_TIME : _USER_TIME + 2])) / _TICKS


def resident_bytes(pid: int) -> int:
    """Memory that is there."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[_RESIDENT]) * _PAGE_BYTES
