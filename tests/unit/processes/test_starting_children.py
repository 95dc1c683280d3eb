"""What a child is given, and that it never outlives its parent."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from processes.channel import BlockingChannel
from processes.child import Child, start_child
from processes.errors import ChildNotStartedError

MODULE = "tests.unit.processes.obedient"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()
        child.socket.close()


def ask(child: Child, script: str) -> Any:  # noqa: ANN401 - whatever JSON carries
    channel = BlockingChannel(child.socket.dup())
    channel.send(textwrap.dedent(script).encode())
    answer = channel.receive()
    channel._incoming.close()
    channel._socket.close()
    assert answer is not None, "the child ended"
    return json.loads(answer)


def test_a_child_gets_a_short_environment(
    children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    monkeypatch.setenv("LD_PRELOAD", "")
    children.append(start_child(MODULE, environment={"SOFTHSM2_CONF": "/x"}))
    environment = ask(children[0], "import os; answer = dict(os.environ)")
    assert environment["SOFTHSM2_CONF"] == "/x"
    assert "DATABASE_PASSWORD" not in environment
    assert "LD_PRELOAD" not in environment


def test_a_child_has_no_descriptor_but_the_three_and_the_channel(children: list[Child]) -> None:
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)  # as a careless library would leave it
    with ours, theirs:
        children.append(start_child(MODULE))
        descriptors = ask(
            children[0],
            """
            import os, sys
            answer = [fd for fd in map(int, os.listdir('/proc/self/fd')) if fd > 2]
            answer = [fd for fd in answer if os.path.exists(f'/proc/self/fd/{fd}')]
            answer = [answer, int(sys.argv[1])]
            """,
        )
    assert descriptors[0] == [descriptors[1]]


def test_a_grandchild_does_not_get_the_channel(children: list[Child]) -> None:
    children.append(start_child(MODULE))
    inherited = ask(children[0], "import os, sys; answer = os.get_inheritable(int(sys.argv[1]))")
    assert inherited is False


def test_a_child_has_a_session_of_its_own_so_ctrl_c_passes_it_by(children: list[Child]) -> None:
    children.append(start_child(MODULE))
    session = ask(children[0], "import os; answer = [os.getsid(0), os.getpgid(0), os.getpid()]")
    assert len(set(session)) == 1
    # What a terminal does on Ctrl-C: it signals the group in the foreground, which is ours.
    assert session[1] != os.getpgrp()


def test_a_childs_command_line_names_its_module_its_channel_and_the_arguments(
    children: list[Child],
) -> None:
    children.append(start_child(MODULE, "an-argument"))
    fd = ask(children[0], "import sys; answer = sys.argv[1]")
    command = Path(f"/proc/{children[0].process.pid}/cmdline").read_text().split("\0")
    python = [sys.executable, "-P", "-m", "processes.beginning"]
    assert command == [*python, MODULE, fd, "an-argument", ""]


def test_what_a_child_loaded_is_not_looked_at_for_garbage_and_what_it_makes_is(
    children: list[Child],
) -> None:
    children.append(start_child(MODULE))
    collecting = ask(children[0], "import gc; answer = [gc.isenabled(), gc.get_freeze_count()]")
    assert collecting[0] is True
    assert collecting[1] > 1000


def test_a_child_that_is_offline_has_no_http_client_though_a_library_asks_for_one(
    children: list[Child],
) -> None:
    script = """
    import sys
    import pyhanko.sign.timestamps
    try:
        pyhanko.sign.timestamps.aiohttp_client.aiohttp.ClientSession()
    except RuntimeError as refused:
        answer = [str(refused), [name for name in sys.modules if name.startswith("aiohttp.")]]
    """
    children.append(start_child(MODULE, offline=True))
    assert ask(children[0], script) == [
        "aiohttp.ClientSession: this process speaks to nobody",
        [],
    ]


def test_a_module_that_is_not_there_ends_the_child(children: list[Child]) -> None:
    children.append(start_child("tests.unit.processes.no_such_module"))
    assert children[0].process.wait(30) == 1


def test_a_killed_child_is_gone_and_may_be_killed_again(children: list[Child]) -> None:
    children.append(start_child(MODULE))
    children[0].kill()
    children[0].kill()
    assert children[0].process.returncode == -signal.SIGKILL


def test_a_child_that_does_not_end_is_reported_and_not_waited_for_for_ever() -> None:
    class Unkillable(subprocess.Popen[bytes]):
        """Stands for a process that hangs in a device's driver."""

        def kill(self) -> None:
            """Nothing comes of it."""

    process = Unkillable([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ChildNotStartedError, match="look at the device's driver"):
        Child(process, ours).kill(patience_seconds=0.01)
    process.communicate(b"\n")


def test_a_program_that_cannot_be_run_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ChildNotStartedError, match="obedient cannot be started"):
        start_child(MODULE)


def test_a_child_outlives_the_thread_that_asked_for_it(children: list[Child]) -> None:
    # PR_SET_PDEATHSIG speaks of the parent's thread, and pools end their threads.
    def start() -> None:
        children.append(start_child(MODULE))
        ask(children[0], "from processes.confinement import die_with_parent; die_with_parent()")

    asking = threading.Thread(target=start)
    asking.start()
    asking.join()
    while Path(f"/proc/self/task/{asking.native_id}").exists():
        pass  # Python is done with it a moment before the kernel is
    assert ask(children[0], "answer = 'alive'") == "alive"


# A program that starts an obedient child, has it do something, says its number, and stays.
_MIDDLE = """
import sys
from processes.child import start_child
from tests.unit.processes.test_starting_children import ask, MODULE
child = start_child(MODULE)
ask(child, sys.argv[1])
print(child.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def middle() -> Iterator[Callable[[str], tuple["subprocess.Popen[str]", int]]]:
    started: list[subprocess.Popen[str]] = []

    def start(script: str) -> tuple["subprocess.Popen[str]", int]:
        process = subprocess.Popen(
            [sys.executable, "-c", _MIDDLE, textwrap.dedent(script)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_child_dies_with_its_parent_even_when_it_hangs(
    middle: Callable[[str], tuple["subprocess.Popen[str]", int]],
) -> None:
    process, child = middle("from processes.confinement import die_with_parent; die_with_parent()")
    gone = os.pidfd_open(child)
    os.kill(child, signal.SIGSTOP)  # it will not even read that its channel has ended
    process.kill()
    wait_for_end(gone)


def test_a_child_whose_parent_died_before_it_could_ask_dies_too(
    middle: Callable[[str], tuple["subprocess.Popen[str]", int]], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    process, _ = middle(
        f"""
        import threading
        from processes import confinement
        the_real_receive = channel.receive
        def wait_for_the_parents_end_and_ask():
            with open({str(told)!r}, 'w', buffering=1) as out:
                while the_real_receive() is not None:
                    pass
                print('the parent has gone', file=out)
                confinement.die_with_parent()
                threading.Event().wait()  # nothing but a signal ends it now
        # The main thread takes None for the end of the channel, and waits for the other.
        channel.receive = lambda: None
        threading.Thread(target=wait_for_the_parents_end_and_ask).start()
        """
    )
    with told.open() as reading:
        process.kill()
        assert reading.read() == "the parent has gone\n"


def wait_for_end(pidfd: int) -> None:
    """A pidfd becomes readable when its process ends."""
    readable, _, _ = select.select([pidfd], [], [], 20)
    os.close(pidfd)
    assert readable, "the process is still there"
