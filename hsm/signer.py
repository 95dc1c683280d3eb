"""The signer process, a child. It has the PIN and reads only small messages.

It speaks with whoever holds the other end of one socket pair, signs a digest only against a grant,
and is killed from outside when the module hangs (see docs/hsm.md): it never waits for C_Finalize.
Whatever the other end sends, it signs what the rules allow, refuses, or leaves.
"""

import contextlib
import os
import queue
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from typing import assert_never

import msgspec
import pydantic
import structlog

from hsm.config import HSMConfig
from hsm.errors import (
    DigestLengthError,
    KeyRoomError,
    PinRefusedError,
    PinUnreadableError,
    TokenAbsentError,
    UnknownKeyError,
)
from hsm.interfaces import KeyStore
from hsm.open import open_key_store
from hsm.sentences import signed_in_test
from hsm.signer_logs import kind_and_place, write_json_logs
from hsm.tree_heads import TreeHeadBook
from hsm.wire import (
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Failure,
    FailureKind,
    FromSigner,
    Greeting,
    ProveKey,
    SetUp,
    Signature,
    SignCheckpoint,
    SignDigest,
    decode_to_signer,
    encode,
)
from policies.errors import GrantRefusedError
from policies.grant import Grant, GrantBook
from processes.channel import BlockingChannel
from processes.child import channel_socket
from processes.confinement import die_with_parent, forbid_inspection
from processes.errors import ChannelClosedError, FrameTooLargeError

# A grant lives for seconds; one for longer would have to be remembered for longer.
_LONGEST_GRANT_SECONDS = 600.0

_BUNDLE = re.compile(r"sha256:[0-9a-f]{64}")

_NOT_OURS, _CANNOT_SERVE, _BROKEN = 2, 3, 70

_log = structlog.get_logger("signer")


class SignerService:
    """What the signer does with a message, without the process around it. Thread-safe."""

    def __init__(self, *, store: KeyStore, config: HSMConfig, now: Callable[[], float]) -> None:
        self.epoch = secrets.token_bytes(16)
        self._store = store
        self._now = now
        self._latest = 0.0
        self._grants = GrantBook(epoch=self.epoch)
        self._tree_heads = TreeHeadBook()
        self._lock = threading.Lock()
        self._mechanisms = {key.id: key.mechanism for key in config.keys if key.purpose == "seal"}
        self._every_key = {key.id: key.mechanism for key in config.keys}
        self._checkpoint_keys = [key.id for key in config.keys if key.purpose == "checkpoint"]

    def answer(self, message: SignDigest | SignCheckpoint | ProveKey) -> Signature | Failure:
        """Sign, or say why not. Never raises: a thread that ended would be a session lost."""
        try:
            match message:
                case SignDigest():
                    value = self._sign(message.grant)
                case SignCheckpoint():
                    value = self._sign_checkpoint(message.text)
                case ProveKey():
                    value = self._prove(message.key)
                case _:
                    assert_never(message)
        except (KeyRoomError, GrantRefusedError) as error:
            return Failure(number=message.number, kind=kind_of(error), message=str(error))
        except Exception as error:  # noqa: BLE001 - see above
            _log.error("signer_defect", **kind_and_place(error))
            said = f"a defect of the signer ({type(error).__name__}); its log says where"
            return Failure(number=message.number, kind="internal", message=said)
        return Signature(number=message.number, value=value)

    def _sign(self, grant: Grant) -> bytes:
        mechanism = self._mechanisms.get(grant.key)
        if mechanism is None:
            raise GrantRefusedError(f"no seal key is called {grant.key!r}")
        if mechanism != grant.mechanism:
            raise GrantRefusedError(f"key {grant.key!r} signs {mechanism}, not {grant.mechanism}")
        if not _BUNDLE.fullmatch(grant.bundle):
            raise GrantRefusedError("the grant does not say by which policies it was decided")
        with self._lock:
            # Never back: the book has forgotten what expired, and would take it again.
            self._latest = max(self._latest, self._now())
            # So written that NaN, which is neither late nor early, is refused.
            if not grant.expires_at <= self._latest + _LONGEST_GRANT_SECONDS:
                raise GrantRefusedError(
                    f"the grant is not one of ours: it expires in more than "
                    f"{_LONGEST_GRANT_SECONDS:g} s; was the clock put back?"
                )
            self._grants.redeem(grant, now=self._latest)
        return self._store.sign(grant.key, grant.digest)

    def _sign_checkpoint(self, text: bytes) -> bytes:
        if len(self._checkpoint_keys) != 1:
            raise UnknownKeyError("no key has the purpose `checkpoint`; configure exactly one")
        with self._lock:
            self._tree_heads.enter(text)
        return self._store.sign_message(self._checkpoint_keys[0], text)

    def _prove(self, key: str) -> bytes:
        """Needs no grant: what is signed is a sentence of ours, whoever asks."""
        mechanism = self._every_key.get(key)
        if mechanism is None:
            raise UnknownKeyError(f"no key is called {key!r}")
        signed = signed_in_test(mechanism, 0)
        if mechanism == "ed25519":
            return self._store.sign_message(key, signed)
        return self._store.sign(key, signed)


