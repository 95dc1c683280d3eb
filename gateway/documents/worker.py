"""The document worker, a child process. One document at a time, no secrets.

It parses hostile input, so before the first document it gives up the network, every file that is
neither code nor font, and all memory beyond a bound; its time is bounded from outside, where it can
be killed (see `pool`).
"""

import gc
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from gateway.documents.errors import (
    DocumentProblem,
    PreparationFailedProblem,
    SealUnusableProblem,
    StampUnusableProblem,
)
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.documents.wire import (
    PROTOCOL,
    FromWorker,
    LoadSeal,
    Prepare,
    PreparedReply,
    Ready,
    Refused,
    SetUp,
    decode_to_worker,
    encode,
)
from gateway.seals.model import SealMaterial
from processes.answering import answer_until_closed
from processes.channel import BlockingChannel
from processes.confinement import (
    forbid_inspection,
    keep_freed_memory,
    leave_the_network,
    limit_memory,
    see_only,
)

MOST_KEPT_BYTES = 64 * 1024 * 1024
"""Of freed memory: what drawing an A4 page takes, three times over."""

_ROOMS = ("gateway", "hsm", "policies", "processes", "strictyaml")
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone")


class DocumentWorker:
    """What a worker does with a message, without the process around it."""

    def __init__(self, stamp_font: Path | None) -> None:
        self._font = StampFont(stamp_font)
        self._presses: dict[str, TwoWayPress | DocumentProblem] = {}

    def load(self, message: LoadSeal) -> None:
        """Make a seal's press ready; what is wrong with its stamp is told with each document."""
        seal = message.material
        try:
            self._presses[seal.fingerprint] = self._press(seal)
        except (StampUnusableProblem, SealUnusableProblem) as problem:
            self._presses[seal.fingerprint] = problem

    def _press(self, seal: SealMaterial) -> TwoWayPress:
        try:
            artwork = None if seal.stamp is None else artwork_for(seal.stamp, font=self._font)
        except StampError as error:
            raise StampUnusableProblem(f"seal {seal.id!r}: {error}") from None
        except Exception as error:  # noqa: BLE001 - a picture must not end the worker
            kind = type(error).__name__
            raise StampUnusableProblem(f"seal {seal.id!r}: drawing it failed ({kind})") from None
        try:
            return TwoWayPress(seal, artwork)
        except Exception as error:  # noqa: BLE001 - nor must a certificate
            raise SealUnusableProblem(f"seal {seal.id!r}: {error}") from None

    def answer(self, message: Prepare, document: bytes) -> PreparedReply | Refused:
        """Prepare, or say why not."""
        self._font.close()  # seals come several at a time, and documents want the memory
        press = self._presses[message.seal]
        if isinstance(press, DocumentProblem):
            return _refused(message, press)
        try:
            prepared = press.prepare(document, message.preparation)
        except DocumentProblem as problem:
            return _refused(message, problem)
        return PreparedReply(number=message.number, prepared=prepared)


def _refused(message: Prepare, problem: DocumentProblem) -> Refused:
    return Refused(number=message.number, problem=problem.type, detail=problem.detail)


def frame_of(worker: DocumentWorker, message: Prepare, document: bytes) -> bytes:
    """The worker's answer as a frame. A defect of ours is told as one, and costs no worker."""
    try:
        return encode(worker.answer(message, document))
    except Exception as error:  # noqa: BLE001 - see above
        traceback.print_exc()
        kind = type(error).__name__
        return encode(_refused(message, PreparationFailedProblem(f"a worker failed ({kind})")))


def restrict(setup: SetUp) -> tuple[str, ...]:
    """Give up what a worker does not need; names what is in force."""
    forbid_inspection()
    limit_memory(setup.max_memory_bytes)
    keep_freed_memory(MOST_KEPT_BYTES)
    restrictions = ["memory", "inspection"]
    if leave_the_network():
        restrictions.append("network")
    # Also keeps it from the audit log's key and the store, which the gateway may read.
    if see_only(readable=_readable(setup), writable=()):
        restrictions.append("files")
    return tuple(restrictions)


def _readable(setup: SetUp) -> Iterator[Path]:
    yield from map(Path, (sys.prefix, sys.base_prefix, *_SYSTEM))
    # Our rooms one by one: in a checkout the folder that holds them also holds the state.
    for room in _ROOMS:
        spec = find_spec(room)
        yield from map(Path, (spec and spec.submodule_search_locations) or ())
    if setup.stamp_font is not None:
        yield Path(setup.stamp_font)


def serve(
    channel: BlockingChannel, make_worker: Callable[[Path | None], DocumentWorker] = DocumentWorker
) -> int:
    """Answer until the other end closes; gives the exit code.

    Args:
        channel: this process's end of it.
        make_worker: what answers, from the font for round stamps.
    """

    def say(message: FromWorker) -> None:
        channel.send(encode(message))

    frame = channel.receive()
    if frame is None:
        return 0
    setup = decode_to_worker(frame)
    if not isinstance(setup, SetUp) or setup.protocol != PROTOCOL:
        return 2
    restrictions = restrict(setup)
    worker = make_worker(None if setup.stamp_font is None else Path(setup.stamp_font))
    # What was loaded stays: no later garbage collection needs to look at it.
    gc.collect()
    gc.freeze()
    say(Ready(protocol=PROTOCOL, restrictions=restrictions))
    while (frame := channel.receive()) is not None:
        match decode_to_worker(frame):
            case LoadSeal() as message:
                worker.load(message)
            case Prepare() as message:
                if (document := channel.receive()) is None:
                    return 0
                channel.send(frame_of(worker, message, document))
                del document
            case SetUp():
                return 2
    return 0


def main() -> NoReturn:
    """Answer until the parent goes."""
    answer_until_closed(serve)
