"""`sealgate policy`: check, test and explain the officers' directory, here or in their CI."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.text import Text

from gateway.cli.policy_files import (
    NothingToReadError,
    PolicyDirectory,
    TestResult,
    Verdict,
    can_draw,
    verdict_of,
)
from gateway.cli.policy_request import (
    ImaginedRequestError,
    Options,
    from_file,
    from_options,
    imagine,
)
from gateway.cli.policy_schema import schema
from gateway.cli.shared import DEFAULT_CONFIG, ConfigOption, configuration, fail, out, told_errors
from gateway.cli.submissions import SubmissionsError, attributes_from
from gateway.cli.telling import printable, tell_json
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.seals.errors import SealMaterialError
from policies.engine import CELPolicyEngine
from policies.model import Decision, Denied, Reason
from policies.placement_words import told
from policies.telling import Explanation, Finding
from strictyaml import Mistake, MistakesError

app = typer.Typer(help="Check, test and explain policies. No HSM is needed.", no_args_is_help=True)
app.command("schema")(schema)

DirectoryArgument = Annotated[
    Path | None,
    typer.Argument(help="Directory of policies; by default the one that config.yaml names."),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", "-d", help="Directory of policies; by default config.yaml's."),
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_STYLES = {"allowed": "bold green", "denied": "bold red", "needs-approval": "bold yellow"}


class ToldMistake(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mistake as `--json` tells it; `line` is 0 and `file` empty where it has no place."""

    file: str
    line: int
    path: str
    message: str
    cure: str


class CheckReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `policy check --json` prints."""

    ok: bool
    directory: str
    bundle: str | None
    files: int
    tests: int
    mistakes: tuple[ToldMistake, ...]
    notes: tuple[str, ...]


class TestReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `policy test --json` prints; with mistakes in the files no test was run."""

    __test__ = False  # pytest looks at names that begin with Test

    ok: bool
    directory: str
    tests: tuple[TestResult, ...]
    mistakes: tuple[ToldMistake, ...]


class ExplainReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `policy explain --json` prints; `decision` is as the API tells it."""

    verdict: Verdict
    at: datetime
    decision: Decision
    findings: tuple[Finding, ...]
    nearest: Reason | None


@app.command("check")
def check(
    directory: DirectoryArgument = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Find every mistake in the files, run the policies' own tests, and try the seals' files.

    Whether a certificate is for the key on the token only `sealgate doctor` can tell. With a
    directory config.yaml is not read. Exits 0 when the gateway would take the files, 1 when they
    have mistakes, 2 when there is nothing to read.
    """
    settings, directory = _where(directory, config)
    read: PolicyDirectory | None = None
    mistakes: list[ToldMistake] = []
    results: list[TestResult] = []
    font = None if settings is None else settings.documents.stamp_font
    with told_errors(NothingToReadError):
        try:
            read = PolicyDirectory.read(directory)
            keys = None if settings is None else [key.id for key in settings.hsm.keys]
            mistakes += [_told(each) for each in read.seal_mistakes(keys=keys, font=font)]
            results = list(read.test_results())
            mistakes += [_told_failure(each) for each in results if not each.ok]
        except MistakesError as error:
            mistakes += [_told(each) for each in error.mistakes]
        except SealMaterialError as error:
            mistakes.append(_told_plainly(error))
    notes = () if can_draw(font) else ("no Chinese font is installed: stamps were not drawn",)
    report = CheckReport(
        ok=not mistakes,
        directory=str(directory),
        bundle=None if read is None else read.bundle.digest,
        files=0 if read is None else read.files,
        tests=len(results),
        mistakes=tuple(mistakes),
        notes=notes,
    )
    if as_json:
        tell_json(report)
    else:
        _print_check(report)
    raise typer.Exit(0 if report.ok else 1)


