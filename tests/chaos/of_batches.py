"""What a batch's results and receipt are held against (I1, I2)."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.model import History, Violation

_FINAL = {"sealed", "repeated", "failed", "cancelled"}


def results_list_every_item_once(history: History) -> Iterator[Violation]:
    """I1, I2: every item that was accepted has one line, which says what became of it."""
    digests = {each.key: each.digest for each in history.documents if each.state == "sealed"}
    for batch in history.batches:
        lines = Counter(number for number, _, _ in batch.items)
        for number in batch.keys:
            if lines[number] == 0:
                yield Violation("I1", f"batch {batch.id}: item {number} has no result")
        for number, count in lines.items():
            if count > 1 or number not in batch.keys:
                yield Violation("I2", f"batch {batch.id}: item {number} is listed {count} times")
        for number, state, digest in batch.items:
            if state not in _FINAL:
                yield Violation("I1", f"batch {batch.id}: item {number} was left {state}")
            elif state in {"sealed", "repeated"} and (
                digest is None or digests.get(batch.keys.get(number, "")) != digest
            ):
                yield Violation("I1", f"batch {batch.id}: the output of item {number} is not kept")


def a_receipt_says_what_the_results_say(history: History) -> Iterator[Violation]:
    """I1: what is signed of a batch is what its caller was told."""
    for batch in history.batches:
        if Counter(batch.receipt) != Counter(batch.items):
            yield Violation("I1", f"batch {batch.id}: the receipt is not what the results say")
