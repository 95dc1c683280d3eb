"""Re-compute the whole log from its bytes, and name the first thing that does not fit.

What can be found: a record that was changed, removed, put in or reordered (its own index, its hash,
the hash that its successor carries, the signed tree heads), a tail that was cut (signed tree heads,
documents that refer to what is gone), an outcome without its intent, a sealed document whose digest
is not the recorded one; freezes, approvals, bundles in force and counts of uses that were deleted,
changed or put in. What cannot: records that no tree head covered yet, cut together with the
documents they speak of; and a log rolled back as a whole, tree heads included. Against that, keep
checkpoints where the gateway cannot reach them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from gateway.audit.checkpoint import LogKey, TreeHead, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.kept.activations import ActivationRows
from gateway.audit.kept.approvals import ApprovalRows
from gateway.audit.kept.erasures import ErasureRows
from gateway.audit.kept.freezes import FreezeRows
from gateway.audit.kept.interfaces import Finding, KeptRows
from gateway.audit.kept.uses import UseRows
from gateway.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash
from gateway.audit.record import read_leaf
from gateway.store.engines.reading import one_moment
from gateway.store.schema import audit_checkpoint, audit_leaf, document

_BATCH = 10_000
_leaf_at = select(audit_leaf.c.leaf).where(audit_leaf.c.index == bindparam("at"))


@dataclass(slots=True)
class LogVerdict:
    """What the log holds and what is wrong with it; no finding means that all of it fits.

    `root` is that of the tree over all records.
    """

    records: int = 0
    root: bytes = EMPTY_ROOT
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


class LogVerifier:
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
        self._verdict = LogVerdict()
        self._heads: list[tuple[TreeHead, str]] = []
        self._outputs: dict[str, tuple[int, str]] = {}
        self._parts: dict[tuple[str, int], str] = {}
        self._kept: tuple[KeptRows, ...] = (
            FreezeRows(),
            ApprovalRows(),
            ActivationRows(),
            UseRows(),
            ErasureRows(),
        )

    def verify(self) -> LogVerdict:
        """The verdict. Stops at the first record that is wrong: what follows it proves nothing."""
        one_moment(self._connection)  # also while the gateway writes
        self._heads = list(self._signed_heads())
        self._verdict.checkpoints = len(self._heads)
        if self._heads and not self._published:
            self._find(None, "tree heads were signed, but the published checkpoint is gone")
        if not self._verdict.findings:
            self._walk()
        if not self._verdict.findings:
            self._compare_documents()
        if not self._verdict.findings:
            differences = (each.differences(self._connection) for each in self._kept)
            self._verdict.findings += islice(chain.from_iterable(differences), 1)
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
        self._verdict.records, self._verdict.root = frontier.size, frontier.root()
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
        except (msgspec.DecodeError, UnicodeDecodeError):
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
        for kept in self._kept:
            kept.account(index, content)
        match content.get("kind"):
            case "intent":
                verdict.interrupted[index] = str(content.get("document"))
                if not self._follows(content):
                    return self._find(
                        index, f"record {index} does not follow the part before it in its act"
                    )
            case "denied":
                verdict.denied += 1
            case "outcome":
                intent, named = content.get("intent"), str(content.get("document"))
                meant = verdict.interrupted.pop(intent, None) if isinstance(intent, int) else None
                if meant is None or meant != named:
                    return self._find(index, f"record {index} is an outcome without its intent")
                if content.get("result") == "sealed":
                    verdict.sealed += 1
                    self._outputs[named] = (index, str(content.get("output")))
                    act = _act_of(content)
                    self._parts[str(act.get("id")), _number(act)] = str(content.get("output"))
                else:
                    verdict.failed += 1
            case _:
                pass
        return True

    def _follows(self, content: dict[str, Any]) -> bool:
        """Whether an intent's part is the first of its act, or follows what the one before gave."""
        act = _act_of(content)
        part = _number(act)
        return part <= 1 or self._parts.get((str(act.get("id")), part - 1)) == act.get("follows")

    def _compare_documents(self) -> None:
        """Every released document is what its intent and its outcome say."""
        rows = self._connection.execution_options(yield_per=_BATCH).execute(
            select(document).where(document.c.state == "sealed")
        )
        for row in rows:
            recorded = self._outputs.pop(row.id, None)
            what = self._contradiction(row, recorded)
            if what is not None:
                self._find(row.outcome_index if recorded is None else recorded[0], what)
                return
        for document_id, (index, _) in self._outputs.items():
            self._find(index, f"document {document_id} of record {index} is gone from the store")
            return

    def _contradiction(self, row: Row[Any], recorded: tuple[int, str] | None) -> str | None:
        if not isinstance(row.outcome_index, int) or not isinstance(row.intent_index, int):
            return f"document {row.id} is sealed in the store without intent or outcome"
        if recorded != (row.outcome_index, _as_bytes(row.output_digest).hex()):
            return f"document {row.id} is not what record {row.outcome_index} says"
        leaf = self._connection.execute(_leaf_at, {"at": row.intent_index}).scalar_one_or_none()
        intent = {} if leaf is None else read_leaf(_as_bytes(leaf))
        salt = _as_bytes(row.salt)
        in_the_row = {
            "document": row.id,
            "trace": row.trace_id,
            "system": row.system,
            "seal": row.seal,
            "document_type": row.document_type,
            "input": _as_bytes(row.input_digest).hex(),
            "normalized": None
            if row.normalized_digest is None
            else _as_bytes(row.normalized_digest).hex(),
            "to_be_signed": _as_bytes(row.to_be_signed_digest).hex(),
            "request": hashlib.sha256(salt + _as_bytes(row.request)).hexdigest(),
            "business_number": hashlib.sha256(salt + str(row.business_number).encode()).hexdigest(),
        }
        act = _act_of(intent)
        if [act.get(name) for name in ("id", "part", "parts")] != (
            [None] * 3 if row.act is None else [row.act, row.part, row.parts]
        ):
            return f"document {row.id}: its act is not what record {row.intent_index} says"
        for name, value in in_the_row.items():
            if intent.get(name) != value:
                return f"document {row.id}: its {name} is not what record {row.intent_index} says"
        if intent.get("decision_digest") != hashlib.sha256(_as_bytes(row.decision)).hexdigest():
            return f"document {row.id}: its decision is not what record {row.intent_index} says"
        return None

    def _find(self, index: int | None, what: str) -> bool:
        self._verdict.findings.append(Finding(index, what))
        return False


def _act_of(content: dict[str, Any]) -> dict[str, Any]:
    act = content.get("act")
    return act if isinstance(act, dict) else {}


def _number(act: dict[str, Any]) -> int:
    part = act.get("part")
    return part if isinstance(part, int) else 0


def _as_bytes(value: object) -> bytes:
    # A tool that edited the row may have left text, a number or nothing in it.
    return value if isinstance(value, bytes) else str(value).encode()
