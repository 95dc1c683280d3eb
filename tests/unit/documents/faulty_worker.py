"""A real document worker, but for documents that begin with FAULT.

What a hostile document may one day make a worker do, done on demand in the real process with its
real confinement: hang, die, eat memory, call home, read files, talk nonsense.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import msgspec

from gateway.documents.errors import DocumentProblem
from gateway.documents.pyhanko.reading import reading_refusals
from gateway.documents.wire import PROTOCOL, Prepare, PreparedReply, Ready, Refused
from gateway.documents.worker import DocumentWorker, serve
from policies.model import ContentFacts
from processes.channel import BlockingChannel
from processes.child import channel_socket
from processes.confinement import die_with_parent

MARK = b"FAULT "
RECEIPT = (
    Path(__file__).parents[3] / "examples" / "receipts" / "plain-roll58-line-ends-crlf-614.pdf"
).read_bytes()


class FaultyWorker(DocumentWorker):
    """Answers like a worker, unless the document orders a fault."""

    def answer(self, message: Prepare, document: bytes) -> PreparedReply | Refused:
        """Do what the document says after the mark, if it has one."""
        if not document.startswith(MARK):
            return super().answer(message, document)
        fault, *arguments = document.removeprefix(MARK).decode().split(" ")
        match fault:
            case "hang":
                threading.Event().wait()
            case "spin":
                while True:
                    pass
            case "die":
                os.kill(os.getpid(), getattr(signal, arguments[0]))
            case "loaded":
                ready = " ".join(sorted(self._presses))
                return Refused(number=message.number, problem="document-damaged", detail=ready)
            case "wrong-number":
                return Refused(number=message.number + 1, problem="document-damaged", detail="")
            case "wrong-kind":
                return Ready(protocol=PROTOCOL, restrictions=())  # type: ignore[return-value]  # the fault
            case "no-room" | "unasked-content":
                forge = self._without_room if fault == "no-room" else self._with_unasked_content
                return forge(message)
            case _:
                problem, detail = _reported(fault, arguments)
                return Refused(number=message.number, problem=problem, detail=detail)
        raise AssertionError(f"the worker has survived {fault!r}")

    def _without_room(self, message: Prepare) -> PreparedReply | Refused:
        ordinary = super().answer(message, RECEIPT)
        assert isinstance(ordinary, PreparedReply)
        at = ordinary.prepared.container_at + 2
        moved = msgspec.structs.replace(ordinary.prepared, container_at=at)
        return msgspec.structs.replace(ordinary, prepared=moved)

    def _with_unasked_content(self, message: Prepare) -> PreparedReply | Refused:
        ordinary = super().answer(message, RECEIPT)
        assert isinstance(ordinary, PreparedReply)
        content = ContentFacts(asked=frozenset({"amounts"}), amounts=(1,))
        facts = msgspec.structs.replace(ordinary.prepared.facts, content=content)
        told = msgspec.structs.replace(ordinary.prepared, facts=facts)
        return msgspec.structs.replace(ordinary, prepared=told)


def _reported(fault: str, arguments: list[str]) -> tuple[str, str]:
    match fault:
        case "hog":
            return _hog()
        case "connect":
            return "document-damaged", _connect(arguments[0], int(arguments[1]))
        case "read":
            return "document-damaged", _read(Path(arguments[0]))
        case _:
            return fault, "no such problem"


def _hog() -> tuple[str, str]:
    eaten = []
    try:
        with reading_refusals():
            while True:
                eaten.append(bytearray(32 * 1024 * 1024))
    except DocumentProblem as refusal:
        eaten.clear()
        return refusal.type, refusal.detail


def _connect(host: str, port: int) -> str:
    try:
        with socket.create_connection((host, port), timeout=5):
            return "connected"
    except OSError as error:
        return f"no way: {type(error).__name__}"


def _read(path: Path) -> str:
    try:
        return f"read {len(path.read_bytes())} bytes"
    except OSError as error:
        return f"no way: {type(error).__name__}"


def main() -> None:
    """Run until the parent goes."""
    die_with_parent()
    os._exit(serve(BlockingChannel(channel_socket(sys.argv[1])), FaultyWorker))
