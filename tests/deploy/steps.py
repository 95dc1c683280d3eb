"""What was done on the machines, printed as it happens, with times."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Steps:
    """Prints what was done and how long it took; keeps what went wrong."""

    wrong: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """One step; what is put into the list is printed behind it."""
        began = time.monotonic()
        found: list[str] = []
        try:
            yield found
            verdict = "ok  "
        except (AssertionError, RuntimeError, subprocess.SubprocessError) as error:
            verdict = "FAIL"
            found.append(str(error)[-1500:])
            self.wrong.append(what)
        seconds = time.monotonic() - began
        print(f"{verdict} {seconds:6.1f} s  {what}  {'; '.join(found)}", flush=True)  # noqa: T201
