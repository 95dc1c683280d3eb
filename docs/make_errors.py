"""Writes docs/errors.md from the problem types in the code: `python docs/make_errors.py`."""  # noqa: INP001 - a program, not a package

from collections.abc import Iterator
from pathlib import Path

from gateway.errors import Problem
from gateway.http.answers import PROBLEM_BASE
from gateway.http.openapi import problem_types

PAGE = Path(__file__).with_name("errors.md")

_GROUPS = {
    "gateway.http.errors": "The request",
    "gateway.signing.errors": "The decision, the seal and the signer",
    "gateway.approvals.errors": "Approvals",
    "gateway.freezes.errors": "Freezes",
    "gateway.documents.errors": "The document and the stamp",
    "gateway.batches.errors": "Batches",
    "gateway.envelopes.errors": "Envelopes between companies",
    "gateway.envelopes.carriage.errors": "The way to the cloud account network",
    "gateway.returns.errors": "Events and webhooks",
    "gateway.batches.reading.errors": "Archives and manifests of batches",
    "gateway.retention.errors": "Legal holds",
    "gateway.feeds.errors": "What connectors bring",
    "gateway.desk.errors": "Questions about policies",
    "gateway.jobs.errors": "Work that waits",
    "gateway.store.errors": "The store",
    "gateway.errors": "The gateway itself",
}
_INTRODUCTION = f"""\
# Errors

<!-- Written by docs/make_errors.py; do not edit. -->

Every error of the API is a problem (RFC 9457). Its `type` is `{PROBLEM_BASE}` and the word in the
first column, and never changes. `owner` says who can do something about it, the last column says
what. Problems with status 503 may pass by themselves: send the same request again, signed anew,
after the seconds of `Retry-After`, which stand beside the status.
"""


def page() -> str:
    """The whole page.

    Raises:
        KeyError: a room has problems and no heading here; add one to `_GROUPS`.
    """
    return "\n".join([_INTRODUCTION, *_tables()])


def _tables() -> Iterator[str]:
    by_room: dict[str, list[type[Problem]]] = {room: [] for room in _GROUPS}
    for problem in problem_types().values():
        by_room[problem.__module__].append(problem)
    for room, problems in by_room.items():
        yield f"## {_GROUPS[room]}\n"
        yield "| type | status | owner | what happened | what to do |"
        yield "|---|---|---|---|---|"
        yield from map(_row, problems)
        yield ""


def _row(problem: type[Problem]) -> str:
    seconds = problem.retry_after_seconds
    status = f"{problem.status}" if seconds is None else f"{problem.status}, {seconds} s"
    cells = (f"`{problem.type}`", status, problem.owner, problem.title, problem.cure)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
