"""What batches' results and receipts are held against (I1, I2)."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.model import Accepted, History, Submitted, Violation

_FINAL = {"sealed", "repeated", "failed", "cancelled"}
_WITH_OUTPUT = {"sealed", "repeated"}


def every_batch_is_taken_once_and_finished(history: History) -> Iterator[Violation]:
    """I1, I2: however often it is handed in, it is one batch, and it comes to its end."""
    taken = defaultdict(set)
    for event in history.client:
        if isinstance(event, Submitted):
            taken[event.key].update(())
        elif isinstance(event, Accepted):
            taken[event.key].add(event.batch)
    ended = {each.id for each in history.batches if each.state == "finished"}
    for key, batches in taken.items():
        if not batches:
            yield Violation("I1", f"batch {key} was handed in and never taken")
        if len(batches) > 1:
            yield Violation("I2", f"batch {key} was taken as {len(batches)}: {sorted(batches)}")
        for batch in batches - ended:
            yield Violation("I1", f"batch {batch} was taken and has not finished")


def results_list_every_item_once(history: History) -> Iterator[Violation]:
    """I1, I2: every document that was handed in has one line, which says what became of it."""
    for batch in history.batches:
        names = _names(history, batch.id)
        lines = Counter((each.number, each.name) for each in batch.lines)
        handed_in = list(enumerate(names, 1))
        known = set(handed_in)
        for item in handed_in:
            if lines[item] == 0:
                yield Violation("I1", f"batch {batch.id}: {item} has no result")
        for item, count in lines.items():
            if count > 1 or item not in known:
                yield Violation("I2", f"batch {batch.id}: {item} is listed {count} times")
        for each in batch.lines:
            if each.state not in _FINAL:
                yield Violation("I1", f"batch {batch.id}: {each.name} was left {each.state}")


def outputs_of_batches_are_kept_and_are_one_each(history: History) -> Iterator[Violation]:
    """I1, I2: what a line tells of is there; the same document in two batches is sealed once."""
    kept = {each.id: each.found for each in history.documents if each.state == "sealed"}
    sealed = defaultdict(set)
    for batch in history.batches:
        for line in batch.lines:
            if line.state not in _WITH_OUTPUT:
                continue
            sealed[line.name].add((line.document, line.digest))
            if line.digest is None or kept.get(line.document or "") != line.digest:
                yield Violation("I1", f"batch {batch.id}: the output of {line.name} is not kept")
    for name, outputs in sealed.items():
        if len(outputs) > 1:
            yield Violation("I2", f"{name} was sealed {len(outputs)} times: {sorted(outputs)}")


def a_receipt_says_what_the_results_say(history: History) -> Iterator[Violation]:
    """I1: what is signed of a batch is what its caller was told."""
    for batch in history.batches:
        if batch.receipt is not None and Counter(batch.receipt) != Counter(batch.lines):
            yield Violation("I1", f"batch {batch.id}: the receipt is not what the results say")


def _names(history: History, batch: str) -> tuple[str, ...]:
    attempts = {
        each.attempt
        for each in history.client
        if isinstance(each, Accepted) and each.batch == batch
    }
    return next(
        (
            each.names
            for each in history.client
            if isinstance(each, Submitted) and each.attempt in attempts
        ),
        (),
    )
