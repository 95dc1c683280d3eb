"""The keeper starts signers on the gateway's word, passes signals on, and ends with the gateway."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from processes.channel import BlockingChannel
from processes.child import start_child
from processes.errors import ChannelClosedError
from processes.keeper import KeptSigner, OwnSigner
from processes.orders import OrderLine

ROOT = Path(__file__).parents[3]

# In the gateway: get a signer and ask it for its number, as `number()`.
_ORDER = """
import asyncio, json, os, signal
from processes.channel import BlockingChannel
from processes.keeper import KeptSigner
from processes.orders import OrderLine

line = OrderLine(channel_of_parent)

def order(token=0):
    global signer
    signer = asyncio.run(KeptSigner(line, token).start_anew())
    return signer

def number():
    talk = BlockingChannel(signer.dup())
    talk.send(b"import os; answer = [os.getpid(), os.getppid()]")
    return json.loads(talk.receive())
"""


@dataclass
class Kept:
    """A running keeper, and the word to its gateway."""

    keeper: "subprocess.Popen[bytes]"
    gateway: BlockingChannel

    def tell_gateway(self, script: str) -> Any:  # noqa: ANN401 - whatever JSON carries
        self.gateway.send(textwrap.dedent(script).encode())
        answer = self.gateway.receive()
        assert answer is not None, "the gateway ended"
        return json.loads(answer)

    def order_signer(self, token: int = 0) -> int:
        """Gives the new signer's process id."""
        pid, parent = self.tell_gateway(f"order({token}); answer = number()")
        assert parent == self.keeper.pid
        return int(pid)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.processes.keeping", str(tmp_path / "s")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
        )
        gateway, _ = listening.accept()
    kept = Kept(keeper, BlockingChannel(gateway))
    kept.tell_gateway(_ORDER)
    yield kept
    kept.gateway.close()
    keeper.kill()
    keeper.wait()
    if keeper.stderr is not None:
        keeper.stderr.close()


def test_a_signer_is_started_when_the_gateway_asks_for_it(kept: Kept) -> None:
    assert Path(f"/proc/{kept.order_signer()}").exists()


def test_the_next_order_ends_the_signer_and_starts_another(kept: Kept) -> None:
    first = kept.order_signer()
    os.kill(first, signal.SIGSTOP)  # even when it hangs
    second = kept.order_signer()
    assert second != first
    assert not Path(f"/proc/{first}").exists()


def test_each_token_has_a_signer_of_its_own(kept: Kept) -> None:
    first, second = kept.order_signer(), kept.order_signer(1)
    assert kept.order_signer(1) != second
    assert Path(f"/proc/{first}").exists()
    assert not Path(f"/proc/{second}").exists()


def test_signers_that_are_ordered_ahead_are_taken_in_any_order(kept: Kept) -> None:
    taken = kept.tell_gateway(
        """
        line.order(0); line.order(1)
        signer = line.take(1); second = number()[0]
        signer = line.take(0); first = number()[0]
        answer = [first, second]
        """
    )
    first, second = taken
    kept.order_signer(0)
    assert not Path(f"/proc/{first}").exists()
    assert Path(f"/proc/{second}").exists()


def test_the_keeper_takes_the_signers_of_all_tokens_along(kept: Kept) -> None:
    signers = [kept.order_signer(), kept.order_signer(1)]
    kept.gateway.send(b"os._exit(0)")
    kept.keeper.communicate()
    assert not any(Path(f"/proc/{pid}").exists() for pid in signers)


def test_the_channel_to_the_signer_is_not_for_the_gateways_children(kept: Kept) -> None:
    assert kept.tell_gateway("answer = order().get_inheritable()") is False


def test_nobody_but_the_gateway_holds_the_channel_to_the_signer(kept: Kept) -> None:
    # So that the signer sees its end when the gateway closes it.
    pid = kept.order_signer()
    gone = os.pidfd_open(pid)
    kept.tell_gateway("signer.close()")
    wait_for_end(gone)


