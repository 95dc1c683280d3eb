"""`sealgate policy`: look at the officers' files and at what was decided, here or in their CI."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.policy.changes import diff, simulate
from gateway.cli.policy.checking import looked_through, told_mistakes
from gateway.cli.policy.printing import print_check, print_explanation, print_record, print_tests
from gateway.cli.policy.publish import publish
from gateway.cli.policy.request import Options, from_file, from_options
from gateway.cli.policy.schema import schema
from gateway.cli.policy.template import template
from gateway.cli.policy.where import (
    JSONOption,
    PoliciesArgument,
    PoliciesOption,
    decisions,
    policies_in,
)
from gateway.cli.seal.submissions import SubmissionsError, attributes_from
from gateway.cli.terminal import tell_json, told_errors
from gateway.clock import SystemClock
from gateway.desk.answering import explained, recorded, tested
from gateway.desk.imagining import ImaginedRequestError, imagine
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.desk.reports import ExplainReport, TestReport
from gateway.seals.errors import SealMaterialError
from policies.bundle import Bundle
from strictyaml import MistakesError

app = typer.Typer(
    help="Check, test, explain, compare and simulate policies. No HSM is needed.",
    no_args_is_help=True,
)
app.command("diff")(diff)
app.command("simulate")(simulate)
app.command("schema")(schema)
app.command("publish")(publish)
app.command("template")(template)


@app.command("check")
def check(
    policies: PoliciesArgument = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 also for a warning: for an officers' CI.")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Directory or bundle file as it is now: also find what cannot follow it, such as "
            "a seal that skips a step of its life, or a grant that grows."
        ),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="PEM of roots to judge the grants' sealed PDFs by, may be repeated; without it "
            "the certificates of the grantor's seals."
        ),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Find every mistake in the files, run the policies' own tests, and try the seals' files.

    The sealed PDF of each grant must be there, unchanged, and validly sealed by the grantor.

    Also says what may be meant otherwise: rules that can never decide or stand against one another,
    seals that nobody or anybody can use. Whether a certificate is for the key on the token only
    `sealgate doctor` can tell. With a directory or file config.yaml is not read. Exits 0 when the
    gateway would take the files, 1 when they have mistakes, 2 when there is nothing to read.
    """
    settings = None if policies is not None else configuration(config)
    with told_errors(NothingToReadError):
        place = policies_in(policies, config)
        before = None if against is None else _as_it_is(against)
        report = looked_through(place, settings, before=before, strict=strict, trust=trust or ())
    if as_json:
        tell_json(report)
    else:
        print_check(report)
    raise typer.Exit(0 if report.ok else 1)


@app.command("test")
def run_tests(
    policies: PoliciesArgument = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run the tests that the policies carry, and tell for each which rule decided.

    Exits 0 when all pass, 1 when one fails or the files have mistakes, 2 when there is nothing to
    read.
    """
    with told_errors(NothingToReadError):
        place = policies_in(policies, config)
        try:
            report = tested(PolicyFiles.read(place))
        except (MistakesError, SealMaterialError) as error:
            told = told_mistakes(error)
            report = TestReport(ok=False, directory=str(place), tests=(), mistakes=told)
    if as_json:
        tell_json(report)
    else:
        print_tests(report)
    raise typer.Exit(0 if report.ok else 1)


@app.command("explain")
def explain(
    record: Annotated[
        int | None,
        typer.Argument(help="A decision that was made: the number of its audit record."),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(
            help="JSON or YAML with what a policy's test has under `request:`: who asks, seal and "
            "documentType must be there; what else is left out is as in a test."
        ),
    ] = None,
    system: Annotated[str | None, typer.Option(help="The system that asks.")] = None,
    person: Annotated[
        str | None, typer.Option(help="The person who asks, in the posts of that moment.")
    ] = None,
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
    directory: PoliciesOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Tell how a request is decided, what each rule says, and what was nearest.

    Either a decision that was made, by the number of its audit record, beside what the policies say
    of it now; or an imagined request. Nothing is sealed, and limits are not counted. Exits 0 when
    it is (or was) allowed, 1 when it is denied or waits for approval, 2 when that cannot be told.
    """
    with told_errors(
        ImaginedRequestError, MistakesError, NothingToReadError, SealMaterialError, SubmissionsError
    ):
        options = Options(
            system=system,
            person=person,
            seal=seal,
            document_type=document_type,
            attributes=attributes_from(attribute or []),
            pages=pages,
            signatures=signatures,
            findings=tuple(finding or ()),
            at=at,
        )
        if record is not None:
            if request is not None or options.given:
                raise ImaginedRequestError("give either a record's number or a request, not both")
            _explain_record(record, directory, config, as_json=as_json)
        report = _explain_imagined(request, options, policies_in(directory, config))
    if as_json:
        tell_json(report)
    else:
        print_explanation(report)
    raise typer.Exit(0 if report.verdict == "allowed" else 1)


def _explain_imagined(request: Path | None, options: Options, directory: Path) -> ExplainReport:
    if request is not None and options.given:
        raise ImaginedRequestError("give either --request or the other options, not both")
    spec = from_options(options) if request is None else from_file(request)
    bundle = PolicyFiles.read(directory).bundle
    return explained(bundle, imagine(spec, bundle, now=SystemClock().now()))


def _explain_record(record: int, directory: Path | None, config: Path, *, as_json: bool) -> None:
    """Tell it and leave."""
    bundle = PolicyFiles.read(policies_in(directory, config)).bundle
    with decisions(config) as history:
        report = recorded(bundle, record, history.of_record(record))
    if as_json:
        tell_json(report)
    else:
        print_record(report)
    if not report.decisions:
        raise typer.Exit(2)
    allowed = all(each.verdict == "allowed" for each in report.decisions)
    raise typer.Exit(0 if allowed else 1)


def _as_it_is(place: Path) -> Bundle:
    """Raises NothingToReadError also for mistakes: they are not those that were asked for."""
    try:
        return PolicyFiles.read(place).bundle
    except (MistakesError, SealMaterialError) as error:
        raise NothingToReadError(f"--against {place} has mistakes itself: {error}") from error
