"""What a process gives up is gone: files, other processes, network, memory, privileges."""

import os
import subprocess
from pathlib import Path

import pytest

from processes import landlock
from processes.confinement import landlock_available
from tests.unit.processes.conftest import InAProcess

NOT_HERE = (
    "this kernel has no Landlock, so nothing was proved: run the tests on Linux 5.13 or newer with "
    "landlock among the lsm= of its command line"
)
DENIED = "PermissionError"

# What a Python program needs, and then the test's own three directories.
_CONFINE = """
from processes import landlock
from processes.confinement import see_only
here = Path(sys.argv[1])
shelf, desk, vault = here / "shelf", here / "desk", here / "vault"
system = [Path(p) for p in (sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/bin", "/proc")]
version = int(sys.argv[2]) if len(sys.argv) > 2 else landlock.abi()
landlock.restrict(readable=[*system, shelf], writable=[desk], version=version)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    assert landlock_available(), NOT_HERE
    for name in ("shelf", "desk", "vault", "desk/drawer"):
        (tmp_path / name).mkdir()
    (tmp_path / "vault" / "secret").write_text("1234")
    (tmp_path / "shelf" / "book").write_text("a book")
    (tmp_path / "desk" / "note").write_text("a note")
    (tmp_path / "desk" / "way-out").symlink_to(tmp_path / "vault" / "secret")
    (tmp_path / "shelf" / "way-out").symlink_to(tmp_path / "vault")
    return tmp_path


@pytest.mark.parametrize("version", range(1, landlock.abi() + 1))
def test_only_the_named_paths_can_be_opened(
    here: Path, in_a_process: InAProcess, version: int
) -> None:
    answer = in_a_process(
        _CONFINE
        + """
answer = {
    "read the shelf": outcome(lambda: (shelf / "book").read_text()),
    "list the shelf": outcome(lambda: list(shelf.iterdir())),
    "read the desk": outcome(lambda: (desk / "note").read_text()),
    "write the desk": outcome(lambda: (desk / "note").write_text("changed")),
    "write the shelf": outcome(lambda: (shelf / "book").write_text("changed")),
    "add to the shelf": outcome(lambda: (shelf / "new").write_text("new")),
    "read the vault": outcome(lambda: (vault / "secret").read_text()),
    "list the vault": outcome(lambda: list(vault.iterdir())),
    "write the vault": outcome(lambda: (vault / "new").write_text("new")),
}
""",
        here,
        version,
    )
    assert answer == {
        "read the shelf": "done",
        "list the shelf": "done",
        "read the desk": "done",
        "write the desk": "done",
        "write the shelf": DENIED,
        "add to the shelf": DENIED,
        "read the vault": DENIED,
        "list the vault": DENIED,
        "write the vault": DENIED,
    }


def test_no_detour_leads_to_a_closed_file(here: Path, in_a_process: InAProcess) -> None:
    answer = in_a_process(
        _CONFINE
        + """
import subprocess, threading
os.chdir(desk)
secret = str(vault / "secret")
def in_a_thread():
    told = []
    thread = threading.Thread(target=lambda: told.append(outcome(lambda: open(secret))))
    thread.start(); thread.join()
    return told[0]
answer = {
    "dots": outcome(lambda: open("../vault/secret")),
    "dots from the shelf": outcome(lambda: open(shelf / ".." / "vault" / "secret")),
    "a symlink": outcome(lambda: open("way-out")),
    "a symlink to the directory": outcome(lambda: open(shelf / "way-out" / "secret")),
    "/proc/self/root": outcome(lambda: open("/proc/self/root" + secret)),
    "/proc/self/cwd": outcome(lambda: open("/proc/self/cwd/../vault/secret")),
    "O_PATH": outcome(lambda: open(f"/proc/self/fd/{os.open(secret, os.O_PATH)}")),
    "another thread": in_a_thread(),
    "another program": subprocess.run(["/bin/cat", secret], capture_output=True).returncode,
}
""",
        here,
    )
    assert answer.pop("another program") == 1
    assert answer == dict.fromkeys(answer, DENIED)


def test_nothing_can_be_linked_or_moved_in_or_out(here: Path, in_a_process: InAProcess) -> None:
    answer = in_a_process(
        _CONFINE
        + """
