"""Measuring processes: started one after the other, sent off at one moment.

A child reads its task from standard input (one line of JSON), makes everything ready that is not
measured, says so, is told the moment at which to begin, and answers with one line of JSON. Moments
are CLOCK_MONOTONIC, which all processes of a machine share (clock_gettime(2)).
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, TypeVar

import msgspec

from bench.errors import BenchError

TaskT = TypeVar("TaskT")
AnswerT = TypeVar("AnswerT")

_READY = b"ready\n"
# Long enough for every child to have read its line before the moment comes.
_LEAD_SECONDS = 0.1


def measure(
    module: str, tasks: Sequence[msgspec.Struct], answer_type: type[AnswerT]
) -> list[AnswerT]:
    """Run `python -m module` once for each task, measuring at one time; gives their answers.

    Raises:
        BenchError: a child ended without its answer; its own words are on standard error.
    """
    children: list[subprocess.Popen[bytes]] = []
    try:
        for task in tasks:
            child = subprocess.Popen(
                [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            children.append(child)
            _tell(child, msgspec.json.encode(task))
            # One after the other: a login writes to SoftHSM's token, and who opens it in that
            # moment may find none.
            if _line(child, module) != _READY:
                raise BenchError(f"{module} said something else than that it is ready")
        begin = time.monotonic() + _LEAD_SECONDS
        for child in children:
            _tell(child, repr(begin).encode())
        return [msgspec.json.decode(_line(child, module), type=answer_type) for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()


def answer(task_type: type[TaskT], prepare: Callable[[TaskT], Callable[[float], object]]) -> None:
    """Be a measuring process: `prepare` makes ready and gives what runs from the given moment."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=task_type)
    run = prepare(task)
    _say(sys.stdout.buffer, _READY)
    begin = float(sys.stdin.buffer.readline())
    _say(sys.stdout.buffer, msgspec.json.encode(run(begin)) + b"\n")


def wait_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


def _tell(child: subprocess.Popen[bytes], line: bytes) -> None:
    if child.stdin is None:
        raise TypeError("a measuring process is started with pipes")
    _say(child.stdin, line + b"\n")


def _line(child: subprocess.Popen[bytes], module: str) -> bytes:
    if child.stdout is None:
        raise TypeError("a measuring process is started with pipes")
    line = child.stdout.readline()
    if not line:
        raise BenchError(f"{module} ended with code {child.wait()} and no answer; see above")
    return line


def _say(stream: IO[bytes], line: bytes) -> None:
    stream.write(line)
    stream.flush()
