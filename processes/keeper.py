"""The first process: starts the gateway, and the signer on the gateway's word.

The gateway is confined so that it can read neither PIN nor token files, and a child inherits its
parent's confinement; so the gateway cannot start the signer itself. The keeper can, and does
nothing else: it parses no document, opens no port, and understands one order of one byte.
"""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

from processes.child import Child
from processes.errors import ChannelClosedError, ChildNotStartedError, ProcessError

_START_ANEW = b"S"
_STARTED, _NOT_STARTED = b"F", b"N"
# By the shell's convention for a process that a signal ended.
_SIGNALLED = 128


class Keeper:
    """Parent of gateway and signer, for as long as the gateway lives."""

    def __init__(
        self, *, start_gateway: Callable[[], Child], start_signer: Callable[[], Child]
    ) -> None:
        self._start_gateway = start_gateway
        self._start_signer = start_signer
        self._signer: Child | None = None

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
                    while gateway.socket.recv(1) == _START_ANEW:
                        self._replace_signer(gateway.socket)
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
            if self._signer is not None:
                # One that hangs in the kernel dies when it comes back, and we do not wait.
                with contextlib.suppress(ProcessError):
                    self._signer.kill()

    def _replace_signer(self, gateway: socket.socket) -> None:
        try:
            if self._signer is not None:
                self._signer.kill()
            self._signer = self._start_signer()
        except ProcessError:
            # The gateway asks again, with pauses that grow.
            gateway.sendall(_NOT_STARTED)
            return
        with self._signer.socket as channel:
            socket.send_fds(gateway, [_STARTED], [channel.fileno()])


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
        if answer == _NOT_STARTED:
            raise ChildNotStartedError("the keeper could not start a signer; see its own log")
        if not descriptors:
            raise ChannelClosedError("the keeper is gone")
        channel = socket.socket(fileno=descriptors[0])
        # recv_fds drops its `flags`, so MSG_CMSG_CLOEXEC cannot be had.
        channel.set_inheritable(False)
        return channel


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
