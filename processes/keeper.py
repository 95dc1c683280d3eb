"""The first process: starts the gateway, and signers on the gateway's word, one a token.

The gateway is confined so that it can read neither PIN nor token files, and a child inherits its
parent's confinement; so the gateway cannot start a signer itself. The keeper can, and does
nothing else: it parses no document, opens no port, and understands orders of one byte.

Where signers have a service and a user of their own, `processes.door` obeys the same orders.
"""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Protocol

from processes.child import Child
from processes.errors import ChannelClosedError, ProcessError
from processes.orders import OrderLine, SignerOrders

# By the shell's convention for a process that a signal ended.
_SIGNALLED = 128
_STOPS = frozenset({signal.SIGTERM, signal.SIGINT})


class Keeper:
    """Parent of gateway and signers, for as long as the gateway lives."""

    def __init__(
        self,
        *,
        start_gateway: Callable[[], Child],
        start_signers: Sequence[Callable[[], Child]],
    ) -> None:
        self._start_gateway = start_gateway
        self._orders = SignerOrders(start_signers)

    def run(self) -> int:
        """Serve the gateway's orders until it ends; gives its exit code. TERM and INT end it.

        MUST be called on the main thread.
        """
        # HUP means "read the policies again", and would end a gateway that is not ready to hear
        # it; what is ignored stays ignored in the child until it says otherwise.
        # USR1 means "a new signer" likewise.
        previous = {
            number: signal.signal(number, signal.SIG_IGN)
            for number in (signal.SIGHUP, signal.SIGUSR1)
        }
        forward = _Forwarding()
        try:
            # From before there is a gateway: who asks for an end meanwhile is heard, too.
            for number in _STOPS:
                previous[number] = signal.signal(number, forward)
            gateway = self._start_gateway()
            forward.begin(gateway.process)
            for number in (signal.SIGHUP, signal.SIGUSR1):
                signal.signal(number, forward)
            with gateway.socket:
                # It may go between an order and our answer.
                with contextlib.suppress(ConnectionError):
                    while self._orders.obey(gateway.socket):
                        pass
                code = gateway.process.wait()
            if forward.stops and code == -signal.SIGTERM:
                sys.stderr.write("stopped before the gateway was ready\n")
                return _SIGNALLED + forward.stops[0]
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
    """The gateway's end of the keeper: asks for a token's signer and gets the channel to it."""

    def __init__(self, line: OrderLine, number: int = 0) -> None:
        """Take the line to the keeper, and which token it is."""
        self._line = line
        self._number = number
        self._ordered = False

    def order(self) -> None:
        """Have the first signer started ahead of time; the first `start_anew` then takes it.

        Raises:
            ChannelClosedError: the keeper is gone.
        """
        self._line.order(self._number)
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
        return self._line.take(self._number)


class ServiceLine:
    """The gateway's connection to a signer's service (`processes.door`), which may come and go."""

    def __init__(self, path: Path) -> None:
        """Take where the service listens."""
        self.path = path
        self._connection: socket.socket | None = None
        self._line: OrderLine | None = None

    def present(self) -> OrderLine:
        """The line to the service, connected anew if need be.

        Raises:
            ChannelClosedError: nobody listens there, or too many wait already.
        """
        if self._line is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # A service that hangs lets as many wait as its backlog holds; the rest is told at once,
            # for this is the event loop's thread.
            connection.settimeout(0)
            try:
                connection.connect(str(self.path))
                connection.settimeout(None)
            except OSError as error:
                connection.close()
                raise ChannelClosedError(f"{self.path}: {error.strerror}") from error
            self._connection, self._line = connection, OrderLine(connection)
        return self._line

    def lost(self, line: OrderLine) -> None:
        """Let this line go; unless another signer has done so before, and has a new one."""
        if line is self._line:
            self.close()

    def close(self) -> None:
        """Let the service go; it ends our signers. The next order connects again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._line = None


class ServedSigner:
    """The gateway's end of a signer's service: asks for one token's signer."""

    def __init__(self, service: ServiceLine, number: int = 0) -> None:
        """Take the connection, which the signers of all tokens share, and which token it is."""
        self._service = service
        self._number = number
        self._line: OrderLine | None = None
        self._kept: KeptSigner | None = None

    def order(self) -> None:
        """See `OrderedSigner.order`. Where nobody listens yet, `start_anew` says so."""
        with contextlib.suppress(ProcessError):
            self._connected()[1].order()

    async def start_anew(self) -> socket.socket:
        """See `OrderedSigner.start_anew`.

        Raises:
            ChannelClosedError: nobody listens there, or not to us.
            ChildNotStartedError: it could not start one; asking again may help.
        """
        try:
            line, signer = self._connected()
            try:
                return await signer.start_anew()
            except ChannelClosedError:
                self._service.lost(line)  # a service that was restarted has another socket
                raise
        except ChannelClosedError as gone:
            raise ChannelClosedError(
                f"no signer's service answers at {self._service.path}: is it running, and does it "
                "name this user as the gateway's?"
            ) from gone

    def _connected(self) -> tuple[OrderLine, KeptSigner]:
        line = self._service.present()
        if self._kept is None or line is not self._line:
            self._line, self._kept = line, KeptSigner(line, self._number)
        return line, self._kept


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


class _Forwarding:
    """A signal handler that hands signals on to the gateway, once there is one.

    `stops` are the signals that asked for an end.
    """

    def __init__(self) -> None:
        self.stops: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, process: "subprocess.Popen[bytes]") -> None:
        """Hand on from now on, and what came already."""
        self._process = process
        if self.stops:
            process.terminate()

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if number in _STOPS:
            self.stops.append(number)
            # Both mean the same, and a Python that is still loading prints a trace for INT.
            number = signal.SIGTERM
        if self._process is not None:
            # Not os.kill: when the gateway has been waited for, its number may be another's.
            self._process.send_signal(number)
