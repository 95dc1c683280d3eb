"""Re-compute the whole log from its bytes, and name the first thing that does not fit.

What can be found: a record that was changed, removed, put in or reordered (its own index, its hash,
the hash that its successor carries, the signed tree heads), a tail that was cut (signed tree heads,
documents that refer to what is gone), an outcome without its intent, a sealed document whose digest
is not the recorded one. What cannot: records that no tree head covered yet, cut together with the
documents they speak of; and a log rolled back as a whole, tree heads included. Against that, keep
checkpoints where the gateway cannot reach them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.audit.checkpoint import LogKey, TreeHead, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.merkle import Frontier, leaf_hash
from gateway.audit.record import read_leaf
from gateway.store.schema import audit_checkpoint, audit_leaf, document

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. `index` is the first record concerned, if one can be named."""

    index: int | None
    what: str


@dataclass(slots=True)
class Verdict:
    """What the log holds and what is wrong with it; no finding means that all of it fits."""

    records: int = 0
    checkpoints: int = 0
    signed: int = 0
    sealed: int = 0
    denied: int = 0
    failed: int = 0
    findings: list[Finding] = field(default_factory=list)
    interrupted: dict[int, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class Verifier:
    """Goes through the log once, from the first record to the last.

    `published` are checkpoints from outside the database, by where they were found.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        key: LogKey,
        published: Mapping[str, str],
        progress: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._connection = connection
        self._key = key
        self._published = published
        self._progress = progress
        self._verdict = Verdict()
        self._heads: list[tuple[TreeHead, str]] = []
        self._outputs: dict[str, tuple[int, str]] = {}

    def verify(self) -> Verdict:
        """The verdict. Stops at the first record that is wrong: what follows it proves nothing."""
        self._heads = list(self._signed_heads())
        self._verdict.checkpoints = len(self._heads)
        if not self._verdict.findings:
            self._walk()
        if not self._verdict.findings:
            self._compare_documents()
        return self._verdict

    def _signed_heads(self) -> Iterator[tuple[TreeHead, str]]:
        rows = self._connection.execute(
            select(audit_checkpoint.c.size, audit_checkpoint.c.note).order_by(
                audit_checkpoint.c.size
            )
        )
        notes = [(note, f"checkpoint {size}") for size, note in rows]
        notes += [(note, f"the checkpoint in {where}") for where, note in self._published.items()]
        for note, where in notes:
            try:
                yield open_checkpoint(note, self._key), where
            except CheckpointInvalidError as error:
                self._find(None, f"{where} is not signed by the log's key: {error}")

    def _walk(self) -> None:
        """Chain, tree and content of every record, in order."""
        frontier, previous = Frontier(), bytes(32)
        heads = sorted(self._heads, key=lambda head: head[0].size)
        covered = 0
        for index, leaf, stored in self._leaves():
            if not self._fits(index, leaf, stored, expected=frontier.size, previous=previous):
                return
            previous = leaf_hash(leaf)
            frontier.append(previous)
            while heads and heads[0][0].size == frontier.size:
                head, where = heads.pop(0)
                if head.root != frontier.root():
                    self._find(
                        covered,
                        f"records {covered} to {frontier.size - 1} are not those that {where} "
                        "signed: at least one was rewritten, and all after it re-chained",
                    )
                    return
                covered = self._verdict.signed = frontier.size
        self._verdict.records = frontier.size
        if heads:
            head, where = heads[-1]
            self._find(
                frontier.size,
                f"record {frontier.size} and all after it are missing: {where} signed {head.size}",
            )

    def _leaves(self) -> Iterator[tuple[int, bytes, bytes]]:
        rows = self._connection.execution_options(yield_per=_BATCH).execute(
            select(audit_leaf.c.index, audit_leaf.c.leaf, audit_leaf.c.leaf_hash).order_by(
                audit_leaf.c.index
            )
        )
        for count, (index, leaf, stored) in enumerate(rows):
            if count % _BATCH == 0:
                self._progress(count)
            yield index, _as_bytes(leaf), _as_bytes(stored)

    def _fits(
        self, index: int, leaf: bytes, stored: bytes, *, expected: int, previous: bytes
    ) -> bool:
        if index != expected:
            return self._find(expected, f"record {expected} is missing: {index} comes next")
        if leaf_hash(leaf) != stored:
            return self._find(index, f"record {index} was changed: its hash is not the stored one")
        try:
            content = read_leaf(leaf)
        except msgspec.DecodeError:
            return self._find(index, f"record {index} was changed: it is not JSON")
        if content.get("index") != index:
            return self._find(
                index,
                f"record {index} is not in its place: it says that it is {content.get('index')}",
            )
        if content.get("previous") != previous.hex():
            return self._find(
                max(index - 1, 0),
                f"record {index - 1} was changed or exchanged: record {index} follows another",
            )
        return self._account(index, content)

    def _account(self, index: int, content: dict[str, Any]) -> bool:
        """Pair intents with outcomes."""
        verdict = self._verdict
        match content.get("kind"):
            case "intent":
                verdict.interrupted[index] = content["document"]
            case "denied":
                verdict.denied += 1
            case "outcome":
                intent = content["intent"]
                if verdict.interrupted.pop(intent, None) != content["document"]:
                    return self._find(index, f"record {index} is an outcome without its intent")
                if content["result"] == "sealed":
                    verdict.sealed += 1
                    self._outputs[content["document"]] = (index, content["output"])
                else:
                    verdict.failed += 1
            case _:
                pass
        return True

    def _compare_documents(self) -> None:
        """Every released document has its outcome on record, with the same digest."""
        rows = self._connection.execute(
            select(document.c.id, document.c.outcome_index, document.c.output_digest).where(
                document.c.state == "sealed"
            )
        )
        for document_id, outcome, digest in rows:
            recorded = self._outputs.pop(document_id, None)
            if outcome >= self._verdict.records:
                self._find(
                    self._verdict.records,
                    f"record {self._verdict.records} and all after it are missing: document "
                    f"{document_id} has its outcome at {outcome}",
                )
                return
            if recorded != (outcome, _as_bytes(digest).hex()):
                self._find(outcome, f"document {document_id} is not what record {outcome} says")
                return
        for document_id, (index, _) in self._outputs.items():
            self._find(index, f"document {document_id} of record {index} is gone from the store")
            return

    def _find(self, index: int | None, what: str) -> bool:
        self._verdict.findings.append(Finding(index, what))
        return False


def _as_bytes(value: object) -> bytes:
    # A tool that edited the row may have left text, a number or nothing in it.
    return value if isinstance(value, bytes) else str(value).encode()
