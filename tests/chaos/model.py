"""What is known of a run when it is over: what callers saw, and what is left behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.hsm_shim.shim import Call

Invariant = Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7", "E1", "E2", "E3", "E4", "E5"]
AnswerKind = Literal["sealed", "refused", "busy", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A caller is about to send a request.

    Attributes:
        attempt: names this request; its answer has the same.
        key: the idempotency key.
        is_allowed: whether the policies permit it, as far as the caller knows.
        at: Unix time in seconds.
    """

    attempt: str
    key: str
    is_allowed: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back.

    Attributes:
        attempt: of the request.
        key: its idempotency key.
        kind: `sealed`; `refused` for good; `busy`, come again (429, 503, 507); `gone`, nothing or
            half an answer.
        at: Unix time in seconds.
        document: id of the sealed document.
        digest: SHA-256 of its bytes as they came, hex.
        problem: the problem's type, or the error of the connection.
    """

    attempt: str
    key: str
    kind: AnswerKind
    at: float
    document: str | None = None
    digest: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A row of the store, and what stands where it points.

    Attributes:
        id: the document's.
        key: the idempotency key.
        state: `intent` or `sealed`.
        intent: index of its intent in the log.
        outcome: index of its outcome.
        digest: SHA-256 of the output as the row says, hex.
        found: SHA-256 of the bytes that are there, hex; None where there are none.
        judged: what a verifier says of these bytes: `valid`, or why not; None if not asked.
    """

    id: str
    key: str
    state: str
    intent: int
    outcome: int | None = None
    digest: str | None = None
    found: str | None = None
    judged: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A caller is about to hand a batch in.

    Attributes:
        attempt: names this request; its answer has the same.
        key: the idempotency key.
        names: of the documents, in order.
        at: Unix time in seconds.
    """

    attempt: str
    key: str
    names: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A batch was taken; `batch` is its id. Whoever got anything else asks again."""

    attempt: str
    key: str
    batch: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An envelope was taken; `envelope` is its id. Whoever got anything else asks again."""

    attempt: str
    key: str
    envelope: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One document in a batch's results: `digest` is SHA-256 of the output, hex."""

    number: int
    name: str
    state: str
    document: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResults:
    """What the caller was told of a batch in the end.

    Attributes:
        id: the batch's.
        state: `finished`, if it is.
        lines: every line of its results.
        receipt: every line of its signed receipt; None where none was asked for.
    """

    id: str
    state: str
    lines: tuple[BatchLine, ...]
    receipt: tuple[BatchLine, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLine:
    """The result of one file: `digest` is SHA-256 of the file that lies beside it, hex."""

    name: str
    state: str
    document: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderResults:
    """What was dropped into a watched folder, and what lies in it in the end.

    Attributes:
        dropped: names of the files, each once.
        lines: a line for each result that is found.
        left: files that were taken and have come to no end.
    """

    dropped: tuple[str, ...]
    lines: tuple[FolderLine, ...]
    left: tuple[str, ...]


Event = Asked | Answered | Submitted | Accepted | Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that the checker judges by.

    Attributes:
        client: in the order in which it happened.
        documents: every row.
        leaves: of the audit log, in order, as they are hashed.
        records: the same, read.
        head: size and root of the newest tree head whose signature is the log's; None if none is.
        audit: what `sealgate audit verify` found.
        calls: the HSM's own log.
        limits: how many documents a rule may permit in the whole run, by `POLICY/RULE`.
        secrets: what may stand nowhere.
        texts: all that was written to logs and answers, by name.
        batches: what became of batches.
        folder: what became of files; None where no folder was watched.
    """

    client: tuple[Event, ...]
    documents: tuple[StoredDocument, ...]
    leaves: tuple[bytes, ...]
    records: tuple[Mapping[str, Any], ...]
    head: tuple[int, bytes] | None
    audit: tuple[str, ...]
    calls: tuple[Call, ...]
    limits: Mapping[str, int] = field(default_factory=dict)
    secrets: tuple[bytes, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)
    batches: tuple[BatchResults, ...] = ()
    folder: FolderResults | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold, and how that is seen."""

    invariant: Invariant
    what: str
