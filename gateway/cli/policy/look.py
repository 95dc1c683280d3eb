"""`sealgate policy check | test`: look at the officers' files, here or in their CI."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.checking import looked_through, told_mistakes
from gateway.cli.policy.printing import print_check, print_tests
from gateway.cli.policy.where import PoliciesArgument, policies_in
from gateway.cli.terminal import tell_json, told_errors
from gateway.desk.answering import tested
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.desk.reports import TestReport
from gateway.seals.errors import SealMaterialError
from policies.bundle import Bundle
from strictyaml import MistakesError


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
    """Find mistakes in policies and the files they name, and run the policies' tests.

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


def run_tests(
    policies: PoliciesArgument = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run the tests that the policies carry, and show which rule decided each.

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


def _as_it_is(place: Path) -> Bundle:
    """Raises NothingToReadError also for mistakes: they are not those that were asked for."""
    try:
        return PolicyFiles.read(place).bundle
    except (MistakesError, SealMaterialError) as error:
        raise NothingToReadError(f"--against {place} has mistakes itself: {error}") from error