def kind_of(error: Exception) -> FailureKind:
    """The word for an error on the wire."""
    match error:
        case GrantRefusedError() | UnknownKeyError() | DigestLengthError():
            return "grant-refused"
        case PinRefusedError() | PinUnreadableError():
            return "pin-refused"
        case TokenAbsentError():
            return "token-absent"
        case KeyRoomError():
            return "token-failed"
        case _:
            return "internal"


def serve(channel: BlockingChannel) -> int:
    """Set up, greet, and answer until the other end closes; gives the exit code.

    Raises:
        msgspec.DecodeError, FrameTooLargeError: the other end sent what is none of our messages.
        ChannelClosedError: the other end went before the greeting.
    """

    def say(message: FromSigner) -> None:
        channel.send(encode(message))

    frame = channel.receive()
    if frame is None:
        return 0
    setup = decode_to_signer(frame)
    if not isinstance(setup, SetUp) or setup.protocol != PROTOCOL:
        say(Failure(number=0, kind="internal", message="the first message is not our set-up"))
        return _NOT_OURS
    try:
        config = HSMConfig.model_validate_json(setup.config)
        store = open_key_store(config, ask_pin=lambda _question: setup.pin or "")
    except pydantic.ValidationError as error:
        # Not str(error), which shows the values.
        what = "; ".join(each["msg"] for each in error.errors(include_input=False))
        say(Failure(number=0, kind="internal", message=f"the HSM section is not ours: {what}"))
        return _NOT_OURS
    except KeyRoomError as error:
        say(Failure(number=0, kind=kind_of(error), message=str(error)))
        return _CANNOT_SERVE
    service = SignerService(store=store, config=config, now=time.time)  # noqa: TID251 - a process of its own
    requests = _Requests(lanes=1 if config.serialize else config.sessions, service=service, say=say)
    say(Greeting(protocol=PROTOCOL, epoch=service.epoch, keys=store.describe()))
    while (frame := channel.receive()) is not None:
        message = decode_to_signer(frame)
        if isinstance(message, SetUp):
            _log.critical("second_set_up", cure="look who holds the other end of the channel")
            return _NOT_OURS
        requests.put(message)
    return 0


class _Requests:
    """Requests on their way to the threads that answer them, one a session."""

    def __init__(
        self, *, lanes: int, service: SignerService, say: Callable[[FromSigner], None]
    ) -> None:
        self._service = service
        self._say = say
        self._digests: queue.SimpleQueue[SignDigest | ProveKey] = queue.SimpleQueue()
        self._checkpoints: queue.SimpleQueue[SignCheckpoint] = queue.SimpleQueue()
        for number in range(lanes):
            self._start(f"digests-{number}", self._digests)
        # One thread, so that tree heads are entered in the order in which the log sent them: two
        # could let the larger one overtake, and the smaller one would look like a shrunk tree.
        self._start("checkpoints", self._checkpoints)

    def put(self, message: SignDigest | SignCheckpoint | ProveKey) -> None:
        """Have it answered in its turn."""
        match message:
            case SignDigest() | ProveKey():
                self._digests.put(message)
            case SignCheckpoint():
                self._checkpoints.put(message)

    def _start(
        self,
        name: str,
        queued: "queue.SimpleQueue[SignDigest | ProveKey] | queue.SimpleQueue[SignCheckpoint]",
    ) -> None:
        def work() -> None:
            # When the other end has gone, the main thread hears of it too, and leaves.
            with contextlib.suppress(ChannelClosedError):
                while True:
                    self._say(self._service.answer(queued.get()))

        threading.Thread(target=work, name=name, daemon=True).start()


def main() -> None:
    """Run until the parent goes; leave without C_Finalize, which may hang."""
    die_with_parent()
    forbid_inspection()
    write_json_logs()
    code = _BROKEN
    try:
        channel = BlockingChannel(channel_socket(sys.argv[1]), max_frame_bytes=MAX_MESSAGE_BYTES)
        code = serve(channel)
    except (msgspec.DecodeError, FrameTooLargeError, UnicodeDecodeError) as error:
        # Their texts name types and lengths, never what the message held.
        _log.critical("message_not_ours", error=str(error))
        code = _NOT_OURS
    except ChannelClosedError:
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the next line leaves
        _log.critical("signer_defect", **kind_and_place(error))
    finally:
        sys.stderr.flush()
        os._exit(code)
