"""How the gateway has signers started, and what it is answered: both ends.

An order is one byte, which says for which token: `S` for the first, `T` for the second, and so on.
Answers come in the order of the orders; a signer comes as a descriptor, the channel to it.
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence

from processes.child import Child
from processes.errors import (
    ChannelClosedError,
    ChildNotStartedError,
    ProcessError,
    SignerLockedError,
)

_FIRST = ord("S")
_STARTED, _NOT_STARTED, _LOCKED, _NO_TOKEN = b"F", b"N", b"L", b"U"


class SignerOrders:
    """Obeys: ends the token's signer that there is, starts another, and hands it over."""

    def __init__(self, start_signers: Sequence[Callable[[], Child]]) -> None:
        """Take how to start one, a token; ProcessError from it is told, and it is asked again."""
        self._start_signers = start_signers
        self._signers: dict[int, Child] = {}

    def obey(self, gateway: socket.socket) -> bool:
        """Do one order; gives whether there was one. Blocks until it comes.

        Raises:
            ConnectionError: the gateway went before it had the answer.
        """
        order = gateway.recv(1)
        number = order[0] - _FIRST if order else -1
        if number < 0:
            return False
        if number >= len(self._start_signers):
            # The gateway has read a newer configuration; the signers that there are go on.
            gateway.sendall(_NO_TOKEN)
            return True
        try:
            if number in self._signers:
                self._signers[number].kill()
            signer = self._signers[number] = self._start_signers[number]()
        except SignerLockedError:
            gateway.sendall(_LOCKED)
        except ProcessError:
            # The gateway asks again, with pauses that grow.
            gateway.sendall(_NOT_STARTED)
        else:
            with signer.socket as channel:
                socket.send_fds(gateway, [_STARTED], [channel.fileno()])
        return True

    def end(self) -> None:
        """End all signers that there are.

        Raises:
            ChildNotStartedError: one hangs in the kernel and does not end.
        """
        with contextlib.ExitStack() as stack:
            for signer in self._signers.values():
                stack.callback(signer.kill)  # one that hangs does not keep the others


class OrderLine:
    """The gateway's end. Orders may be made ahead, and for several tokens from several threads."""

    def __init__(self, sock: socket.socket) -> None:
        """Take the socket to whoever starts signers."""
        self._socket = sock
        self._ordering, self._taking = threading.Lock(), threading.Lock()
        self._ordered: deque[int] = deque()
        self._arrived: dict[int, tuple[bytes, list[int]]] = {}

    def order(self, number: int) -> None:
        """Have a signer started for the token of that number; `take` it then.

        Raises:
            ChannelClosedError: nobody is there any more.
        """
        with self._ordering:
            try:
                self._socket.sendall(bytes([_FIRST + number]))
            except OSError as gone:
                raise ChannelClosedError("the keeper is gone") from gone
            self._ordered.append(number)

    def take(self, number: int) -> socket.socket:
        """Wait for the signer that was ordered for the token; gives the channel to it.

        Raises:
            ChannelClosedError: nobody is there any more.
            ChildNotStartedError: none could be started; asking again may help.
        """
        with self._taking:
            while number not in self._arrived:
                arrived = self._next()
                self._arrived[self._ordered.popleft()] = arrived
            answer, descriptors = self._arrived.pop(number)
        if answer == _LOCKED:
            raise SignerLockedError("the signer waits for its PIN; run `sealgate hsm unseal`")
        if answer == _NO_TOKEN:
            raise ChildNotStartedError(
                "the signer's service knows no such token: restart it, its configuration is older"
            )
        if answer == _NOT_STARTED:
            raise ChildNotStartedError("the keeper could not start a signer; see its own log")
        channel = socket.socket(fileno=descriptors[0])
        # recv_fds drops its `flags`, so MSG_CMSG_CLOEXEC cannot be had.
        channel.set_inheritable(False)
        return channel

    def _next(self) -> tuple[bytes, list[int]]:
        try:
            answer, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError as gone:
            raise ChannelClosedError("the keeper is gone") from gone
        if not descriptors and answer not in (_LOCKED, _NOT_STARTED, _NO_TOKEN):
            raise ChannelClosedError("the keeper is gone")
        return answer, descriptors
