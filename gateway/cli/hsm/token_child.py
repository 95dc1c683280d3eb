"""The child of `at_token`. It alone has the PIN."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.cli.hsm.at_token import (
    Answer,
    Ceremony,
    HoldCeremony,
    Key,
    MakeRequest,
    ReadKey,
    Refused,
    Request,
    Task,
    decode_task,
)
from gateway.clock import SystemClock
from gateway.keys.errors import KeyActError
from gateway.keys.journal import KeyJournal
from hsm.ceremonies.planned import CeremonyPlan, FoundKey, FoundToken
from hsm.ceremonies.planned_keys import look, make_missing
from hsm.ceremonies.requests import signed_request, unsigned_request
from hsm.config import HSMConfig
from hsm.errors import KeyRoomError
from hsm.interfaces import KeyDescription, KeyStore
from hsm.open import open_key_store
from hsm.pin import read_pin
from hsm.wire import SetUp, decode_to_signer
from processes.channel import BlockingChannel
from processes.child import channel_socket
from processes.confinement import die_with_parent, forbid_inspection


def _answer(config: HSMConfig, pin: str, task: Task) -> Answer:
    try:
        if isinstance(task, HoldCeremony):
            return Ceremony(found=_hold(config, pin, task))
        with _opened(config, pin) as store:
            (key,) = (each for each in store.describe() if each.id == task.key)
            match task:
                case MakeRequest():
                    return _request(store, key, task)
                case ReadKey():
                    return Key(key=key)
    except (KeyRoomError, KeyActError) as error:
        return Refused(message=str(error))


def _hold(config: HSMConfig, pin: str, task: HoldCeremony) -> FoundToken:
    plan = CeremonyPlan.model_validate_json(task.plan)
    journal = KeyJournal(Path(task.journal), clock=SystemClock())
    read = read_pin(config.pin, ask=lambda _question: pin, question="")
    if task.check:
        return look(config, plan, pin=read)
    # What cannot be noted afterwards is not begun.
    journal.prove()

    def note(made: FoundKey) -> None:
        journal.note("made", key=made.id, public_key=made.public_key_sha256, ceremony=task.ceremony)

    return make_missing(config, plan, pin=read, made=note)


def _request(store: KeyStore, key: KeyDescription, task: MakeRequest) -> Request:
    journal = KeyJournal(Path(task.journal), clock=SystemClock())
    unsigned = unsigned_request(key, subject=task.subject)

    def sign(key_id: str, digest: bytes) -> bytes:
        # The note is durable before the key is used, as an intent is.
        journal.note(
            "request",
            key=key.id,
            public_key=hashlib.sha256(key.public_key).hexdigest(),
            signed=digest.hex(),
            subject=task.told,
        )
        return store.sign(key_id, digest)

    return Request(request=signed_request(unsigned, sign), public_key=key.public_key)


@contextlib.contextmanager
def _opened(config: HSMConfig, pin: str) -> Iterator[KeyStore]:
    store = open_key_store(config, ask_pin=lambda _question: pin)
    try:
        yield store
    finally:
        store.close()


def _serve(channel: BlockingChannel) -> int:
    first, second = channel.receive(), channel.receive()
    if first is None or second is None:
        return 2
    setup = decode_to_signer(first)
    if not isinstance(setup, SetUp):
        return 2
    config = HSMConfig.model_validate_json(setup.config)
    answer = _answer(config, setup.pin or "", decode_task(second))
    channel.send(msgspec.msgpack.encode(answer))
    return 0


def main() -> None:
    """Run once; leave without C_Finalize, which may hang."""
    die_with_parent()
    forbid_inspection()
    code = _serve(BlockingChannel(channel_socket(sys.argv[1])))
    sys.stderr.flush()
    os._exit(code)
