"""The desk's questions, each answered with a report. None of this touches a key or a document."""

from collections.abc import Iterable
from datetime import datetime

from gateway.desk.policy_files import PolicyFiles
from gateway.desk.reports import (
    CheckReport,
    DiffReport,
    ExplainReport,
    RecordedDecision,
    RecordReport,
    SimulationReport,
    TestReport,
    TestResult,
    ToldMistake,
)
from policies.bundle import Bundle
from policies.deciding.telling import Finding
from policies.deciding.verdicts import verdict_of
from policies.engine import CELPolicyEngine
from policies.foresight.difference import difference
from policies.foresight.replay import CannotTell, Past, Replaying
from policies.foresight.selftest import known_to
from policies.foresight.simulation import simulate
from policies.reading.imagining import Imagined
from strictyaml import Mistake


def checked(
    files: PolicyFiles,
    *,
    at: datetime,
    strict: bool,
    mistakes: Iterable[Mistake] = (),
    notes: tuple[str, ...] = (),
) -> CheckReport:
    """Run the policies' own tests and say what is noticed.

    Args:
        files: without mistakes of their own.
        at: for what depends on the day.
        strict: whether a warning is as good as a mistake.
        mistakes: in what the files name.
        notes: what could not be looked at.
    """
    results = tuple(files.test_results())
    found = (
        *map(ToldMistake.of, mistakes),
        *(_failure(result) for result in results if not result.ok),
    )
    noticed = tuple(files.notes(at=at))
    warned = strict and any(note.level == "warning" for note in noticed)
    return CheckReport(
        ok=not found and not warned,
        directory=str(files.directory),
        bundle=files.bundle.digest,
        files=files.files,
        tests=len(results),
        mistakes=found,
        notes=notes,
        noticed=noticed,
    )


def tested(files: PolicyFiles) -> TestReport:
    """Run the policies' own tests."""
    results = tuple(files.test_results())
    return TestReport(
        ok=all(result.ok for result in results),
        directory=str(files.directory),
        tests=results,
        mistakes=(),
    )


def explained(bundle: Bundle, imagined: Imagined) -> ExplainReport:
    """How an imagined request would be decided, and what every rule says to it."""
    engine = CELPolicyEngine(bundle)
    known = known_to(imagined, engine)
    found = engine.explain(imagined.request, imagined.facts, at=imagined.at, known=known)
    return ExplainReport(
        verdict=verdict_of(found.decision),
        at=imagined.at,
        decision=found.decision,
        findings=found.findings,
        nearest=found.nearest[0] if found.nearest else None,
    )


def compared(old: Bundle, new: Bundle, *, at: datetime) -> DiffReport:
    """Who gains or loses what."""
    return DiffReport(old=old.digest, new=new.digest, difference=difference(old, new, at=at))


def simulated(
    new: Bundle, pasts: Iterable[Past], *, since: datetime, until: datetime
) -> SimulationReport:
    """What the past would have looked like."""
    replaying = Replaying(new, CELPolicyEngine(new))
    return SimulationReport(
        new=new.digest, since=since, until=until, simulation=simulate(replaying, pasts)
    )


def recorded(bundle: Bundle, record: int, pasts: Iterable[Past]) -> RecordReport:
    """What an audit record tells, and what the bundle says of the same."""
    engine = CELPolicyEngine(bundle)
    replaying = Replaying(bundle, engine)
    decisions = tuple(_recorded(past, replaying, engine) for past in pasts)
    return RecordReport(record=record, bundle=bundle.digest, decisions=decisions)


def _recorded(past: Past, replaying: Replaying, engine: CELPolicyEngine) -> RecordedDecision:
    replayed = replaying.replay(past)
    untold = replayed if isinstance(replayed, CannotTell) else None
    findings: tuple[Finding, ...] = ()
    if untold is None and past.facts is not None:
        request = replaying.request_now(past) or past.request
        found = engine.explain(request, past.facts, at=past.at, known=past.known)
        findings = found.findings
    return RecordedDecision(
        verdict=verdict_of(past.decision),
        at=past.at,
        stopped=past.stopped,
        request=past.request,
        facts=past.facts,
        known=past.known,
        decision=past.decision,
        today=None if isinstance(replayed, CannotTell) else replayed.decision,
        untold=None if untold is None else untold.why,
        missing=() if untold is None else untold.missing,
        findings=findings,
    )


def _failure(result: TestResult) -> ToldMistake:
    return ToldMistake(
        file=result.file,
        line=result.line,
        path=f"tests of {result.policy}",
        message=f"the test `{result.test}` fails: {result.message}",
        cure="correct the rule or the test; a denial that is not a rule's must be named by `rule:`",
    )
