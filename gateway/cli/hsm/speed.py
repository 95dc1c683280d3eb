"""The child of `hsm test`. It alone has the PIN.

It opens the token as the signer does, signs the self-test's fixed sentences with every key for a
moment, and says how many signatures that gave. The key store verifies each one in software before
it returns it. There is no intent record for them, because they are signatures of no document.
"""

import os
import sys
import threading
import time
from collections.abc import Callable

import msgspec

from hsm.config import HSMConfig
from hsm.errors import KeyRoomError
from hsm.interfaces import KeyDescription, KeyStore
from hsm.open import open_key_store
from hsm.sentences import signed_in_test
from hsm.wire import SetUp, decode_to_signer
from processes.channel import BlockingChannel
from processes.child import channel_socket
from processes.confinement import die_with_parent, forbid_inspection


class KeySpeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a key did. `error` is why it stopped, if it did; then the rate says nothing."""

    id: str
    label: str
    mechanism: str
    signatures: int
    seconds: float
    threads: int
    error: str | None


class Speeds(msgspec.Struct, frozen=True, kw_only=True, tag="speeds"):
    """Every key's speed."""

    keys: tuple[KeySpeed, ...]


class NotOpened(msgspec.Struct, frozen=True, kw_only=True, tag="not-opened"):
    """The token could not be opened, so no key was tried."""

    message: str


Answer = Speeds | NotOpened

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Answer)


def decode_answer(frame: bytes) -> Answer:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: Answer = _decoder.decode(frame)
    return message


def try_keys(store: KeyStore, *, seconds: float, threads: int) -> Speeds:
    """Sign with one key after the other, from as many threads as there are sessions."""
    return Speeds(keys=tuple(_try_key(store, key, seconds, threads) for key in store.describe()))


def _try_key(store: KeyStore, key: KeyDescription, seconds: float, threads: int) -> KeySpeed:
    sign = _signing(store, key)
    counts = [0] * threads
    failures: list[KeyRoomError] = []
    started = time.monotonic()

    def sign_until_then(thread: int) -> None:
        number = thread
        while not failures and time.monotonic() < started + seconds:
            try:
                sign(number)
            except KeyRoomError as error:
                failures.append(error)
                return
            counts[thread] += 1
            number += threads

    crowd = [threading.Thread(target=sign_until_then, args=(each,)) for each in range(threads)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    return KeySpeed(
        id=key.id,
        label=key.label,
        mechanism=key.mechanism,
        signatures=sum(counts),
        seconds=time.monotonic() - started,
        threads=threads,
        error=str(failures[0]) if failures else None,
    )


def _signing(store: KeyStore, key: KeyDescription) -> Callable[[int], bytes]:
    sign = store.sign_message if key.mechanism == "ed25519" else store.sign
    return lambda number: sign(key.id, signed_in_test(key.mechanism, number))


def _serve(channel: BlockingChannel, seconds: float) -> int:
    frame = channel.receive()
    setup = None if frame is None else decode_to_signer(frame)
    if not isinstance(setup, SetUp):
        return 2
    config = HSMConfig.model_validate_json(setup.config)
    try:
        store = open_key_store(config, ask_pin=lambda _question: setup.pin or "")
    except KeyRoomError as error:
        channel.send(_encoder.encode(NotOpened(message=str(error))))
        return 1
    speeds = try_keys(store, seconds=seconds, threads=1 if config.serialize else config.sessions)
    channel.send(_encoder.encode(speeds))
    return 0


def main() -> None:
    """Run once; leave without C_Finalize, which may hang."""
    die_with_parent()
    forbid_inspection()
    code = _serve(BlockingChannel(channel_socket(sys.argv[1])), float(sys.argv[2]))
    sys.stderr.flush()
    os._exit(code)
