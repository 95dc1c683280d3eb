"""What the desk answers: printed by the command line, and sent by the API in the same words."""

from datetime import datetime

import msgspec

from policies.deciding.telling import Finding
from policies.deciding.verdicts import Verdict
from policies.foresight.difference import Difference
from policies.foresight.notes import Code, Level
from policies.foresight.replay import Why
from policies.foresight.simulation import Simulation
from policies.model import Decision, DocumentFacts, Known, Reason, SealRequest
from strictyaml import Mistake


class ToldMistake(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mistake; `line` is 0 and `file` empty where it has no place."""

    file: str
    line: int
    path: str
    message: str
    cure: str

    @classmethod
    def of(cls, mistake: Mistake) -> "ToldMistake":
        """The mistake as it is told."""
        return cls(
            file=mistake.file,
            line=mistake.line,
            path=mistake.path,
            message=mistake.message,
            cure=mistake.cure,
        )


class ToldNote(ToldMistake, frozen=True, kw_only=True, rename="camel"):
    """What is noticed in files without a mistake (`policies.foresight.notes`).

    `object` is kind and name.
    """

    level: Level
    code: Code
    object: str


class TestResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of the policies' own tests: what its author expects, and what the rules say.

    `decided_by` are the full names of the rules that decided; `message` says why it failed.
    """

    __test__ = False  # pytest looks at names that begin with Test

    policy: str
    test: str
    file: str
    line: int
    ok: bool
    expected: Verdict
    got: Verdict
    decided_by: tuple[str, ...]
    message: str | None


class CheckReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`check`. `unchecked` says what could not be looked at, `notes` what may be meant otherwise.

    `ok` is false with a mistake, and with `strict` also with a warning among `notes`.
    """

    ok: bool
    directory: str
    bundle: str | None
    files: int
    tests: int
    mistakes: tuple[ToldMistake, ...]
    unchecked: tuple[str, ...]
    notes: tuple[ToldNote, ...]


class TestReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`test`; with mistakes in the files no test was run."""

    __test__ = False  # pytest looks at names that begin with Test

    ok: bool
    directory: str
    tests: tuple[TestResult, ...]
    mistakes: tuple[ToldMistake, ...]


class ExplainReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`explain` of an imagined request."""

    verdict: Verdict
    at: datetime
    decision: Decision
    findings: tuple[Finding, ...]
    nearest: Reason | None


class RecordedDecision(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was decided, by what, and what today's policies say of the same.

    Attributes:
        verdict: what was decided.
        at: when.
        stopped: whether a freeze or a limit refused it, and not the policies.
        request: what was asked.
        facts: of the document; None where it was never read.
        known: what was known besides.
        decision: with its reasons.
        today: what today's policies say; None where that cannot be told.
        undecidable: why it cannot.
        missing: what today's policies ask for, and nobody looked for then.
        findings: every rule of today's for the seal and document type, where the facts are known.
    """

    verdict: Verdict
    at: datetime
    stopped: bool
    request: SealRequest
    facts: DocumentFacts | None
    known: Known
    decision: Decision
    today: Decision | None
    undecidable: Why | None
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]


class RecordReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`explain` of an audit record: of a refused act there may be several decisions."""

    record: int
    bundle: str
    decisions: tuple[RecordedDecision, ...]


class DiffReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`diff`: digests of the two bundles, and what is different."""

    old: str
    new: str
    difference: Difference


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`simulate`: decisions from `since` until before `until`, by the bundle `new`."""

    new: str
    since: datetime
    until: datetime
    simulation: Simulation