answer = {
    "link in": outcome(lambda: os.link(vault / "secret", desk / "stolen")),
    "move in": outcome(lambda: os.rename(vault / "secret", desk / "stolen")),
    "move the vault in": outcome(lambda: os.rename(vault, desk / "stolen")),
    "link out": outcome(lambda: os.link(desk / "note", vault / "planted")),
    "move out": outcome(lambda: os.rename(desk / "note", vault / "planted")),
    "over the shelf": outcome(lambda: os.rename(desk / "note", shelf / "book")),
    "make a symlink": outcome(lambda: os.symlink(vault / "secret", desk / "planted")),
    "make a device": outcome(lambda: os.mknod(desk / "disk", 0o60600, os.makedev(254, 0))),
    "remove": outcome(lambda: os.unlink(vault / "secret")),
    "run what it wrote": outcome(lambda: (
        (desk / "program").write_text("#!/bin/sh"), (desk / "program").chmod(0o700),
        os.execv(desk / "program", ["program"]),
    )),
}
""",
        here,
    )
    # EXDEV (OSError) is the kernel's word for a move across directories that it forbids.
    assert all(result in (DENIED, "OSError") for result in answer.values()), answer
    assert (here / "vault" / "secret").read_text() == "1234"
    assert (here / "shelf" / "book").read_text() == "a book"


def test_what_is_writable_is_so_with_all_that_a_store_needs(
    here: Path, in_a_process: InAProcess
) -> None:
    answer = in_a_process(
        _CONFINE
        + """
answer = [
    outcome(lambda: (desk / "day").mkdir()),
    outcome(lambda: (desk / "day" / "a.partial").write_text("a")),
    outcome(lambda: os.rename(desk / "day" / "a.partial", desk / "day" / "a")),
    outcome(lambda: os.rename(desk / "day" / "a", desk / "drawer" / "a")),
    outcome(lambda: os.truncate(desk / "drawer" / "a", 0)),
    outcome(lambda: os.unlink(desk / "drawer" / "a")),
    outcome(lambda: os.rmdir(desk / "day")),
]
""",
        here,
    )
    assert set(answer) == {"done"}


def test_a_kernel_that_knows_truncation_forbids_it_outside(
    here: Path, in_a_process: InAProcess
) -> None:
    answer = in_a_process(
        _CONFINE
        + """
answer = [outcome(lambda: os.truncate(each, 0)) for each in (vault / "secret", shelf / "book")]
""",
        here,
    )
    assert answer == ([DENIED, DENIED] if landlock.abi() >= 3 else ["done", "done"])


def test_a_confined_process_looks_into_no_process_outside(
    here: Path, in_a_process: InAProcess
) -> None:
    # Also as root, whom no file mode stops: the test runs as root in many containers.
    answer = in_a_process(
        """
import ctypes, subprocess
libc = ctypes.CDLL(None, use_errno=True)
outside = subprocess.Popen(  # until our end of its input closes
    ["/bin/cat"], env={"PIN": "1234"}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)

def ptrace(request):
    if libc.ptrace(request, outside.pid, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, outside.pid, 0, 0)  # PTRACE_DETACH

