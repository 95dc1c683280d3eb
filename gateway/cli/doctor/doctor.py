"""`sealgate doctor`: everything that sealing depends on, looked at once."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from gateway.cli.doctor import files, machine, service, work
from gateway.cli.doctor.bridge import check_bridge, check_bridge_files
from gateway.cli.doctor.chain import check_chain
from gateway.cli.doctor.freezes import check_freeze_folder, check_freezes
from gateway.cli.doctor.model import Finding, State, failed, looked_at, ok
from gateway.cli.doctor.network import check_network
from gateway.cli.doctor.nodes import check_versions
from gateway.cli.doctor.records import RecordsCheck, check_server_clock
from gateway.cli.doctor.replicas import check_replicas
from gateway.cli.doctor.seals import SealsCheck
from gateway.cli.doctor.token import TokenCheck
from gateway.cli.files.verify import DEMO_CA
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.reading import connected
from gateway.cli.terminal import out, printable, tell_json
from gateway.clock import Clock, SystemClock
from gateway.config import Config, load_config
from gateway.store.open import database_of
from strictyaml import MistakesError

_STYLES: dict[State, str] = {"ok": "green", "warning": "yellow", "failed": "bold red"}
_OWNERS = {
    "it": "IT",
    "officer": "security officer",
    "caller": "calling system",
    "partner": "partner",
}


class Examination(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `doctor --json` prints; `ok` is false when something failed."""

    ok: bool
    config: str
    findings: tuple[Finding, ...]


def doctor(
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check everything that sealing depends on; say what is wrong and who can fix it.

    Nothing is changed; the token is logged in to once, and signs once with each key. Exits 0 when
    nothing failed (warnings may remain), else 1.
    """
    findings = tuple(examine(config, clock=SystemClock()))
    report = Examination(
        ok=all(each.state != "failed" for each in findings),
        config=str(config),
        findings=findings,
    )
    if as_json:
        tell_json(report)
    else:
        _print(report)
    raise typer.Exit(0 if report.ok else 1)


def examine(config_file: Path, *, clock: Clock) -> Iterator[Finding]:
    """Every part in the order in which they depend on each other."""
    now = clock.now()
    yield from looked_at("Python", machine.check_python)
    config, told = _read(config_file)
    yield from told
    if config is None:
        return
    yield from looked_at("secrets", lambda: files.check_secret_files(config, config_file))
    yield from looked_at("files", lambda: files.check_governing_files(config, config_file))
    yield from looked_at("signatures", lambda: files.check_signatures(config))
    yield from looked_at("state directory", lambda: files.check_state_directory(config))
    yield from looked_at("disk space", lambda: machine.check_disk(config))
    yield from looked_at("confinement", lambda: machine.check_confinement(config, config_file))
    yield from looked_at("document worker", lambda: machine.check_workers(config))
    token = TokenCheck(config)
    yield from looked_at("HSM token", token.findings)
    yield from looked_at("HSM replicas", lambda: check_replicas(config.hsm, token.keys))
    seals = SealsCheck(config)
    yield from looked_at("policies", lambda: seals.policies(token.keys))
    yield from looked_at("seals", lambda: seals.certificates(token.keys, now=now))
    yield from looked_at("chains", lambda: seals.chains(now=now))
    yield from looked_at("stamps", seals.stamps)
    demo = config_file.parent / DEMO_CA
    yield from looked_at("grants", lambda: seals.grants((demo,) if demo.exists() else ()))
    records = RecordsCheck(config)
    yield from looked_at("database", lambda: records.database(now))
    yield from looked_at("audit log", lambda: records.audit_log(token.keys))
    if records.size is not None:
        yield from _of_rows(config, clock=clock)
    yield from looked_at("freezes", lambda: check_freezes(config))
    yield from looked_at("freezes", lambda: check_freeze_folder(config))
    yield from looked_at("bridge", lambda: check_bridge_files(config))
    yield from looked_at("bridge", lambda: check_bridge(config, now))
    yield from looked_at("network", lambda: check_network(config, now))
    yield from looked_at("clock source", machine.check_clock_source)
    yield from looked_at("TLS", lambda: service.check_tls(config, now))
    yield from looked_at("gateway", lambda: service.check_gateway(config))


def _of_rows(config: Config, *, clock: Clock) -> Iterator[Finding]:
    """What the rows of a database tell that is there and of this version."""
    if not database_of(config).exists():
        return
    now = clock.now()
    checks: tuple[tuple[str, Callable[[Connection], Iterable[Finding]]], ...] = (
        ("clock skew", lambda it: check_server_clock(it, clock)),
        ("audit chain", lambda it: check_chain(it, config)),
        ("jobs", lambda it: work.check_jobs(it, now)),
        ("deliveries", work.check_deliveries),
        ("limits", lambda it: work.check_limits(it, now)),
        ("versions", lambda it: check_versions(it, now)),
    )
    with connected(config) as connection:
        for part, check in checks:
            yield from looked_at(part, partial(check, connection))


def _read(config_file: Path) -> tuple[Config | None, list[Finding]]:
    part = "configuration"
    try:
        config = load_config(config_file)
    except MistakesError as error:
        cure = "Correct the file; config.example.yaml explains every key."
        return None, [failed(part, str(each), cure=cure) for each in error.mistakes]
    except (OSError, UnicodeDecodeError) as error:
        cure = "Name yours with --config, or run `sealgate init` for a trial installation."
        return None, [failed(part, f"{config_file} cannot be read: {error}", cure=cure)]
    return config, [ok(part, str(config_file))]


def _print(report: Examination) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(max_width=22, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for each in report.findings:
        table.add_row(
            Text(each.state, style=_STYLES[each.state]),
            Text(printable(each.part)),
            _told(each),
        )
    out.print(table)
    count = {state: sum(each.state == state for each in report.findings) for state in _STYLES}
    summary = f"{count['failed']} failed, {count['warning']} warnings, {count['ok']} ok"
    out.print(Text(summary, style="bold green" if report.ok else "bold red"))


def _told(finding: Finding) -> Text:
    told = Text(printable(finding.message))
    if finding.cure is not None and finding.owner is not None:
        told.append(f"\n-> {_OWNERS[finding.owner]}: {printable(finding.cure)}", style="bold")
    return told
