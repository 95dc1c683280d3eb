"""Directories as machines of their own, by systemd-nspawn(1)."""

import os
import subprocess
from pathlib import Path

# Machines whose services were in one control group would find each other's processes in it. Where
# the host has version 2 alone, its own manager has given us a group, and nspawn divides that.
_GROUP_OF_ITS_OWN = """
for each in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  if [ -d "$each" ]; then mkdir -p "$each/$0" && echo $$ >"$each/$0/cgroup.procs"; fi
done
exec "$@"
"""
# Whoever may go out reaches what we reach, by the way that we go.
_WAY_OUT = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL")
_OURS = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
_MINUTES = 25


def contained(name: str, directory: Path) -> list[str]:
    """The beginning of a command that runs something in a directory."""
    return [
        *("sh", "-c", _GROUP_OF_ITS_OWN, name),
        "systemd-nspawn",
        "--register=no",
        "--keep-unit",
        "--quiet",
        f"--directory={directory}",
        f"--machine={name}",
    ]


def run_with_a_way_out(name: str, directory: Path, script: str) -> None:
    """Run a script of bash there, where no service runs.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    command = [
        *contained(name, directory),
        "--resolv-conf=replace-host",
        "--as-pid2",
        "--pipe",
        *(f"--bind-ro={each}" for each in _OURS if Path(each).exists()),
        *(f"--setenv={each}={os.environ[each]}" for each in _WAY_OUT if each in os.environ),
        *("bash", "-ec", script),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * _MINUTES,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {(done.stdout + done.stderr).strip()[-2000:]}")
