"""The first process: starts the gateway, and the signer on the gateway's word.

The gateway is confined so that it can read neither PIN nor token files, and a child inherits its
parent's confinement; so the gateway cannot start the signer itself. The keeper can, and does
nothing else: it parses no document, opens no port, and understands one order of one byte.

Where the signer has a service and a user of its own, `processes.door` obeys the same order.
"""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Protocol

from processes.child import Child
from processes.errors import (
    ChannelClosedError,
    ChildNotStartedError,
    ProcessError,
    SignerLockedError,
)

_START_ANEW = b"S"
_STARTED, _NOT_STARTED, _LOCKED = b"F", b"N", b"L"
# By the shell's convention for a process that a signal ended.
_SIGNALLED = 128


class SignerOrders:
    """Obeys the gateway's orders: ends the signer that there is, starts another, hands it over."""

    def __init__(self, start_signer: Callable[[], Child]) -> None:
        """Take how to start one; ProcessError from it is told to the gateway, which asks again."""
        self._start_signer = start_signer
        self._signer: Child | None = None

    def obey(self, gateway: socket.socket) -> bool:
        """Do one order; gives whether there was one. Blocks until it comes.

        Raises:
            ConnectionError: the gateway went before it had the answer.
        """
        if gateway.recv(1) != _START_ANEW:
            return False
        try:
            self.end()
            self._signer = self._start_signer()
        except SignerLockedError:
            gateway.sendall(_LOCKED)
        except ProcessError:
            # The gateway asks again, with pauses that grow.
            gateway.sendall(_NOT_STARTED)
        else:
            with self._signer.socket as channel:
                socket.send_fds(gateway, [_STARTED], [channel.fileno()])
        return True

    def end(self) -> None:
        """End the signer, if there is one.

        Raises:
            ChildNotStartedError: it hangs in the kernel and does not end.
        """
        if self._signer is not None:
            self._signer.kill()


class Keeper:
    """Parent of gateway and signer, for as long as the gateway lives."""

    def __init__(
        self, *, start_gateway: Callable[[], Child], start_signer: Callable[[], Child]
    ) -> None:
        self._start_gateway = start_gateway
        self._orders = SignerOrders(start_signer)

    def run(self) -> int:
        """Serve the gateway's orders until it ends; gives its exit code. TERM and INT reach it.

        MUST be called on the main thread.
        """
        # HUP means "read the policies again", and would end a gateway that is not ready to hear
        # it; what is ignored stays ignored in the child until it says otherwise.
        previous = {signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
        try:
            gateway = self._start_gateway()
            forward = _forward_to(gateway.process)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                previous.setdefault(number, signal.signal(number, forward))
            with gateway.socket:
                # It may go between an order and our answer.
                with contextlib.suppress(ConnectionError):
                    while self._orders.obey(gateway.socket):
                        pass
                code = gateway.process.wait()
            if code < 0:
                # The gateway could not say it; whoever reads the log looks here for its last word.
                sys.stderr.write(
                    f"the gateway was ended by signal {-code}; a supervisor should start it again\n"
                )
            return code if code >= 0 else _SIGNALLED - code
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            # One that hangs in the kernel dies when it comes back, and we do not wait.
            with contextlib.suppress(ProcessError):
                self._orders.end()


class OrderedSigner(Protocol):
    """A signer that is ordered from whoever may start one, if need be ahead of time."""

    def order(self) -> None:
        """Have the first signer started; the first `start_anew` then takes it."""
        ...

    async def start_anew(self) -> socket.socket:
        """End the present signer, if there is one, start another, and give the channel to it."""
        ...


class KeptSigner:
    """The gateway's end of the keeper: asks for a signer and gets the channel to it."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._ordered = False

    def order(self) -> None:
        """Have the first signer started ahead of time; the first `start_anew` then takes it.

        Raises:
            ChannelClosedError: the keeper is gone.
        """
        try:
            self._socket.sendall(_START_ANEW)
        except OSError as gone:
            raise ChannelClosedError("the keeper is gone") from gone
        self._ordered = True

    async def start_anew(self) -> socket.socket:
        """End the present signer, if there is one, and start another.

        Raises:
            ChannelClosedError: the keeper is gone.
            ChildNotStartedError: it could not start one; asking again may help.
        """
        return await asyncio.to_thread(self._order)

    def _order(self) -> socket.socket:
        if not self._ordered:
            self.order()
        self._ordered = False
        try:
            answer, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError as gone:
            raise ChannelClosedError("the keeper is gone") from gone
        if answer == _LOCKED:
            raise SignerLockedError("the signer waits for its PIN; run `sealgate hsm unseal`")
        if answer == _NOT_STARTED:
            raise ChildNotStartedError("the keeper could not start a signer; see its own log")
        if not descriptors:
            raise ChannelClosedError("the keeper is gone")
        channel = socket.socket(fileno=descriptors[0])
        # recv_fds drops its `flags`, so MSG_CMSG_CLOEXEC cannot be had.
        channel.set_inheritable(False)
        return channel


class ServedSigner:
    """The gateway's end of a signer's service (`processes.door`), which may come and go."""

    def __init__(self, path: Path) -> None:
        """Take where the service listens."""
        self._path = path
        self._connection: socket.socket | None = None
        self._kept: KeptSigner | None = None

    def order(self) -> None:
        """See `OrderedSigner.order`. Where nobody listens yet, `start_anew` says so."""
        with contextlib.suppress(ProcessError):
            self._connected().order()

    async def start_anew(self) -> socket.socket:
        """See `OrderedSigner.start_anew`.

        Raises:
            ChannelClosedError: nobody listens there, or not to us.
            ChildNotStartedError: it could not start one; asking again may help.
        """
        try:
            return await self._connected().start_anew()
        except ChannelClosedError as gone:
            self.close()  # a service that was restarted has another socket
            raise ChannelClosedError(
                f"no signer's service answers at {self._path}: is it running, and does it name "
                "this user as the gateway's?"
            ) from gone

    def close(self) -> None:
        """Let the service go; it ends our signer. The next order connects again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._kept = None

    def _connected(self) -> KeptSigner:
        if self._kept is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(self._path))
            except OSError as error:
                connection.close()
                raise ChannelClosedError(f"{self._path}: {error.strerror}") from error
            self._connection, self._kept = connection, KeptSigner(connection)
        return self._kept


class OwnSigner:
    """Starts the signer directly, for programs that are not confined (tests, `hsm test`, bench)."""

    def __init__(self, start_signer: Callable[[], Child]) -> None:
        self._start_signer = start_signer
        self.child: Child | None = None

    async def start_anew(self) -> socket.socket:
        """End the present signer, if there is one, and start another.

        Raises:
            ChildNotStartedError: it cannot be started, or the present one does not end.
        """
        return (await asyncio.to_thread(self._replace)).socket

    def stop(self) -> None:
        """End the signer."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    def _replace(self) -> Child:
        self.stop()
        self.child = self._start_signer()
        return self.child


def _forward_to(process: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def forward(number: int, _frame: FrameType | None) -> None:
        # Not os.kill: when the gateway has been waited for, its number may be another's.
        process.send_signal(number)

    return forward