@app.command("test")
def run_tests(
    directory: DirectoryArgument = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run the tests that the policies carry, and tell for each which rule decided.

    Exits 0 when all pass, 1 when one fails or the files have mistakes, 2 when there is nothing to
    read.
    """
    _, directory = _where(directory, config)
    results: tuple[TestResult, ...] = ()
    mistakes: tuple[ToldMistake, ...] = ()
    with told_errors(NothingToReadError):
        try:
            results = tuple(PolicyDirectory.read(directory).test_results())
        except MistakesError as error:
            mistakes = tuple(_told(each) for each in error.mistakes)
        except SealMaterialError as error:
            mistakes = (_told_plainly(error),)
    report = TestReport(
        ok=not mistakes and all(each.ok for each in results),
        directory=str(directory),
        tests=results,
        mistakes=mistakes,
    )
    if as_json:
        tell_json(report)
    else:
        _print_tests(report)
    raise typer.Exit(0 if report.ok else 1)


@app.command("explain")
def explain(
    request: Annotated[
        Path | None,
        typer.Option(help="JSON or YAML with what a policy's test has under `request:`."),
    ] = None,
    system: Annotated[str | None, typer.Option(help="Who asks.")] = None,
    seal: Annotated[str | None, typer.Option(help="The seal's id.")] = None,
    document_type: Annotated[str | None, typer.Option("--type", help="Document type.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option("--attribute", "-a", help="name=value, may be repeated.")
    ] = None,
    pages: Annotated[int | None, typer.Option(help="Pages of the document; 1.")] = None,
    signatures: Annotated[
        int | None, typer.Option(help="Signatures that the document has already; 0.")
    ] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="Intake rule that finds something in it, may be repeated."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="When, such as 2026-11-22T03:00:00+08:00; now.")
    ] = None,
    directory: DirectoryOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Imagine a request and tell how it is decided, what each rule says, and what was nearest.

    Nothing is sealed, and limits are not counted. Exits 0 when it is allowed, 1 when it is denied
    or waits for approval, 2 when that cannot be told.
    """
    _, directory = _where(directory, config)
    with told_errors(
        ImaginedRequestError, MistakesError, NothingToReadError, SealMaterialError, SubmissionsError
    ):
        options = Options(
            system=system,
            seal=seal,
            document_type=document_type,
            attributes=attributes_from(attribute or []),
            pages=pages,
            signatures=signatures,
            findings=tuple(finding or ()),
            at=at,
        )
        if request is not None and options.given:
            raise ImaginedRequestError("give either --request or the other options, not both")
        spec = from_options(options) if request is None else from_file(request)
        bundle = PolicyDirectory.read(directory).bundle
        imagined = imagine(spec, bundle, now=SystemClock().now())
    found = CELPolicyEngine(bundle).explain(imagined.request, imagined.facts, at=imagined.at)
    report = ExplainReport(
        verdict=verdict_of(found.decision),
        at=imagined.at,
        decision=found.decision,
        findings=found.findings,
        nearest=_nearest(found),
    )
    if as_json:
        tell_json(report)
    else:
        _print_explanation(report)
    raise typer.Exit(0 if report.verdict == "allowed" else 1)


def _where(directory: Path | None, config: Path) -> tuple[Config | None, Path]:
    if directory is not None:
        return None, directory
    settings = configuration(config)
    if settings.policies.directory is None:
        raise fail(f"{config} names bundle files: name the directory that the next is built from")
    return settings, settings.policies.directory


def _nearest(found: Explanation) -> Reason | None:
    # After `default` follow the permits, the one with the least to change first.
    reasons = found.decision.reasons
    return reasons[1] if len(reasons) > 1 and reasons[0].rule == "default" else None


def _told(mistake: Mistake) -> ToldMistake:
    return ToldMistake(
        file=mistake.file,
        line=mistake.line,
        path=mistake.path,
        message=mistake.message,
        cure=mistake.cure,
    )


def _told_failure(result: TestResult) -> ToldMistake:
    return ToldMistake(
        file=result.file,
        line=result.line,
        path=f"tests of {result.policy}",
        message=f"the test `{result.test}` fails: {result.message}",
        cure="correct the rule or the test; a denial that is not a rule's must be named by `rule:`",
    )


def _told_plainly(error: SealMaterialError) -> ToldMistake:
    return ToldMistake(
        file="", line=0, path="", message=str(error), cure="make it readable, as UTF-8 text"
    )


def _print_check(report: CheckReport) -> None:
    _print_mistakes(report.mistakes)
    for note in report.notes:
        _say(f"note: {note}", "yellow")
    if report.ok:
        _say(f"ok: {report.files} files, {report.tests} tests pass, {report.bundle}", "green")
    else:
        count = len(report.mistakes)
        told = f"{count} mistake{'' if count == 1 else 's'}"
        _say(f"{told}: the gateway would not take these files", "bold red")


def _print_tests(report: TestReport) -> None:
    _print_mistakes(report.mistakes)
    for each in report.tests:
        by = ", ".join(each.decided_by)
        _say(f"{'ok  ' if each.ok else 'FAIL'}  {each.policy}: {each.test}", _style(ok=each.ok))
        _say(f"      {each.got} by {by}")
        if each.message is not None:
            _say(f"      {each.file}:{each.line}: {each.message}")
    failed = sum(not each.ok for each in report.tests)
    _say(f"{len(report.tests) - failed} pass, {failed} fail", _style(ok=report.ok))


def _print_mistakes(mistakes: tuple[ToldMistake, ...]) -> None:
    for each in mistakes:
        place = f"{each.file}:{each.line}: " if each.file else ""
        path = f"{each.path}: " if each.path else ""
        _say(f"{place}{path}{each.message} -> {each.cure}")


def _print_explanation(report: ExplainReport) -> None:
    _say(report.verdict, _STYLES[report.verdict])
    deciding = report.decision.reasons[:1] if report.nearest else report.decision.reasons
    for reason in deciding:
        _say(f"  {reason.rule}: {reason.message}")
    if not isinstance(report.decision, Denied) and report.decision.placement is not None:
        _say(f"  stamp: {told(report.decision.placement)}")
    if report.nearest is not None:
        _say("nearest that would have allowed it")
        _say(f"  {report.nearest.rule}: {report.nearest.message}")
    _say(f"every rule for this seal and document type, at {report.at.isoformat(sep=' ')}")
    for finding in report.findings:
        _say(f"  {finding.effect:<6} {finding.rule}: {finding.outcome}")
        _say(f"         {finding.message}")
    if not report.findings:
        _say("  there is none")


def _style(*, ok: bool) -> Literal["green", "bold red"]:
    return "green" if ok else "bold red"


def _say(line: str, style: str = "") -> None:
    out.print(Text(printable(line), style=style), soft_wrap=True)
