"""`sealgate hsm reconcile`: what the HSM says of its keys' uses, against the audit log."""

import sqlite3
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import err, fail, out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.keys.reconciled import keep
from gateway.keys.reconciling import Discrepancy, Reconciled, Reconciliation, reconcile_counts
from gateway.keys.uses import CountFile, UsesUnreadableError, uses_in
from gateway.store.open import database_of
from strictyaml import MistakesError, load

_CURES = {
    "use-outside-the-gateway": "Stop sealing with this key (sealgate freeze seal), keep the HSM's "
    "own log, and find out who else has the PIN. A request of which the gateway has no record yet "
    "is one second old, or no gateway runs.",
    "use-of-unknown-key": "If the label is another's, say so with --other. If it was ours, name it "
    "under hsm.keys with `retired: true`. Else find out who made a key there.",
    "retired-key-used": "Write `retired: true` beside the key under hsm.keys, and find the seal "
    "that had it.",
    "use-missing": "The HSM's list has a gap: get all of it, of every replica, and compare again.",
}


class ReconcileReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm reconcile --json` prints; see `gateway.keys.reconciling.Reconciled`."""

    ok: bool
    uses: int
    seals: int
    requests: int
    heads: int
    tests: int
    others: int
    records: int
    findings: tuple[Discrepancy, ...]


def reconcile(
    uses: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of JSON lines, one use each: `key` (CKA_LABEL) and `data` (hex). Of "
            "replicas all.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    counts: Annotated[
        Path | None,
        typer.Option(
            help="Instead, a YAML file of numbers: `counts` by CKA_LABEL, `tests` among them, "
            "and `first_record`.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(help="A label on the token that is somebody else's; may be given often."),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hold what the HSM says of its keys' uses against the audit log.

    Every use must be the digest of an intent or of a certificate request, a tree head of the log,
    or a sentence of the self-test. Exits 0 when all fits, 1 when a key was used outside the gateway
    or the HSM's list has a gap, 2 when that could not be told. It works while the gateway runs;
    get the HSM's list first. `sealgate audit verify` says whether the log itself is whole. What was
    found is kept below the state directory, and the gateway tells it in its metrics.
    """
    settings = configuration(config)
    if bool(uses) == (counts is not None):
        raise fail("name the files of uses, or one file of numbers with --counts")
    with told_errors(
        UsesUnreadableError, MistakesError, OSError, SQLAlchemyError, sqlite3.Error, UnicodeError
    ):
        result = _reconciled(settings, uses or [], counts, frozenset(other or ()))
    report = ReconcileReport(
        ok=not result.findings,
        uses=result.uses,
        seals=result.seals,
        requests=result.requests,
        heads=result.heads,
        tests=result.tests,
        others=result.others,
        records=result.records,
        findings=tuple(result.findings),
    )
    _keep(settings, report)
    if as_json:
        tell_json(report)
    else:
        _tell(report, by_use=counts is None)
    raise typer.Exit(0 if report.ok else 1)


def _reconciled(
    settings: Config, uses: list[Path], counts: Path | None, others: frozenset[str]
) -> Reconciled:
    database = database_of(settings)
    if not database.exists():
        raise fail(f"there is no database {database}: nothing was recorded yet")
    engine = database.open_reader()
    try:
        with engine.connect() as connection:
            if counts is not None:
                counted = load(
                    counts.read_text(encoding="utf-8"), file=str(counts), model=CountFile
                ).value
                return reconcile_counts(connection, counted, settings.hsm.keys, others=others)
            reconciliation = Reconciliation(
                settings.hsm.keys, origin=settings.audit.origin, others=others
            )
            # Before the log is read: what is used meanwhile is recorded before it is used.
            reconciliation.take(uses_in(uses))
            return reconciliation.against(connection)
    finally:
        engine.dispose()


def _keep(settings: Config, report: ReconcileReport) -> None:
    """For the gateway's metrics. Without it the answer is as true, and nobody is called."""
    try:
        names = (each.name for each in report.findings)
        keep(settings.reconciliation, names, at=SystemClock().now())
    except OSError as error:
        err.print("[bold yellow]not kept for the alerts[/]", end=" ")
        why = f"{settings.reconciliation}: {error.strerror}. Run this as the gateway's user or root"
        err.print(printable(why), markup=False, soft_wrap=True)


def _tell(report: ReconcileReport, *, by_use: bool) -> None:
    for name in dict.fromkeys(each.name for each in report.findings):
        for each in report.findings:
            if each.name == name:
                err.print(f"[bold red]{name}[/]", end="  ")
                err.print(printable(f"key {each.key}: {each.what}"), markup=False, soft_wrap=True)
        err.print(_CURES[name], markup=False, soft_wrap=True)
    if report.findings:
        return
    lines = [f"all fits  {report.uses} uses against {report.records} records"]
    if by_use:
        lines.append(
            f"  documents {report.seals}, requests {report.requests}, tree heads {report.heads}, "
            f"tests {report.tests}"
        )
    if report.others:
        lines.append(f"  not looked at: {report.others} of labels that are others'")
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
