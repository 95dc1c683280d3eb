"""What the machine says of our units: their state, and the last lines of their journal."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gateway.cli.support.redaction import line, text

UNITS: Final = ("sealgate.service", "sealgate-signer.service", "sealgate-network.service")
_STATE: Final = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "Result",
    "NRestarts",
    "ExecMainCode",
    "ExecMainStatus",
    "ActiveEnterTimestampMonotonic",
    "MemoryCurrent",
    "TasksCurrent",
    "WatchdogUSec",
)
_PATIENCE_SECONDS: Final = 20.0


def states() -> dict[str, Any]:
    """Of each unit what systemd says; why not, where there is none."""
    program = shutil.which("systemctl")
    if program is None:
        return {"missing": "there is no systemctl"}
    asked = [program, "show", "--no-pager", f"--property={','.join(_STATE)}"]
    return {unit: _properties(_output([*asked, unit])) for unit in UNITS}


def _properties(said: str | None) -> dict[str, str]:
    if said is None:
        return {"missing": "systemctl does not answer"}
    pairs = (line_.partition("=") for line_ in said.splitlines())
    return {
        name: value if value.isdigit() else text(value)
        for name, _, value in pairs
        if name in _STATE
    }


def journal(unit: str, *, lines: int) -> Iterator[dict[str, Any]]:
    """The unit's last lines, the oldest first."""
    program = shutil.which("journalctl")
    if program is None:
        return
    asked = [program, "--no-pager", "--quiet", "--output=json", f"--lines={lines}", "--unit", unit]
    for written in (_output(asked) or "").splitlines():
        told = _line(written)
        if told is not None:
            yield told


def _line(written: str) -> dict[str, Any] | None:
    try:
        entry = msgspec.json.decode(written.encode(), type=dict[str, Any])
        at = int(entry["__REALTIME_TIMESTAMP"])
        priority = int(entry.get("PRIORITY", 6))
    except (msgspec.DecodeError, UnicodeEncodeError, KeyError, TypeError, ValueError):
        return None
    message = entry.get("MESSAGE")
    # What is no UTF-8 comes as a list of numbers.
    said = message if isinstance(message, str) else ""
    return {"at_microseconds": at, "priority": priority, **line(said)}


def _output(command: list[str]) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program, fixed words
            command,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
