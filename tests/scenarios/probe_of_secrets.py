"""Runs inside the gateway's own processes, and tries to get at what only the signer may have.

A test puts this file, named sitecustomize.py, into the state directory and that directory on
PYTHONPATH, so every process of the installation runs it when Python starts. In the gateway it waits
for an audit hook to tell that the service is up; in a document worker, which is born confined, it
tries at once. What came of it is in `NAME.json` beside this file.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
VAR = HERE.parent.parent
LIBC = ctypes.CDLL(None, use_errno=True)
GATEWAY, WORKER, SIGNER = "gateway.wiring.process", "gateway.documents.worker", "hsm.signer"


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def outcome(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"


def relatives() -> dict[str, int]:
    """The signer, and the keeper, which started it and us."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and SIGNER in (entry / "cmdline").read_text().split("\0"):
            keeper = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if keeper in (os.getppid(), parent_of(os.getppid())):
                return {"signer": int(entry.name), "keeper": keeper}
    return {}


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def attempts_at_files() -> dict[str, Callable[[], object]]:
    hsm, tokens, stolen = VAR / "hsm", VAR / "hsm" / "tokens", HERE / "stolen"
    return {
        "read the PIN": (hsm / "pin").read_bytes,
        "read the officer's PIN": (hsm / "so-pin").read_bytes,
        "read softhsm2.conf": (hsm / "softhsm2.conf").read_bytes,
        "list the tokens": lambda: list(tokens.iterdir()),
        "read a client's key": (VAR / "clients" / "tms.key.pem").read_bytes,
        "read through a symlink": (HERE / "to-the-pin").read_bytes,
        "read through /proc": Path(f"/proc/self/root{hsm}/pin").read_bytes,
        "overwrite the PIN": lambda: (hsm / "pin").write_bytes(b"0000"),
        "truncate the PIN": lambda: os.truncate(hsm / "pin", 0),
        "move the PIN here": lambda: (hsm / "pin").rename(stolen),
        "link the PIN here": lambda: os.link(hsm / "pin", stolen),
        "move the tokens here": lambda: tokens.rename(stolen),
        "read the kernel's memory": lambda: Path("/proc/kcore").open("rb").close(),
    }


def attempts_at(name: str, pid: int) -> dict[str, Callable[[], object]]:
    proc = Path(f"/proc/{pid}")
    return {
        f"read the {name}'s memory": lambda: (proc / "mem").open("rb").close(),
        f"read the {name}'s environment": (proc / "environ").read_bytes,
        f"list the {name}'s memory": (proc / "maps").read_bytes,
        f"open what the {name} has open": lambda: (proc / "fd" / "0").open("rb").close(),
        f"look from the {name}'s root": (proc / "root" / "proc" / "version").read_bytes,
        f"trace the {name}": lambda: checked(LIBC.ptrace(16, pid, None, None)),
        f"seize the {name}": lambda: checked(LIBC.ptrace(0x4206, pid, None, None)),
        f"signal the {name}": lambda: os.kill(pid, 0),
    }


def probe(name: str) -> None:
    attempts = attempts_at_files()
    for relative, pid in relatives().items():
        attempts |= attempts_at(relative, pid)
    allowed: dict[str, Callable[[], object]] = {
        "read the policies": lambda: [each.read_bytes() for each in (VAR / "policies").glob("*.*")],
        "read the configuration": (VAR / "config.yaml").read_bytes,
        "list the state": lambda: list((VAR / "state").iterdir()),
    }
    told = {
        "refused": {what: outcome(attempt) for what, attempt in attempts.items()},
        "allowed": {what: outcome(attempt) for what, attempt in allowed.items()},
        "status": Path("/proc/self/status").read_text(),
    }
    (HERE / f"{name}.new").write_text(json.dumps(told))
    (HERE / f"{name}.new").rename(HERE / f"{name}.json")


def when_a_checkpoint_is_published(event: str, arguments: tuple[object, ...]) -> None:
    global _probed  # noqa: PLW0603 - an audit hook cannot be taken out again
    if event == "open" and str(arguments[0]).endswith("checkpoint.new") and not _probed:
        _probed = True
        probe("gateway")


_probed = False
if GATEWAY in sys.orig_argv:
    sys.addaudithook(when_a_checkpoint_is_published)
elif WORKER in sys.orig_argv:
    probe(f"worker-{os.getpid()}")
