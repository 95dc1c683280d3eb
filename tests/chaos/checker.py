"""Judges a run by what is left of it: the seven invariants of docs/reliability.md.

It knows nothing of how the gateway works inside, and takes no part in the run.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from tests.chaos import of_batches, of_folders, of_keys, of_records
from tests.chaos.model import Answered, Asked, History, Violation


def violations(history: History) -> list[Violation]:
    """All that did not hold; empty when the run was right."""
    return [found for check in _CHECKS for found in check(history)]


def everybody_gets_an_answer(history: History) -> Iterator[Violation]:
    """I1: whoever asked was told in the end, and what was sealed is still there."""
    asked = {each.key for each in history.client if isinstance(each, Asked)}
    told = {each.key for each in _answers(history) if each.kind in {"sealed", "refused"}}
    for key in sorted(asked - told):
        yield Violation("I1", f"{key} was asked for and never answered")
    kept = {each.id: each for each in history.documents}
    for answer in _sealed(history):
        row = kept.get(answer.document or "")
        if row is None or row.state != "sealed":
            yield Violation("I1", f"{answer.key}: {answer.document} was given and is gone")
        elif row.key != answer.key:
            yield Violation("I1", f"{answer.key} was given {row.id}, which is {row.key}'s")
        elif not row.digest == row.found == answer.digest:
            yield Violation(
                "I1",
                f"{answer.key}: given {answer.digest}, row {row.digest}, on disk {row.found}",
            )


def one_output_a_key(history: History) -> Iterator[Violation]:
    """I2: whatever is asked again, concurrently or after a crash, is one document."""
    given = defaultdict(set)
    for answer in _sealed(history):
        given[answer.key].add((answer.document, answer.digest))
    for key, outputs in given.items():
        if len(outputs) > 1:
            yield Violation("I2", f"{key} was given {len(outputs)} outputs: {sorted(outputs)}")
    rows = Counter(each.key for each in history.documents)
    for key, count in rows.items():
        if count > 1:
            yield Violation("I2", f"{key} has {count} rows")
    outcomes = Counter(
        each["document"]
        for each in history.records
        if each["kind"] == "outcome" and each["result"] == "sealed"
    )
    for document, count in outcomes.items():
        if count > 1:
            yield Violation("I2", f"{document} has {count} sealed outcomes")


def nothing_that_is_forbidden_is_sealed(history: History) -> Iterator[Violation]:
    """I5: of what the policies refuse there is no intent, no row and no output."""
    forbidden = {
        each.key for each in history.client if isinstance(each, Asked) and not each.is_allowed
    }
    for answer in _sealed(history):
        if answer.key in forbidden:
            yield Violation("I5", f"{answer.key} is forbidden and was sealed")
    for row in history.documents:
        if row.key in forbidden:
            yield Violation("I5", f"{row.key} is forbidden and got as far as {row.state}")
    for record in history.records:
        if record["kind"] == "intent" and record["decision"]["type"] != "allowed":
            yield Violation("I5", f"record {record['index']} intends what was not allowed")


def secrets_stay_secret(history: History) -> Iterator[Violation]:
    """I6: the PIN stands in no log, record or answer."""
    for name, text in history.texts.items():
        if any(secret in text for secret in history.secrets):
            yield Violation("I6", f"the PIN stands in {name}")
    for index, leaf in enumerate(history.leaves):
        if any(secret in leaf for secret in history.secrets):
            yield Violation("I6", f"the PIN stands in record {index}")


def limits_hold(history: History) -> Iterator[Violation]:
    """I7: a rule permits no more documents than it says, and everything has its order."""
    used = defaultdict(set)
    for record in history.records:
        if record["kind"] == "intent":
            for reason in record["decision"]["reasons"]:
                used[reason["rule"]].add(record["document"])
    for rule, most in history.limits.items():
        if len(used[rule]) > most:
            yield Violation("I7", f"{rule} permits {most} and was used for {len(used[rule])}")


def _answers(history: History) -> Iterator[Answered]:
    return (each for each in history.client if isinstance(each, Answered))


def _sealed(history: History) -> Iterator[Answered]:
    return (each for each in _answers(history) if each.kind == "sealed")


_CHECKS: tuple[Callable[[History], Iterator[Violation]], ...] = (
    everybody_gets_an_answer,
    one_output_a_key,
    of_keys.every_use_of_a_key_was_intended,
    of_keys.the_pin_is_not_tried_again,
    of_records.every_seal_verifies_and_is_in_the_log,
    of_records.the_log_is_whole,
    nothing_that_is_forbidden_is_sealed,
    secrets_stay_secret,
    limits_hold,
    of_records.an_outcome_follows_its_intent,
    of_batches.every_batch_is_taken_once_and_finished,
    of_batches.results_list_every_item_once,
    of_batches.outputs_of_batches_are_kept_and_are_one_each,
    of_batches.a_receipt_says_what_the_results_say,
    of_folders.every_file_has_one_result,
    of_folders.the_sealed_file_is_the_document,
)
