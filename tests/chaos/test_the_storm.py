"""Processes are killed under callers that repeat themselves; then all is held against all.

The checker that judges the storm is tried first on the storm's own history, with one thing made
wrong at a time: what it would not find there, it would not find in a real failure.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.checker import violations
from tests.chaos.installation import install
from tests.chaos.model import (
    Accepted,
    Answered,
    Asked,
    BatchLine,
    BatchResults,
    FolderLine,
    History,
    Invariant,
    StoredDocument,
    Submitted,
)
from tests.chaos.run import Outcome, storm
from tests.hsm_shim.shim import Call

pytestmark = pytest.mark.timeout(300)  # two minutes are little where the machine is busy
KILLS = 9
MOST = 20
PIN_INCORRECT = 0xA0


@pytest.fixture(scope="module")
def stormy(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    directory = tmp_path_factory.mktemp("storm")
    installation = install(trial_template, directory / "var", per_month=MOST)
    running = storm(
        installation,
        directory / "client.log",
        kills=KILLS,
        seed=20261127,
        most_progress=40,
        judged=20,
    )
    return asyncio.run(running)


def test_nothing_is_lost_or_sealed_twice_however_often_processes_are_killed(
    stormy: Outcome,
) -> None:
    assert stormy.violations == []
    assert sum(stormy.kills.values()) == KILLS
    kinds = {each.kind for each in stormy.history.client if isinstance(each, Answered)}
    assert {"sealed", "gone"} <= kinds  # it was a storm
    assert len(stormy.history.documents) >= KILLS
    assert any(each.judged == "valid" for each in stormy.history.documents)
    results = Counter(line.state for batch in stormy.history.batches for line in batch.lines)
    assert set(results) == {"sealed", "repeated", "failed"}
    assert results["failed"] == len(stormy.history.batches)  # the broken one of each


def sealed_answer(history: History) -> Answered:
    return next(
        each for each in history.client if isinstance(each, Answered) and each.kind == "sealed"
    )


def row_of(history: History) -> StoredDocument:
    return next(each for each in history.documents if each.id == sealed_answer(history).document)


def with_row(history: History, **changes: object) -> History:
    row = row_of(history)
    changed = replace(row, **changes)  # type: ignore[arg-type]
    rows = tuple(changed if each is row else each for each in history.documents)
    return replace(history, documents=rows)


def with_answer(history: History, **changes: object) -> History:
    answer = sealed_answer(history)
    return replace(history, client=(*history.client, replace(answer, **changes)))  # type: ignore[arg-type]


def without_answer(history: History) -> History:
    key = sealed_answer(history).key
    left = (each for each in history.client if isinstance(each, Asked) or each.key != key)
    return replace(history, client=tuple(left))


def without_row(history: History) -> History:
    row = row_of(history)
    return replace(history, documents=tuple(each for each in history.documents if each is not row))


def with_call(history: History, **changes: object) -> History:
    seal = next(
        each for each in history.calls if each.key == "receipt-south" and each.answer is None
    )
    usual = {"at": seal.at, "pid": 1, "thread": 1, "name": "C_Sign", "key": "receipt-south"}
    return replace(history, calls=(*history.calls, Call(**(usual | changes))))  # type: ignore[arg-type]


def used_by_south(history: History) -> bytes:
    """What a seal's key signed, and not in a self-test: there are at most 64 sentences."""
    data = {each.data: None for each in history.calls if each.key == "receipt-south" and each.data}
    uses = Counter(each.data for each in history.calls if each.data in data)
    (least, _) = uses.most_common()[-1]
    assert least is not None
    return least


def without_intents(history: History) -> History:
    document = sealed_answer(history).document
    left = tuple(
        each
        for each in history.records
        if not (each["kind"] == "intent" and each["document"] == document)
    )
    return replace(history, records=left, leaves=history.leaves[: len(left)])


def with_records(history: History, kind: str, **changes: object) -> History:
    """The first record of that kind changed; its leaf stays as it is."""
    first = next(each for each in history.records if each["kind"] == kind)
    changed = dict(first) | changes
    records = tuple(changed if each is first else each for each in history.records)
    return replace(history, records=records)


def signed_too_early(history: History) -> History:
    return replace(history, calls=tuple(replace(each, at=each.at - 3600) for each in history.calls))


def sealed_twice(history: History) -> History:
    outcome = next(each for each in history.records if each.get("result") == "sealed")
    return with_further_leaf(history, dict(outcome))


def with_further_leaf(history: History, record: dict[str, object]) -> History:
    leaf = json.dumps(record).encode()
    return replace(history, records=(*history.records, record), leaves=(*history.leaves, leaf))


def with_forbidden_row(history: History) -> History:
    key = row_of(history).key
    asked = Asked(attempt="x", key=key, is_allowed=False, at=0.0)
    return replace(history, client=(asked, *history.client))


