"""A signer's service starts signers for the gateway's user alone, and for one gateway at a time."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from processes.child import Child, start_child
from processes.door import SignerDoor, listening_at
from processes.errors import ChannelClosedError, ChildNotStartedError, SignerLockedError
from processes.keeper import ServedSigner, ServiceLine


@dataclass
class Service:
    """A door that is served by a thread, and what it started."""

    path: Path
    user: int
    locked: bool = False

    def __post_init__(self) -> None:
        self.started: list[Child] = []

    def start(self) -> Child:
        if self.locked:
            raise SignerLockedError("no PIN yet")
        child = start_child("tests.unit.processes.obedient")
        self.started.append(child)
        return child

    def run(self, stop: socket.socket) -> None:
        with listening_at(self.path) as listener:
            door = SignerDoor(listener, user=self.user, start_signers=[self.start, self.start])
            over = threading.Event()
            door.hear(stop, over.set)
            while not over.is_set():
                door.serve_next()
            door.close()


def _serving(service: Service) -> Iterator[Service]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=service.run, args=(theirs,))
    thread.start()
    while not service.path.exists():
        assert thread.is_alive()
    yield service
    ours.close()
    thread.join(20)
    theirs.close()
    assert not service.path.exists()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    yield from _serving(Service(tmp_path / "door", os.getuid()))


@pytest.fixture
def service_for_others(tmp_path: Path) -> Iterator[Service]:
    yield from _serving(Service(tmp_path / "door", os.getuid() + 1))


@contextlib.contextmanager
def _gateway(service: Service) -> Iterator[ServedSigner]:
    with contextlib.closing(ServiceLine(service.path)) as line:
        yield ServedSigner(line)


def _signer(source: ServedSigner) -> socket.socket:
    return asyncio.run(source.start_anew())


def test_a_gateway_gets_a_signer_and_another_in_its_place(service: Service) -> None:
    with _gateway(service) as signer, _signer(signer), _signer(signer):
        first, second = service.started
        assert first.process.wait(20) != 0
        assert second.process.poll() is None


def test_a_gateway_gets_a_signer_for_each_token_over_one_connection(service: Service) -> None:
    with contextlib.closing(ServiceLine(service.path)) as line:
        first, second = ServedSigner(line), ServedSigner(line, 1)
        first.order()
        second.order()
        with _signer(second), _signer(first), _signer(second):
            one, replaced, other = service.started
            assert replaced.process.wait(20) != 0
            assert (one.process.poll(), other.process.poll()) == (None, None)


def test_a_service_that_was_started_before_a_replica_was_configured_says_so_and_goes_on(
    service: Service,
) -> None:
    with contextlib.closing(ServiceLine(service.path)) as line, _signer(ServedSigner(line)):
        with pytest.raises(ChildNotStartedError, match=r"knows no such token.*restart it"):
            _signer(ServedSigner(line, 2))
        assert service.started[0].process.poll() is None
        _signer(ServedSigner(line, 1)).close()


def test_a_line_that_was_lost_is_let_go_once_however_many_tokens_used_it(
    service: Service,
) -> None:
    with contextlib.closing(ServiceLine(service.path)) as line:
        lost = line.present()
        line.lost(lost)
        anew = line.present()
        line.lost(lost)
        assert line.present() is anew


def test_a_signer_is_ordered_ahead_of_time(service: Service) -> None:
    with _gateway(service) as signer:
        signer.order()
        with _signer(signer):
            assert len(service.started) == 1


def test_a_stranger_gets_no_signer(service_for_others: Service) -> None:
    with (
        _gateway(service_for_others) as signer,
        pytest.raises(ChannelClosedError, match="does it name this user"),
    ):
        asyncio.run(signer.start_anew())
    assert service_for_others.started == []


def test_a_second_gateway_does_not_take_the_firsts_signer_away(service: Service) -> None:
    with _gateway(service) as first, _gateway(service) as second, _signer(first):
        with pytest.raises(ChannelClosedError):
            asyncio.run(second.start_anew())
        assert service.started[0].process.poll() is None


def test_a_gateway_that_was_restarted_is_served_and_the_old_signer_ends(service: Service) -> None:
    with _gateway(service) as first:
        asyncio.run(first.start_anew()).close()
    with _gateway(service) as second, _signer(second):
        assert service.started[0].process.wait(20) is not None


def test_a_service_that_waits_for_its_pin_says_so(service: Service) -> None:
    service.locked = True
    with _gateway(service) as signer:
        with pytest.raises(SignerLockedError, match="sealgate hsm unseal"):
            asyncio.run(signer.start_anew())
        service.locked = False
        asyncio.run(signer.start_anew()).close()


def test_a_service_that_is_not_there_is_named(tmp_path: Path) -> None:
    signer = ServedSigner(ServiceLine(tmp_path / "nowhere"))
    signer.order()
    with pytest.raises(ChannelClosedError, match=r"no signer's service answers at .*nowhere"):
        asyncio.run(signer.start_anew())


def test_being_locked_is_a_reason_to_ask_again() -> None:
    assert issubclass(SignerLockedError, ChildNotStartedError)


async def test_a_service_that_lets_nobody_in_any_more_holds_up_nothing(tmp_path: Path) -> None:
    path = tmp_path / "signer.sock"
    with contextlib.ExitStack() as stack:
        hanging = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        hanging.bind(str(path))
        hanging.listen(0)
        waiting = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        waiting.connect(str(path))
        with pytest.raises(ChannelClosedError, match="no signer's service answers"):
            await ServedSigner(ServiceLine(path)).start_anew()
