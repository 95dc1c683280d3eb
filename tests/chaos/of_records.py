"""What the audit log is held against (I4, I7)."""

import json
from collections.abc import Iterator

from tests.chaos.model import Answered, History, Violation
from tests.chaos.tree import leaf_hash, roots


def every_seal_verifies_and_is_in_the_log(history: History) -> Iterator[Violation]:
    """I4: a verifier finds the seal valid, and a signed tree head covers its outcome."""
    outputs = {
        (each["document"], each["output"]): each["index"]
        for each in history.records
        if each["kind"] == "outcome" and each["result"] == "sealed"
    }
    signed = 0 if history.head is None else history.head[0]
    for row in history.documents:
        if row.state == "sealed" and row.judged not in {None, "valid"}:
            yield Violation("I4", f"{row.id} does not verify: {row.judged}")
    for answer in history.client:
        if isinstance(answer, Answered) and answer.kind == "sealed":
            index = outputs.get((answer.document or "", answer.digest or ""))
            if index is None:
                yield Violation("I4", f"{answer.document} was given and no record says so")
            elif index >= signed:
                yield Violation("I4", f"record {index} of {answer.document} is in no signed tree")


def the_log_is_whole(history: History) -> Iterator[Violation]:
    """I4: every record is chained to the one before, and the signed root is the one over them."""
    previous = bytes(32)
    for index, (leaf, record) in enumerate(zip(history.leaves, history.records, strict=True)):
        if record["index"] != index or record["previous"] != previous.hex():
            yield Violation("I4", f"record {index} does not follow the one before it")
        if json.loads(leaf) != record:
            yield Violation("I4", f"record {index} is not what its leaf says")
        previous = leaf_hash(leaf)
    if history.head is None:
        yield Violation("I4", "no tree head has the log's signature")
    elif roots(history.leaves, [history.head[0]]).get(history.head[0]) != history.head[1]:
        yield Violation("I4", f"the signed root over {history.head[0]} records is not theirs")
    for finding in history.audit:
        yield Violation("I4", f"audit verify: {finding}")


def an_outcome_follows_its_intent(history: History) -> Iterator[Violation]:
    """I7: an outcome is of an intent before it, of the same document; a row points at both."""
    intents = {
        each["index"]: each["document"] for each in history.records if each["kind"] == "intent"
    }
    outcomes = {
        each["index"]: each["document"] for each in history.records if each["kind"] == "outcome"
    }
    for record in history.records:
        if record["kind"] == "outcome" and (
            record["intent"] >= record["index"]
            or intents.get(record["intent"]) != record["document"]
        ):
            yield Violation("I7", f"outcome {record['index']} follows no intent of its document")
    for row in history.documents:
        if intents.get(row.intent) != row.id:
            yield Violation("I7", f"{row.id} has no intent {row.intent}")
        if row.outcome is not None and outcomes.get(row.outcome) != row.id:
            yield Violation("I7", f"{row.id} has no outcome {row.outcome}")
