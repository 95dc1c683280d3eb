"""The judging process, a child. One file at a time, no secrets.

A file to be verified comes from anybody. So its parser sees no file but Python's own, has no
network, and a bounded memory; its time is bounded from outside (see `verifier`).
"""

import gc
from pathlib import Path
from typing import NoReturn

from gateway.revisions.quick_reading import read_quickly
from gateway.verification.judging import Judging
from gateway.verification.revising import judge_revision
from gateway.verification.wire import (
    PROTOCOL,
    Judge,
    Judged,
    JudgedRevision,
    JudgeRevision,
    SetUp,
    decode_to_child,
    encode,
)
from processes.answering import answer_until_closed
from processes.channel import BlockingChannel
from processes.confinement import confine_reader, keep_freed_memory

_ROOM = Path(__file__).parents[1]
_MOST_KEPT_BYTES = 16 * 1024 * 1024


def serve(channel: BlockingChannel) -> int:
    """Answer until the other end closes; gives the exit code."""
    frame = channel.receive()
    if frame is None:
        return 0
    setup = decode_to_child(frame)
    if not isinstance(setup, SetUp) or setup.protocol != PROTOCOL:
        return 2
    confine_reader(_ROOM, max_memory_bytes=setup.max_memory_bytes)
    keep_freed_memory(_MOST_KEPT_BYTES)
    read_quickly()
    judging = Judging(trust=setup.trust)
    # What was loaded stays: no later garbage collection needs to look at it.
    gc.freeze()
    while (frame := channel.receive()) is not None:
        match decode_to_child(frame):
            case Judge(document=document, now=now):
                answer: Judged | JudgedRevision = Judged(judgement=judging.judge(document, now=now))
            case JudgeRevision(document=document, asked=asked):
                answer = JudgedRevision(judgement=judge_revision(document, asked))
            case _:
                return 2
        channel.send(encode(answer))
    return 0


def main() -> NoReturn:
    """Answer until the parent goes."""
    answer_until_closed(serve)