def with_batch(history: History, **changes: object) -> History:
    """A batch of the first three sealed documents, with its results as they should be."""
    rows = [each for each in history.documents if each.state == "sealed"][:3]
    lines = tuple(
        BatchLine(
            number=number, name=f"{row.key}.pdf", state="sealed", document=row.id, digest=row.digest
        )
        for number, row in enumerate(rows, 1)
    )
    names = tuple(each.name for each in lines)
    events = (
        Submitted(attempt="b", key="batch", names=names, at=0.0),
        Accepted(attempt="b", key="batch", batch="b-1", at=1.0),
    )
    right = BatchResults(id="b-1", state="finished", lines=lines, receipt=lines)
    changed = replace(right, **changes)  # type: ignore[arg-type]
    batches = (*history.batches, changed)
    return replace(history, client=(*history.client, *events), batches=batches)


def batch_lines(history: History) -> tuple[BatchLine, ...]:
    return with_batch(history).batches[-1].lines


def with_first_line(history: History, **changes: object) -> History:
    first, *rest = batch_lines(history)
    return with_batch(history, lines=(replace(first, **changes), *rest))  # type: ignore[arg-type]


def with_folder(history: History, **changes: object) -> History:
    assert history.folder is not None
    return replace(history, folder=replace(history.folder, **changes))  # type: ignore[arg-type]


def sealed_line(history: History) -> FolderLine:
    assert history.folder is not None
    return next(each for each in history.folder.lines if each.state == "sealed")


def with_line(history: History, **changes: object) -> History:
    """A file's line changed."""
    assert history.folder is not None
    line = sealed_line(history)
    changed = replace(line, **changes)  # type: ignore[arg-type]
    lines = tuple(changed if each is line else each for each in history.folder.lines)
    return with_folder(history, lines=lines)


def taken_twice(history: History) -> History:
    history = with_batch(history)
    again = Accepted(attempt="b2", key="batch", batch="b-2", at=2.0)
    return replace(history, client=(*history.client, again))


def never_taken(history: History) -> History:
    history = with_batch(history)
    left = (each for each in history.client if getattr(each, "batch", None) != "b-1")
    return replace(history, client=tuple(left), batches=history.batches[:-1])


