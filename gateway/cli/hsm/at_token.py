"""What a command has done at the token, in a child that alone has the PIN and the module.

The child notes each use of a key in the journal before it takes place, and leaves.
"""

import hashlib
from typing import TypeVar

import msgspec

from gateway.cli.hsm.asking_child import ask_child
from gateway.cli.terminal import fail, printable
from hsm.ceremonies.planned import FoundToken
from hsm.config import HSMConfig
from hsm.interfaces import KeyDescription

_SECONDS = 600.0
"""An HSM may take half a minute for one RSA key of 4096 bits, and a ceremony makes several."""


class MakeRequest(msgspec.Struct, frozen=True, kw_only=True, tag="request"):
    """Have a configured key sign a request; `subject` is a Name, DER, and `told` its text."""

    key: str
    subject: bytes
    told: str
    journal: str


class Request(msgspec.Struct, frozen=True, kw_only=True, tag="requested"):
    """The request (DER), and the public key that it is for (SubjectPublicKeyInfo, DER)."""

    request: bytes
    public_key: bytes

    @property
    def public_key_sha256(self) -> str:
        """Of the public key, hex: what people compare."""
        return hashlib.sha256(self.public_key).hexdigest()


class ReadKey(msgspec.Struct, frozen=True, kw_only=True, tag="key"):
    """Say what the token has of a configured key."""

    key: str


class Key(msgspec.Struct, frozen=True, kw_only=True, tag="described"):
    """What may be known of it; it has signed the self-test's sentence."""

    key: KeyDescription


class HoldCeremony(msgspec.Struct, frozen=True, kw_only=True, tag="ceremony"):
    """Make the keys of a plan that are not there, or only look (`check`).

    `plan` is a `CeremonyPlan` (`hsm.ceremonies.planned`) as JSON; `ceremony` the SHA-256 of its
    file, hex.
    """

    plan: bytes
    check: bool
    ceremony: str
    journal: str


class Ceremony(msgspec.Struct, frozen=True, kw_only=True, tag="held"):
    """What the token has of the plan now."""

    found: FoundToken


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """It was not done; the message says why."""

    message: str


Task = MakeRequest | ReadKey | HoldCeremony
Answer = Request | Key | Ceremony | Refused
AnswerT = TypeVar("AnswerT", Request, Key, Ceremony)

_tasks = msgspec.msgpack.Decoder(Task)
_answers = msgspec.msgpack.Decoder(Answer)


def decode_task(frame: bytes) -> Task:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    task: Task = _tasks.decode(frame)
    return task


def made_request(hsm: HSMConfig, task: MakeRequest) -> Request:
    """Have the request made; leaves with 2 and the reason when it was refused."""
    return _done(hsm, task, Request)


def key_of(hsm: HSMConfig, key: str) -> KeyDescription:
    """What the token has of the key; leaves with 2 and the reason when it has none."""
    return _done(hsm, ReadKey(key=key), Key).key


def held_ceremony(hsm: HSMConfig, task: HoldCeremony) -> FoundToken:
    """What the token has of the plan; leaves with 2 and the reason when it could not be told."""
    return _done(hsm, task, Ceremony).found


def _done(hsm: HSMConfig, task: Task, kind: type[AnswerT]) -> AnswerT:
    """Have it done; `hsm` names the only keys that are touched."""
    frame = ask_child(
        "gateway.cli.hsm.token_child",
        hsm=hsm,
        frames=(msgspec.msgpack.encode(task),),
        seconds=_SECONDS,
        cure=", then run this again",
    )
    answer: Answer = _answers.decode(frame)
    if isinstance(answer, kind):
        return answer
    raise fail(printable(answer.message if isinstance(answer, Refused) else repr(answer)))
