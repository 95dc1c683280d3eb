"""`sealgate hsm serve`: the signer's service. It has the PIN, starts signers, and opens no port.

Under systemd it runs as a user of its own (deploy/systemd/sealgate-signer.service), so that
whoever owns the gateway's user has neither PIN nor token.
"""

import contextlib
import grp
import os
import pwd
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import msgspec
import structlog

from gateway.wiring.machine.launching import start_signer, with_present_keys
from hsm.config import HSMConfig, SignerServiceConfig
from hsm.errors import PinUnreadableError
from hsm.pin import LONGEST_PIN_BYTES, checked_pin
from hsm.wire import MAX_MESSAGE_BYTES, Failure, Greeting, decode_from_signer
from processes.channel import BlockingChannel
from processes.child import Child
from processes.confinement import forbid_inspection
from processes.door import SignerDoor, listening_at
from processes.errors import ChannelClosedError, ProcessError, SignerLockedError
from processes.notifying import notify

_UNSEAL_SECONDS = 2.0
_LOGIN_SECONDS = 30.0
_NUMBER_BYTES = 2  # of a token, with its newline

_log = structlog.get_logger("signer")


class Unsealed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to a PIN that was handed over.

    Attributes:
        ok: the token took it, and it is kept until the service ends.
        message: what happened, for the operator.
    """

    ok: bool
    message: str


class SignerService:
    """Has the PINs, or waits for them, and starts signers with them: one a token."""

    def __init__(
        self,
        config: HSMConfig,
        *,
        starter: Callable[[HSMConfig, str | None], Child] = start_signer,
        patience_seconds: float = _LOGIN_SECONDS,
    ) -> None:
        """Take the `hsm:` section, how a signer is started, and how long a login may take."""
        self._tokens = config.tokens
        self._starter = starter
        self._patience = patience_seconds
        self._pins: dict[int, str] = {}

    def starts(self) -> tuple[Callable[[], Child], ...]:
        """How a signer is started, a token."""
        return tuple(partial(self._start, number) for number in range(len(self._tokens)))

    def waiting(self) -> tuple[int, ...]:
        """The tokens that nobody has handed the PIN over for yet, by number."""
        return tuple(
            number
            for number, token in enumerate(self._tokens)
            if token.pin.ask and number not in self._pins
        )

    def _start(self, number: int) -> Child:
        """Start a signer.

        Raises:
            SignerLockedError: nobody has handed the PIN over yet.
            ChildNotStartedError: see `start_signer`.
        """
        token, pin = self._tokens[number], self._pins.get(number)
        if token.pin.ask and pin is None:
            raise SignerLockedError("no PIN yet")
        return self._starter(token, pin)

    def unseal(self, pin: str, number: int = 0) -> Unsealed:
        """Try a PIN at the token of that number, once, and keep it if it is the right one.

        A wrong one counts against the token like any other, so nothing here tries again.
        """
        if not 0 <= number < len(self._tokens) or not self._tokens[number].pin.ask:
            return Unsealed(ok=False, message="no token of the configuration waits for this PIN")
        if number in self._pins:
            return Unsealed(ok=True, message="the signer has its PIN already; nothing was tried")
        try:
            checked_pin(pin, origin="what was handed over")
            refused = self._refused(self._tokens[number], pin)
        except (
            PinUnreadableError,
            ProcessError,
            OSError,
            msgspec.DecodeError,
            UnicodeDecodeError,
        ) as error:
            refused = str(error)
        if refused is not None:
            _log.error("unseal_refused", why=refused)
            return Unsealed(ok=False, message=refused)
        self._pins[number] = pin
        _log.info("unsealed")
        return Unsealed(ok=True, message="the token took the PIN; the gateway can sign now")

    def _refused(self, token: HSMConfig, pin: str) -> str | None:
        child = self._starter(token, pin)
        # A module may hang in C_Login, and the gateway waits behind us.
        timer = threading.Timer(self._patience, child.process.kill)
        timer.start()
        try:
            with child.socket as channel:
                frame = BlockingChannel(channel, max_frame_bytes=MAX_MESSAGE_BYTES).receive()
            if frame is None:
                raise ChannelClosedError(
                    f"the signer said nothing within {self._patience:g} s, or ended without a "
                    "word; see its log"
                )
            match decode_from_signer(frame):
                case Greeting():
                    return None
                case Failure(message=message):
                    return message
                case _:
                    return "the signer does not speak as this version does"
        finally:
            timer.cancel()
            child.kill()


def serve(
    config: HSMConfig, service: SignerServiceConfig, *, config_file: Path | None = None
) -> int:
    """Serve until TERM or INT; gives the exit code.

    Each signer is started with the keys that `config_file` names then; without one, with those
    of `config`.

    Raises:
        KeyError: there is no such user or group.
        OSError: no socket can be made there.
    """
    forbid_inspection()  # a PIN that was handed over stays here
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)

    def start(token: HSMConfig, pin: str | None) -> Child:
        now = token if config_file is None else with_present_keys(token, config_file)
        return start_signer(now, pin)

    signers = SignerService(config, starter=start)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listening_at(service.socket))
        user = pwd.getpwnam(service.gateway_user).pw_uid
        door = SignerDoor(
            listener, user=user, start_signers=signers.starts(), waiting=signers.waiting
        )
        stack.callback(door.close)
        if service.unseal_socket is not None:
            operators = grp.getgrnam(service.operators).gr_gid
            unsealing = stack.enter_context(listening_at(service.unseal_socket, group=operators))
            door.hear(unsealing, lambda: _hear_operator(unsealing, signers))
        notify("READY=1")
        _log.info("ready", socket=str(service.socket), gateway_user=service.gateway_user)
        with contextlib.suppress(SystemExit):
            door.serve()
    return 0


def hand_over(service: SignerServiceConfig, pin: str, number: int = 0) -> Unsealed:
    """`sealgate hsm unseal`: give the service a token's PIN; gives its answer.

    What is said is the PIN, for a replica after its number and a newline, which no PIN holds.

    Raises:
        OSError: nobody listens there, or not to us.
        msgspec.DecodeError | UnicodeDecodeError: whoever listens there is not the service.
    """
    with _connected(service) as channel:
        channel.sendall((f"{number}\n{pin}" if number else pin).encode())
        channel.shutdown(socket.SHUT_WR)
        return msgspec.json.decode(_all_of(channel), type=Unsealed)


@contextlib.contextmanager
def _connected(service: SignerServiceConfig) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(60)
        channel.connect(os.fspath(service.unseal_socket or ""))
        yield channel


def _hear_operator(listener: socket.socket, signers: SignerService) -> None:
    connection, _ = listener.accept()
    with connection:
        # An operator who says nothing, or little by little, must not keep the gateway from its
        # signer; and half a PIN must not be tried, since it would count against the token.
        late = threading.Event()

        def cut_off() -> None:
            late.set()
            connection.shutdown(socket.SHUT_RD)

        timer = threading.Timer(_UNSEAL_SECONDS, cut_off)
        timer.start()
        try:
            said = _all_of(connection, most=LONGEST_PIN_BYTES + _NUMBER_BYTES + 1)
            timer.cancel()
            if late.is_set():
                _log.warning("unseal_too_slow", seconds=_UNSEAL_SECONDS)
                return
            number, _, pin = said.decode().rpartition("\n")
            answer = signers.unseal(pin, int(number or "0"))
            connection.sendall(msgspec.json.encode(answer))
        except (OSError, ValueError) as error:
            _log.warning("unseal_not_understood", why=type(error).__name__)
        finally:
            timer.cancel()


def _all_of(channel: socket.socket, *, most: int = 1 << 16) -> bytes:
    heard = b""
    while len(heard) < most and (piece := channel.recv(most - len(heard))):
        heard += piece
    return heard


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
