"""`sealgate policy diff` and `simulate`: what a change would change, before it does."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.policy.past import decisions
from gateway.cli.policy.printing import say, told_why
from gateway.cli.policy.where import PoliciesArgument, policies_in
from gateway.cli.terminal import tell_json, told_errors
from gateway.clock import SystemClock
from gateway.desk.answering import compared, simulated
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.desk.reports import DiffReport, SimulationReport
from gateway.seals.errors import SealMaterialError
from policies.deciding.telling import told_stages
from policies.foresight.difference import Change, Term
from policies.foresight.notes import listed
from policies.foresight.simulation import ChangedDecisions
from strictyaml import MistakesError

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dhm])")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_STYLES = {"gained": "green", "lost": "red", "changed": "yellow"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def diff(
    policies: Annotated[
        list[Path],
        typer.Argument(
            metavar="[OLD] NEW",
            help="Directories of policies or bundle files, as they are and as they would be; OLD "
            "by default what is in force.",
        ),
    ],
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show who gains or loses what between two versions of the policies.

    For every system and post, on every seal and document type, and under which conditions.

    Exits 0 when nothing is different, 1 when something is, 2 when that cannot be told.
    """
    with told_errors(MistakesError, NothingToReadError, SealMaterialError):
        old, new = _two_of(policies, config)
        before, after = PolicyFiles.read(old).bundle, PolicyFiles.read(new).bundle
    report = compared(before, after, at=SystemClock().now())
    if as_json:
        tell_json(report)
    else:
        print_diff(report)
    difference = report.difference
    raise typer.Exit(1 if difference.changes or difference.objects else 0)


def simulate(
    policies: PoliciesArgument = None,
    since: Annotated[
        str, typer.Option(help="How far back, 30d, 12h or 90m; or a moment with its zone.")
    ] = "30d",
    until: Annotated[str | None, typer.Option(help="Until when; by default now.")] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Decide recorded requests again by other policies, and list what changes.

    Limits are not counted anew. Exits 0 when every decision would be the same, 1 when one would
    not, 2 when that cannot be told.
    """
    now = SystemClock().now()
    start, end = _moment(since, now), now if until is None else _moment(until, now)
    with told_errors(MistakesError, NothingToReadError, SealMaterialError):
        bundle = PolicyFiles.read(policies_in(policies, config)).bundle
        with decisions(config) as history:
            report = simulated(bundle, history.between(start, end), since=start, until=end)
    if as_json:
        tell_json(report)
    else:
        _print_simulation(report)
    raise typer.Exit(1 if report.simulation.changed else 0)


def _two_of(policies: list[Path], config: Path) -> tuple[Path, Path]:
    match policies:
        case [old, new]:
            return old, new
        case [new]:
            return policies_in(None, config), new
        case _:
            raise typer.BadParameter("two are compared: OLD and NEW, or NEW with what is in force")


def _moment(written: str, now: datetime) -> datetime:
    try:
        if found := _SPAN.fullmatch(written):
            return now - int(found[1]) * _UNITS[found[2]]
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise typer.BadParameter(f"{written} has no time zone; write it with +08:00")
        return moment.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{written} is beyond the calendar") from None
    except ValueError:
        raise typer.BadParameter(f"{written} is neither 30d, 12h, 90m nor a moment") from None


def print_diff(report: DiffReport) -> None:
    """Who gains and loses what, and what else is different."""
    for change in report.difference.changes:
        _print_change(change)
    for each in report.difference.objects:
        say(f"{_SIGNS[each.change]} {each.objects} {each.name}")
    if report.difference.changes:
        return
    say("nobody gains or loses anything", "green")


def _print_change(change: Change) -> None:
    seals, types = frozenset(change.seals), frozenset(change.document_types)
    say(f"{change.kind}: {listed(frozenset(change.principals))}", _STYLES[change.kind])
    say(f"  on {listed(seals)} for {listed(types)}")
    for sign, terms in (("-", change.before), ("+", change.after)):
        for term in terms:
            say(f"  {sign} {_term(term)}")
    if change.besides:
        say(f"  different besides: {', '.join(change.besides)}")


def _term(term: Term) -> str:
    parts = [f"{term.effect} {term.rule}"]
    if term.when is not None:
        parts.append(f"when {term.when}")
    limits = (
        (term.limits.per_hour, "an hour"),
        (term.limits.per_day, "a day"),
        (term.limits.per_month, "a month"),
    )
    parts += [f"{most} {unit} ({term.time_zone})" for most, unit in limits if most is not None]
    if term.approvals is not None:
        stages = told_stages(term.approvals.stages, in_order=term.approvals.in_order)
        parts.append(f"once approved by {stages}")
    return "; ".join(parts)


def _print_simulation(report: SimulationReport) -> None:
    found = report.simulation
    span = f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC"
    say(f"{found.total} decisions from {span}: {found.same} would be the same")
    for changed in found.changed:
        _print_changed(changed)
    for undecidable in found.undecidable:
        say(f"{undecidable.count} cannot be told: {told_why(undecidable.why, undecidable.missing)}")


def _print_changed(changed: ChangedDecisions) -> None:
    style = "green" if changed.after == "allowed" else "red"
    say(f"{changed.count} {changed.before} would be {changed.after}", style)
    say(f"  {', '.join(changed.rules_before)} -> {', '.join(changed.rules_after)}")
    for example in changed.examples:
        asked = f"{example.system}, {example.seal}, {example.document_type}"
        say(f"  record {example.record}: {asked}: {example.message}")
