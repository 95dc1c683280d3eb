"""What an id may mean, and the story that is told of it. All frozen."""

from datetime import datetime
from typing import Literal

import msgspec

Kind = Literal["document", "item", "envelope", "approval", "job", "request"]
"""`document` is an act: a document with all of its seals. The others are told where no document
came of them. `request` is what was refused: only records of the log tell of it."""


class Subject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that has a story.

    Attributes:
        kind: what it is.
        id: its own: of a document that of its act, of an item `BATCH/NUMBER`.
        by: as what the id was known that was asked for, such as `idempotency key`.
        told: what it is, in a few words, for a list of candidates.
    """

    kind: Kind
    id: str
    by: tuple[str, ...]
    told: str


class Step(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that happened.

    Attributes:
        at: when; None where no row says it.
        what: a word for it, such as `intent`.
        told: in a sentence.
        record: of the audit log, by its index.
    """

    at: datetime | None
    what: str
    told: str
    record: int | None = None


class Inclusion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether a record stands under a signed tree head.

    Attributes:
        record: its index.
        leaf_hash: hex, RFC 6962.
        is_proved: the path leads to a root that the log's key has signed.
        size: of that tree; 0: there is none.
        path: hashes with which the leaf leads to the root, hex, the lowest first.
        told: the verdict in a sentence.
    """

    record: int
    leaf_hash: str
    is_proved: bool
    told: str
    size: int = 0
    path: tuple[str, ...] = ()


class Sealed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One seal of the act: what its row says. Digests are hex."""

    id: str
    part: int
    parts: int
    state: str
    system: str
    company: str
    seal: str
    document_type: str
    business_number: str
    idempotency_key: str
    trace_id: str
    input_sha256: str
    output_sha256: str | None
    rules: tuple[str, ...]
    bundle: str
    intent_record: int
    outcome_record: int | None


class Story(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything that is known, the steps in their order. `notes`: what is not, and why."""

    asked: str
    subject: Subject
    seals: tuple[Sealed, ...]
    steps: tuple[Step, ...]
    inclusion: tuple[Inclusion, ...]
    notes: tuple[str, ...]


class Undecided(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """No story, as nothing or too much is meant; `candidates` are what may be."""

    asked: str
    message: str
    candidates: tuple[Subject, ...]
