"""`sealgate policy explain`: why a request is, or was, decided as it is."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.attributes import AttributesError, attributes_from
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.policy.past import decisions
from gateway.cli.policy.printing import print_explanation, print_record
from gateway.cli.policy.request import Options, from_file, from_options
from gateway.cli.policy.where import PoliciesOption, policies_in
from gateway.cli.terminal import tell_json, told_errors
from gateway.clock import SystemClock
from gateway.desk.answering import explained, recorded
from gateway.desk.imagining import ImaginedRequestError, imagine
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.desk.reports import ExplainReport
from gateway.seals.errors import SealMaterialError
from strictyaml import MistakesError


def explain(
    record: Annotated[
        int | None,
        typer.Argument(
            min=0,
            max=2**63 - 1,
            help="A decision that was made: the number of its audit record.",
        ),
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
        list[str] | None, typer.Option("--attribute", "-a", help="name=value; may be repeated.")
    ] = None,
    pages: Annotated[int | None, typer.Option(help="Pages of the document; by default 1.")] = None,
    signatures: Annotated[
        int | None, typer.Option(help="Signatures that the document has already; by default 0.")
    ] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="Intake rule that finds something in it, may be repeated."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="When, such as 2026-11-22T03:00:00+08:00; by default now.")
    ] = None,
    directory: PoliciesOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how a request would be decided, by which rule, and what came nearest.

    Either a decision that was made, by the number of its audit record, beside what the policies say
    of it now; or an imagined request. Nothing is sealed, and limits are not counted. Exits 0 when
    it is (or was) allowed, 1 when it is denied or waits for approval, 2 when that cannot be told.
    """
    with told_errors(
        AttributesError,
        ImaginedRequestError,
        MistakesError,
        NothingToReadError,
        SealMaterialError,
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