def vm_read():
    size, buffer = 16, ctypes.create_string_buffer(16)
    line = next(l for l in open(f"/proc/{outside.pid}/maps") if "[stack]" in l)
    start = int(line.split("-")[0], 16)
    local = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), size)
    remote = (ctypes.c_ulong * 2)(start, size)
    if libc.process_vm_readv(outside.pid, local, 1, remote, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")

looks = {
    "memory": lambda: open(f"/proc/{outside.pid}/mem", "rb").close(),
    "environment": lambda: open(f"/proc/{outside.pid}/environ", "rb").read(),
    "descriptors": lambda: open(f"/proc/{outside.pid}/fd/2", "wb").close(),
    "its root": lambda: os.listdir(f"/proc/{outside.pid}/root/"),
    "PTRACE_SEIZE": lambda: ptrace(0x4206),
    "process_vm_readv": vm_read,
    "signal": lambda: os.kill(outside.pid, 0),
}
before = {name: outcome(look) for name, look in looks.items() if not name.startswith("PTRACE")}
# As root it takes both: since Linux 6.15 CAP_PERFMON reads environments past Landlock.
from processes.confinement import CAP_DAC_OVERRIDE, give_up_privileges
give_up_privileges(keep=[CAP_DAC_OVERRIDE])
"""
        + _CONFINE
        + """
answer = [before, {name: outcome(look) for name, look in looks.items()}]
""",
        here,
    )
    before, confined = answer
    assert before == dict.fromkeys(before, "done")  # it is Landlock that makes the difference
    if landlock.abi() < 6:
        assert confined.pop("signal") == "done"
    assert confined == dict.fromkeys(confined, DENIED)


def test_a_process_with_threads_is_not_confined_in_part(in_a_process: InAProcess) -> None:
    answer = in_a_process(
        """
import threading
from processes.confinement import give_up_privileges, leave_the_network, see_only
stop = threading.Event()
threading.Thread(target=stop.wait).start()
answer = [
    outcome(lambda: see_only(readable=[], writable=[])),
    outcome(leave_the_network),
    outcome(give_up_privileges),
]
stop.set()
"""
    )
    assert answer == ["ConfinementError"] * 3


def test_a_path_that_is_not_there_is_passed_over(in_a_process: InAProcess) -> None:
    assert in_a_process(
        """
from processes.confinement import see_only
answer = see_only(readable=[Path("/nowhere/at/all")], writable=[])
"""
    )


def test_of_a_listed_directory_the_names_are_seen_and_nothing_is_read(
    here: Path, in_a_process: InAProcess
) -> None:
    (here / "vault" / "below").mkdir()
    answer = in_a_process(
        """
from processes.confinement import see_only
vault = Path(sys.argv[1]) / "vault"
system = [Path(p) for p in (sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64")]
see_only(readable=system, writable=[], listed=[vault])
answer = [
    sorted(each.name for each in os.scandir(vault)),
    outcome(lambda: (vault / "secret").stat()),
    outcome(lambda: (vault / "secret").read_text()),
    outcome(lambda: (vault / "new").write_text("new")),
]
""",
        here,
    )
    assert answer == [["below", "secret"], "done", DENIED, DENIED]


def _user_namespaces() -> bool:
    """Whether this place lets anybody make one: a chroot and some containers do not."""
    asked = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    return asked.returncode == 0


# As root, also as somebody else: then the namespace is reached by another way.
_USERS = [0, 65534] if os.geteuid() == 0 else [os.geteuid()]


@pytest.mark.parametrize("user", _USERS)
def test_whoever_left_the_network_reaches_nobody_and_does_not_come_back(
    in_a_process: InAProcess, user: int
) -> None:
    answer = in_a_process(
        """
import ctypes, signal, socket
from processes import confinement
libc = ctypes.CDLL(None, use_errno=True)
listening = socket.create_server(("127.0.0.1", 0))
there = os.open("/proc/self/ns/net", os.O_RDONLY)
if int(sys.argv[1]):
    os.setuid(int(sys.argv[1]))
confinement.die_with_parent()

def come_back():
    if libc.setns(there, 0) < 0:
        raise OSError(ctypes.get_errno(), "setns")

def asked_for():
    number = ctypes.c_int()
    libc.prctl(2, ctypes.byref(number), 0, 0, 0)  # PR_GET_PDEATHSIG
    return number.value

left = confinement.leave_the_network()
answer = {
    "left": left,
    "connect": outcome(lambda: socket.create_connection(listening.getsockname())),
    "come back": outcome(come_back),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "still dies with its parent": asked_for() == signal.SIGKILL,
}
""",
        user,
    )
    if user and not _user_namespaces():
        assert answer["left"] is False  # it says so, and doctor and the log with it
        return
    assert answer.pop("left"), "neither root's way nor that of user namespaces is open here"
    assert answer == {
        "connect": "OSError",  # the network is unreachable
        "come back": DENIED,
        "interfaces": ["lo"],
        "still dies with its parent": True,
    }


def test_privileges_that_were_given_up_do_not_come_back_with_a_program(
    in_a_process: InAProcess,
) -> None:
    answer = in_a_process(
        """
import subprocess
from processes.confinement import CAP_NET_BIND_SERVICE, give_up_privileges
give_up_privileges(keep=[CAP_NET_BIND_SERVICE])
script = "from pathlib import Path; print(Path('/proc/self/status').read_text())"
def held(status):
    lines = dict(line.split(":\\t", 1) for line in status.splitlines() if ":\\t" in line)
    return [int(lines[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")]
answer = [
    held(Path("/proc/self/status").read_text()),
    held(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout),
    outcome(lambda: open("/proc/kcore", "rb").close()),
]
"""
    )
    here, in_a_program, kernel_memory = answer
    assert all(held & ~(1 << 10) == 0 for held in here + in_a_program)
    assert kernel_memory in (DENIED, "FileNotFoundError")


def test_memory_beyond_the_limit_is_refused_and_the_limit_stays(in_a_process: InAProcess) -> None:
    answer = in_a_process(
        """
import resource
from processes.confinement import give_up_privileges, limit_memory
give_up_privileges()
limit_memory(512 << 20)
answer = [
    outcome(lambda: bytearray(1 << 20)),
    outcome(lambda: bytearray(600 << 20)),
    outcome(lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))),
]
"""
    )
    assert answer == ["done", "MemoryError", "ValueError"]


def test_a_process_that_forbids_inspection_leaves_no_core_and_no_open_memory(
    in_a_process: InAProcess,
) -> None:
    answer = in_a_process(
        """
import ctypes, resource, signal
from processes.confinement import forbid_inspection
if os.geteuid() == 0:
    os.setuid(65534)  # root may look everywhere
libc = ctypes.CDLL(None)
results = []
for forbid in (False, True):
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE; changing the user has cleared it
        libc.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, where there is Yama
        if forbid:
            forbid_inspection()
        os.write(ready[1], bytes([resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)]))
        signal.pause()
    no_core = os.read(ready[0], 1)[0]
    results.append([no_core, outcome(lambda: open(f"/proc/{child}/mem", "rb").close())])
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
answer = results
"""
    )
    assert answer[0][1] == "done"
    assert answer[1] == [1, DENIED]
