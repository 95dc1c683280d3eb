"""The module of shim.c: compiled, put in front of another, told what goes wrong, and read."""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

VARIABLE = "HSM_SHIM"
"""Of the module's environment (`hsm.environment`): the directory of one shim."""

_SOURCES = Path(__file__).parent
_GCC = ("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread")


@dataclass(frozen=True)
class Call:
    """One line of the shim's log.

    Attributes:
        at: Unix time in seconds, by the machine's clock.
        pid: the process, in decimal.
        thread: the thread in it.
        name: `C_Sign`, `C_Login` or `C_Initialize`.
        key: CKA_LABEL of the key; None but for C_Sign.
        data: what is to be signed, as the module got it; None when this is the answer.
        answer: CK_RV; None when this is the question.
    """

    at: float
    pid: int
    thread: int
    name: str
    key: str | None = None
    data: bytes | None = None
    answer: int | None = None


class HSMShim:
    """One shim in a directory of its own. All that it is told holds for every process that has it.

    The signer must see the directory and its log; nobody else should.
    """

    def __init__(self, directory: Path, *, module: Path) -> None:
        """Compile it into the directory, in front of `module`."""
        self.directory = directory
        directory.mkdir(mode=0o700, exist_ok=True)
        (directory / "module").write_text(f"{module}\n", encoding="utf-8")
        self.module = directory / "shim.so"
        sources = [str(_SOURCES / name) for name in ("shim.c", "faults.c")]
        subprocess.run([*_GCC, "-o", str(self.module), *sources, "-ldl"], check=True)

    @property
    def log_file(self) -> Path:
        """Written to by every process that has the shim."""
        return self.directory / "log"

    @cached_property
    def environment(self) -> Mapping[str, Path]:
        """What is added to `hsm.environment`; `hsm.module` is `module`."""
        return {VARIABLE: self.directory}

    def tell(self, *faults: str) -> None:
        """Let these things go wrong from now on, and nothing else; shim.c says what there is."""
        new = self.directory / "control.new"
        new.write_text("".join(f"{fault}\n" for fault in faults), encoding="utf-8")
        # Never half a file, and another inode: two changes within a tick of the clock differ.
        new.replace(self.directory / "control")

    def delay(self, milliseconds: float, to: float | None = None) -> None:
        """Every signature takes so much longer; with `to`, a random time between the two."""
        self.tell(f"delay {milliseconds} {milliseconds if to is None else to}")

    def fail(self, shares: Mapping[int, float]) -> None:
        """So many signatures of all (0 to 1) are answered with these codes."""
        self.tell(*(f"error {code:#x} {share}" for code, share in shares.items()))

    def hang(self, seconds: float | None = None) -> None:
        """No signature comes back until then, or until something else is told."""
        self.tell("hang" if seconds is None else f"hang {seconds}")

    def remove_token(self) -> None:
        """As if it were pulled out; anything else that is told puts it back."""
        self.tell("absent")

    def work(self) -> None:
        """Let nothing go wrong any more."""
        self.tell()

    @contextlib.contextmanager
    def removed(self) -> Iterator[None]:
        """The token is out for as long as the block takes."""
        self.remove_token()
        try:
            yield
        finally:
            self.work()

    def calls(self) -> list[Call]:
        """All that was asked of the module and answered, in the order of the log."""
        if not self.log_file.exists():
            return []
        lines = self.log_file.read_text(encoding="utf-8").splitlines()
        return [_call(json.loads(line)) for line in lines]


def _call(line: dict[str, Any]) -> Call:
    data = line.get("data")
    return Call(
        at=line["at"],
        pid=line["pid"],
        thread=line["thread"],
        name=line["call"],
        key=line.get("key"),
        data=None if data is None else bytes.fromhex(data),
        answer=line.get("answer"),
    )