def test_when_no_signer_can_be_started_the_gateway_is_told_and_may_ask_again(
    kept: Kept, tmp_path: Path
) -> None:
    (tmp_path / "s.full").touch()
    told = kept.tell_gateway(
        """
        try:
            order()
        except Exception as error:
            answer = [type(error).__name__, str(error)]
        """
    )
    assert told == ["ChildNotStartedError", "the keeper could not start a signer; see its own log"]
    (tmp_path / "s.full").unlink()
    assert kept.order_signer()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_to_the_keeper_reaches_the_gateway(kept: Kept, number: signal.Signals) -> None:
    kept.tell_gateway(
        """
        signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        signal.signal(signal.SIGHUP, lambda *_: None)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        """
    )
    kept.keeper.send_signal(number)
    # A terminal's Ctrl-C and a supervisor's TERM are one to it.
    reaches = signal.SIGTERM if number == signal.SIGINT else number
    assert kept.tell_gateway("answer = signal.sigwait(signals)") == reaches


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_before_the_gateway_listens_is_told_in_a_line(
    kept: Kept, number: signal.Signals
) -> None:
    kept.keeper.send_signal(number)
    assert kept.keeper.wait(30) == 128 + number
    assert kept.keeper.stderr is not None
    assert kept.keeper.stderr.read() == b"stopped before the gateway was ready\n"


def test_a_hangup_before_the_gateway_listens_for_it_does_not_end_it(kept: Kept) -> None:
    kept.keeper.send_signal(signal.SIGHUP)
    # Forwarded in order: when the second one is there, the first was before it.
    kept.tell_gateway("signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})")
    kept.keeper.send_signal(signal.SIGTERM)
    assert kept.tell_gateway("answer = signal.sigwait({signal.SIGTERM})") == signal.SIGTERM


@pytest.mark.parametrize(
    ("end", "code"),
    [("os._exit(0)", 0), ("os._exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", 128 + 9)],
)
def test_the_keeper_ends_as_the_gateway_does_and_takes_the_signer_along(
    kept: Kept, end: str, code: int
) -> None:
    signer = kept.order_signer()
    kept.gateway.send(end.encode())
    _, errors = kept.keeper.communicate()
    assert kept.keeper.returncode == code
    # Who was killed cannot say it.
    killed = b"the gateway was ended by signal 9; a supervisor should start it again\n"
    assert errors == (killed if code > signal.NSIG else b"")
    assert not Path(f"/proc/{signer}").exists()


def test_a_gateway_that_goes_with_an_order_unanswered_is_an_ordinary_end(kept: Kept) -> None:
    kept.gateway.send(b"channel_of_parent.sendall(b'SSS'); os._exit(3)")
    _, errors = kept.keeper.communicate()
    assert kept.keeper.returncode == 3
    assert errors == b""


def test_a_killed_keeper_takes_gateway_and_signer_along(kept: Kept) -> None:
    # Neither gets to run: the gateway asked for it as the real one does.
    gateway = kept.tell_gateway(
        "from processes.confinement import die_with_parent; die_with_parent(); answer = os.getpid()"
    )
    ends = [os.pidfd_open(pid) for pid in (gateway, kept.order_signer())]
    kept.keeper.kill()
    for end in ends:
        wait_for_end(end)


async def test_without_a_keeper_there_is_no_signer() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(ChannelClosedError, match="the keeper is gone"):
        await KeptSigner(OrderLine(ours)).start_anew()


async def test_a_program_that_is_not_confined_starts_its_own() -> None:
    own = OwnSigner(lambda: start_child("tests.unit.processes.obedient"))
    (await own.start_anew()).close()
    first = own.child
    (await own.start_anew()).close()
    assert first is not None
    assert first.process.returncode == -signal.SIGKILL
    own.stop()
    own.stop()
    assert own.child is None


def wait_for_end(pidfd: int) -> None:
    """A pidfd becomes readable when its process ends."""
    readable, _, _ = select.select([pidfd], [], [], 20)
    os.close(pidfd)
    assert readable, "the process is still there"
