"""The inspecting process, a child. No secrets.

For `sealgate inspect` and `sealgate policy template`, which have no workers. Confined like the
process that verifies.
"""

from pathlib import Path
from typing import NoReturn

import msgspec

from gateway.documents.errors import DocumentProblem
from gateway.documents.examining.wire import (
    PROTOCOL,
    FirstPageRead,
    Inspected,
    ReadFirstPage,
    SetUp,
    decode_to_child,
    encode,
)
from gateway.documents.first_page import first_page
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.pyhanko.reading import facts_of, open_pdf, reading_refusals
from processes.answering import answer_until_closed
from processes.channel import BlockingChannel
from processes.confinement import confine_reader

_ROOM = Path(__file__).parents[2]


def serve(channel: BlockingChannel) -> int:
    """Answer until the other end closes; gives the exit code."""
    frame = channel.receive()
    if frame is None:
        return 0
    setup = decode_to_child(frame)
    if not isinstance(setup, SetUp) or setup.protocol != PROTOCOL:
        return 2
    confine_reader(_ROOM, max_memory_bytes=setup.max_memory_bytes)
    while (frame := channel.receive()) is not None:
        message = decode_to_child(frame)
        if isinstance(message, SetUp):
            return 2
        read = read_first_page if isinstance(message, ReadFirstPage) else answer
        channel.send(encode(read(message.document)))
    return 0


def answer(document: bytes) -> Inspected:
    """Facts and findings of a file, or why there are none."""
    try:
        findings = inspect(document)
        with reading_refusals():
            facts = facts_of(open_pdf(document), document)
    except DocumentProblem as problem:
        return Inspected(facts=None, problem=problem.type, detail=problem.detail)
    return Inspected(facts=msgspec.structs.replace(facts, findings=findings))


def read_first_page(document: bytes) -> FirstPageRead:
    """The words of a file's first page, or why they cannot be read."""
    try:
        return FirstPageRead(page=first_page(document))
    except DocumentProblem as problem:
        return FirstPageRead(page=None, detail=problem.detail or problem.type)


def main() -> NoReturn:
    """Answer until the parent goes."""
    answer_until_closed(serve)
