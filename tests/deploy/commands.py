"""Commands of this machine."""

import subprocess
from pathlib import Path


def run(*command: str, cwd: Path | None = None) -> str:
    """Run it here; gives what it printed.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip()[-2000:]
        raise RuntimeError(f"{' '.join(command)[:200]}: {last}")
    return done.stdout
