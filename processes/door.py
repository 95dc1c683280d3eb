"""A signer's service: the keeper's half that starts signers, behind a unix socket.

The gateway runs as another user. The kernel says who connects (SO_PEERCRED, unix(7)); one gateway
at a time is served, and its connection is what `processes.orders.OrderLine` speaks over.
"""

import contextlib
import json
import os
import selectors
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog

from processes.child import Child
from processes.errors import ProcessError
from processes.orders import SignerOrders

_CREDENTIALS = struct.Struct("=iII")  # pid, uid, gid: struct ucred
_EVERYBODY, _GROUP = 0o666, 0o660

_log = structlog.get_logger("signer")


@contextlib.contextmanager
def listening_at(path: Path, *, group: int | None = None) -> Iterator[socket.socket]:
    """A listening socket; its file is gone afterwards, and whatever file was there before.

    Args:
        path: where.
        group: who may connect besides us and root; None: everybody, and the caller asks who it is.
    """
    # Under another name until it can be used: whoever sees the file may connect at once.
    beginning = path.with_name(f"{path.name}.new")
    beginning.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(beginning))
        if group is not None:
            os.chown(beginning, -1, group)
        beginning.chmod(_EVERYBODY if group is None else _GROUP)
        listener.listen()
        beginning.rename(path)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def user_at_other_end(connection: socket.socket) -> int:
    """The user id of whoever connected."""
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(said)
    return int(user)


class SignerDoor:
    """Starts signers for the process of one user."""

    def __init__(
        self,
        listener: socket.socket,
        *,
        user: int,
        start_signers: Sequence[Callable[[], Child]],
        waiting: Callable[[], Sequence[int]] = tuple,
    ) -> None:
        """Take them.

        Args:
            listener: where the gateway connects.
            user: the gateway's user id; root is no exception.
            start_signers: starts one, a token.
            waiting: which tokens wait for their PIN, by number; told to whoever is not served.
        """
        self._listener = listener
        self._user = user
        self._waiting = waiting
        self._orders = SignerOrders(start_signers)
        self._gateway: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self.hear(listener, self._accept)

    def hear(self, what: socket.socket, act: Callable[[], None]) -> None:
        """Have something done whenever a socket has something to read."""
        self._selector.register(what, selectors.EVENT_READ, act)

    def serve(self) -> None:
        """Serve until the process is ended."""
        while True:
            self.serve_next()

    def serve_next(self) -> None:
        """Wait for somebody, and do what is asked."""
        for key, _ in self._selector.select():
            key.data()

    def close(self) -> None:
        """End the signers, and let the gateway go."""
        self._let_go()
        self._selector.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        user = user_at_other_end(connection)
        if user != self._user:
            _log.warning("stranger_at_the_door", user=user, expected=self._user)
            self._tell(connection)
        elif self._is_served():
            # A second one would take the first one's signer away.
            _log.warning("second_gateway_at_the_door", user=user)
            self._tell(connection)
        else:
            self._gateway = connection
            self.hear(connection, self._obey)

    def _tell(self, connection: socket.socket) -> None:
        """Say how the door stands, which is no secret, and close it."""
        told = {"served": self._is_served(), "waiting": list(self._waiting())}
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0)  # whoever does not read keeps nobody waiting
            connection.sendall(json.dumps(told).encode())

    def _is_served(self) -> bool:
        """Whether there is a gateway; one that has gone meanwhile is let go."""
        if self._gateway is None:
            return False
        try:
            if self._gateway.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                return True
        except BlockingIOError:
            return True
        except ConnectionError:
            pass
        self._let_go()
        return False

    def _obey(self) -> None:
        if self._gateway is None:
            return  # let go since this round began
        try:
            there = self._orders.obey(self._gateway)
        except ConnectionError:
            there = False
        if not there:
            self._let_go()

    def _let_go(self) -> None:
        if self._gateway is not None:
            self._selector.unregister(self._gateway)
            self._gateway.close()
            self._gateway = None
        # As in the keeper.
        with contextlib.suppress(ProcessError):
            self._orders.end()