WRONG: dict[str, tuple[Invariant, str, Callable[[History], History]]] = {
    "a caller is never answered": ("I1", "never answered", without_answer),
    "an acknowledged document is gone": ("I1", "is gone", without_row),
    "an acknowledged document is only intended": (
        "I1",
        "is gone",
        lambda history: with_row(history, state="intent"),
    ),
    "the bytes on the disk are others": (
        "I1",
        "on disk",
        lambda history: with_row(history, found="0" * 64),
    ),
    "the bytes on the disk are missing": (
        "I1",
        "on disk None",
        lambda history: with_row(history, found=None),
    ),
    "somebody else's document was given": (
        "I1",
        "which is",
        lambda history: with_answer(history, key="storm-none-allowed"),
    ),
    "a repeat gives other bytes": (
        "I2",
        "2 outputs",
        lambda history: with_answer(history, digest="0" * 64),
    ),
    "a repeat gives another document": (
        "I2",
        "2 outputs",
        lambda history: with_answer(history, document="another"),
    ),
    "a key has two rows": (
        "I2",
        "2 rows",
        lambda history: replace(
            history, documents=(*history.documents, replace(row_of(history), id="another"))
        ),
    ),
    "a document has two outcomes": ("I2", "2 sealed outcomes", sealed_twice),
    "a key is used for what nobody intended": (
        "I3",
        "nobody intended",
        lambda history: with_call(history, data=b"\7" * 32),
    ),
    "a key is used by another's intent": (
        "I3",
        "nobody intended",
        lambda history: with_call(history, key="receipt-east", data=used_by_south(history)),
    ),
    "a key is used before the intent": ("I3", "before the intent", signed_too_early),
    "intents are lost after the key was used": ("I3", "nobody intended", without_intents),
    "a tree head is signed that is not the log's": (
        "I3",
        "not this log's",
        lambda history: with_call(
            history,
            key="audit-log",
            data=b"sealgate-demo.example/audit\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        ),
    ),
    "a seal does not verify": (
        "I4",
        "does not verify",
        lambda history: with_row(history, judged="not-valid"),
    ),
    "no record tells of a seal": (
        "I4",
        "no record says so",
        lambda history: with_answer(history, digest="0" * 64),
    ),
    "a seal is in no signed tree": (
        "I4",
        "in no signed tree",
        lambda history: replace(history, head=(1, (history.head or (0, b""))[1])),
    ),
    "the signed root is another": (
        "I4",
        "is not theirs",
        lambda history: replace(history, head=((history.head or (0, b""))[0], bytes(32))),
    ),
    "no tree head was signed": ("I4", "no tree head", lambda history: replace(history, head=None)),
    "a record is not what its leaf says": (
        "I4",
        "not what its leaf says",
        lambda history: with_records(history, "intent", seal="another"),
    ),
    "a record is put in": (
        "I4",
        "does not follow",
        lambda history: with_further_leaf(history, dict(history.records[1])),
    ),
    "the auditor finds something": (
        "I4",
        "audit verify",
        lambda history: replace(history, audit=("a count was lowered",)),
    ),
    "what is forbidden was sealed": (
        "I5",
        "was sealed",
        lambda history: with_answer(
            history,
            key=next(e.key for e in history.client if isinstance(e, Asked) and not e.is_allowed),
        ),
    ),
    "what is forbidden was intended": ("I5", "got as far as", with_forbidden_row),
    "a denial was intended": (
        "I5",
        "not allowed",
        lambda history: with_records(history, "intent", decision={"type": "denied", "reasons": []}),
    ),
    "the PIN stands in a log": (
        "I6",
        "gateway.log",
        lambda history: replace(
            history, texts={"gateway.log": b"pin " + history.secrets[0] + b"\n"}
        ),
    ),
    "the PIN stands in a record": (
        "I6",
        "record",
        lambda history: replace(history, secrets=(history.leaves[0][10:20],)),
    ),
    "a PIN was refused": (
        "I6",
        "login was refused",
        lambda history: with_call(history, name="C_Login", key=None, answer=PIN_INCORRECT),
    ),
    "a limit was passed": (
        "I7",
        "was used for",
        lambda history: replace(history, limits={"receipts/tms-automatic": 1}),
    ),
    "an outcome stands before its intent": (
        "I7",
        "follows no intent",
        lambda history: with_records(history, "outcome", intent=10**9),
    ),
    "a row has another's intent": (
        "I7",
        "has no intent",
        lambda history: with_row(history, intent=0),
    ),
    "a row has another's outcome": (
        "I7",
        "has no outcome",
        lambda history: with_row(history, outcome=0),
    ),
    "a batch is never taken": ("I1", "never taken", never_taken),
    "a batch is taken twice": ("I2", "was taken as 2", taken_twice),
    "a batch does not finish": (
        "I1",
        "has not finished",
        lambda history: with_batch(history, state="open"),
    ),
    "a document of a batch has no result": (
        "I1",
        "has no result",
        lambda history: with_batch(history, lines=batch_lines(history)[:2]),
    ),
    "a document of a batch was left waiting": (
        "I1",
        "left waiting",
        lambda history: with_first_line(history, state="waiting"),
    ),
    "a document of a batch is listed twice": (
        "I2",
        "listed 2 times",
        lambda history: with_batch(history, lines=(*batch_lines(history), batch_lines(history)[0])),
    ),
    "a document is listed that nobody handed in": (
        "I2",
        "listed 1 times",
        lambda history: with_first_line(history, name="another.pdf"),
    ),
    "the output of a batch's document is not kept": (
        "I1",
        "is not kept",
        lambda history: with_first_line(history, digest="0" * 64),
    ),
    "a document of a batch is sealed twice": (
        "I2",
        "sealed 2 times",
        lambda history: with_batch(
            history,
            lines=(*batch_lines(history), replace(batch_lines(history)[0], document="another")),
        ),
    ),
    "a receipt leaves a document out": (
        "I1",
        "the receipt is not",
        lambda history: with_batch(history, receipt=batch_lines(history)[1:]),
    ),
    "a file has no result": (
        "I1",
        "has no result",
        lambda history: with_folder(history, dropped=("another.pdf",)),
    ),
    "a file has two results": (
        "I2",
        "has 2 results",
        lambda history: with_folder(
            history,
            lines=(*with_folder(history).folder.lines, sealed_line(history)),  # type: ignore[union-attr]
        ),
    ),
    "a file was taken and forgotten": (
        "I1",
        "left behind",
        lambda history: with_folder(history, left=("taken/F1.pdf",)),
    ),
    "a file in the folder is not the document": (
        "I1",
        "not what was sealed",
        lambda history: with_line(history, digest="0" * 64),
    ),
    "a document is given for two files": (
        "I2",
        "given for 2 files",
        lambda history: with_folder(
            history,
            lines=(
                *with_folder(history).folder.lines,  # type: ignore[union-attr]
                replace(sealed_line(history), name="another.pdf"),
            ),
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_checker_finds_it_when(stormy: Outcome, wrong: str) -> None:
    invariant, told, change = WRONG[wrong]
    found = violations(change(stormy.history))
    assert any(each.invariant == invariant and told in each.what for each in found), found


def test_a_right_batch_is_no_violation(stormy: Outcome) -> None:
    assert violations(with_batch(stormy.history)) == []
