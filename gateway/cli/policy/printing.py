"""How the `policy` commands print the desk's reports."""

from collections.abc import Mapping
from typing import Literal

from rich.text import Text

from gateway.cli.policy.placement_words import placement_text
from gateway.cli.terminal import out, printable
from gateway.desk.reports import (
    CheckReport,
    ExplainReport,
    RecordedDecision,
    RecordReport,
    TestReport,
    ToldMistake,
    ToldNote,
)
from policies.deciding.telling import Finding
from policies.deciding.verdicts import Verdict, verdict_of
from policies.foresight.replay import Why
from policies.model import Denied

_STYLES: Mapping[Verdict, str] = {
    "allowed": "bold green",
    "denied": "bold red",
    "needs-approval": "bold yellow",
}


def print_check(report: CheckReport) -> None:
    """Mistakes, what was noticed, and the sum."""
    _print_mistakes(report.mistakes)
    for unchecked in report.unchecked:
        say(f"note: {unchecked}", "yellow")
    for note in report.notes:
        _print_note(note)
    if report.ok:
        say(f"ok: {report.files} files, {report.tests} tests pass, {report.bundle}", "green")
    elif not report.mistakes:
        say("warnings, which --strict does not let pass", "bold red")
    else:
        count = len(report.mistakes)
        counted = f"{count} mistake{'' if count == 1 else 's'}"
        say(f"{counted}: the gateway would not take these files", "bold red")


def _print_note(note: ToldNote) -> None:
    place = f"{note.file}:{note.line}: {note.path}" if note.file else note.object
    line = f"{note.level}: {place}: {note.message} -> {note.cure} [{note.code}]"
    say(line, "yellow" if note.level == "warning" else "")


def print_tests(report: TestReport) -> None:
    """Each test and which rule decided."""
    _print_mistakes(report.mistakes)
    for each in report.tests:
        by = ", ".join(each.decided_by)
        say(f"{'ok  ' if each.ok else 'FAIL'}  {each.policy}: {each.test}", _style(ok=each.ok))
        say(f"      {each.got} by {by}")
        if each.message is not None:
            say(f"      {each.file}:{each.line}: {each.message}")
    failed = sum(not each.ok for each in report.tests)
    say(f"{len(report.tests) - failed} pass, {failed} fail", _style(ok=report.ok))


def _print_mistakes(mistakes: tuple[ToldMistake, ...]) -> None:
    for each in mistakes:
        place = f"{each.file}:{each.line}: " if each.file else ""
        path = f"{each.path}: " if each.path else ""
        say(f"{place}{path}{each.message} -> {each.cure}")


def print_explanation(report: ExplainReport) -> None:
    """The verdict, the rule that was nearest, and every rule."""
    say(report.verdict, _STYLES[report.verdict])
    deciding = report.decision.reasons[:1] if report.nearest else report.decision.reasons
    for reason in deciding:
        say(f"  {reason.rule}: {reason.message}")
    if not isinstance(report.decision, Denied) and report.decision.placement is not None:
        say(f"  stamp: {placement_text(report.decision.placement)}")
    if report.nearest is not None:
        say("nearest that would have allowed it")
        say(f"  {report.nearest.rule}: {report.nearest.message}")
    say(f"every rule for this seal and document type, at {report.at.isoformat(sep=' ')}")
    _print_findings(report.findings)


def print_record(report: RecordReport) -> None:
    """What was decided, and what the policies here say of the same."""
    for each in report.decisions:
        request = each.request
        asked = f"{request.caller.system} asks for {request.seal} on {request.document_type}"
        say(f"record {report.record}, {each.at.isoformat(sep=' ')}: {asked}")
        say(each.verdict, _STYLES[each.verdict])
        for reason in each.decision.reasons:
            say(f"  {reason.rule}: {reason.message}")
        if each.stopped:
            say("  a freeze or a limit refused it, not the rules")
        _print_today(each, report.bundle)
    if not report.decisions:
        say("no decision is kept of this record: it is another kind of record, or too old")


def _print_today(each: RecordedDecision, bundle: str) -> None:
    if each.today is None:
        say(f"by {bundle}: cannot be told: {told_why(each.undecidable, each.missing)}")
        return
    verdict = verdict_of(each.today)
    say(f"by {bundle}: {verdict}", _STYLES[verdict])
    for reason in each.today.reasons:
        say(f"  {reason.rule}: {reason.message}")
    if each.findings:
        say("every rule for this seal and document type")
        _print_findings(each.findings)


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        say(f"  {finding.effect:<6} {finding.rule}: {finding.outcome}")
        say(f"         {finding.message}")
    if not findings:
        say("  there is none")


_WHY: Mapping[Why, str] = {
    "stopped": "a freeze or a used-up limit refused it, not the rules",
    "unread": "it was refused before the document was read",
    "facts": "nobody looked for this in the document",
    "counters": "nobody counted this",
}


def told_why(why: Why | None, missing: tuple[str, ...]) -> str:
    """Why the past cannot be decided again."""
    words = "" if why is None else _WHY[why]
    return f"{words}: {', '.join(missing)}" if missing else words


def _style(*, ok: bool) -> Literal["green", "bold red"]:
    return "green" if ok else "bold red"


def say(line: str, style: str = "") -> None:
    """One line that cannot harm a terminal."""
    out.print(Text(printable(line), style=style), soft_wrap=True)
