"""`sealgate audit`: prove the log, and read it."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table
from sqlalchemy import Connection, false, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.checkpoint import LogKey
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.record import read_leaf
from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.terminal import err, fail, out, told_errors
from gateway.config import Config
from gateway.envelopes.causes import trace_of
from gateway.store.engines.searching import contains
from gateway.store.open import database_of
from gateway.store.schema import audit_leaf
from gateway.store.schema import document as document_table

_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_STORE_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError, CheckpointInvalidError)


def verify(
    as_json: _JSON = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was kept elsewhere, to compare with as well."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Recompute every record and tree head, and say whether the log is whole.

    Exits 0 when it is whole, 1 when it is not, 2 when that could not be told.

    Works while the gateway runs, and on a copy of the state directory without it.
    """
    installation = configuration(config)
    with told_errors(*_STORE_ERRORS), _open(installation) as connection:
        key = LogKey.parse(installation.log_key_file.read_text(encoding="utf-8"))
        notes = {
            str(path): path.read_text(encoding="utf-8")
            for path in (installation.checkpoint_file, checkpoint)
            if path is not None and (path == checkpoint or path.exists())
        }
        verdict = LogVerifier(connection, key=key, published=notes).verify()
    if as_json:
        typer.echo(json.dumps(_as_json(verdict), ensure_ascii=False))
    else:
        _tell(verdict)
    raise typer.Exit(0 if verdict.is_good else 1)


def show(
    first: Annotated[int | None, typer.Argument(help="The first record to show.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many records.")] = 20,
    document: Annotated[
        str | None, typer.Option(help="Only records of this document or trace id.")
    ] = None,
    number: Annotated[
        str | None, typer.Option(help="Only records of documents with this business number.")
    ] = None,
    envelope: Annotated[
        str | None,
        typer.Option(help="Only records of this contract with other companies, by its id."),
    ] = None,
    as_json: _JSON = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show records of the log, the newest by default.

    Exits 0 when some are shown, 1 when there are none, 2 when the log cannot be read.
    """
    with told_errors(*_STORE_ERRORS), _open(configuration(config)) as connection:
        wanted = None if document is None else [document]
        if number is not None:
            wanted = _documents_numbered(connection, number)
        if envelope is not None:
            wanted = [envelope, trace_of(envelope)]
        records = _select(connection, first, count, wanted)
    if not records:
        raise fail("no record fits; `sealgate audit show` alone shows the newest", code=1)
    if as_json:
        for record in records:
            typer.echo(json.dumps(record, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("record", "when (UTC)", "kind", "what"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "what")
    for record in records:
        table.add_row(str(record["index"]), record["at"][:19], record["kind"], sentence(record))
    out.print(table)


def _open(installation: Config) -> Connection:
    database = database_of(installation)
    if not database.exists():
        raise fail(f"there is no database {database}: nothing was recorded yet")
    return database.open_reader().connect()


def _select(
    connection: Connection, first: int | None, count: int, wanted: list[str] | None
) -> list[dict[str, Any]]:
    query = select(audit_leaf.c.leaf)
    if wanted is not None:
        query = query.where(
            or_(false(), *(contains(audit_leaf.c.leaf, each.encode()) for each in wanted))
        )
    if first is not None:
        query = query.where(audit_leaf.c.index >= first).order_by(audit_leaf.c.index)
    else:
        query = query.order_by(audit_leaf.c.index.desc())
    leaves = connection.execute(query.limit(count)).scalars().all()
    records = [_read(bytes(leaf)) for leaf in leaves]
    return records if first is not None else records[::-1]


def _documents_numbered(connection: Connection, number: str) -> list[str]:
    # The log holds a salted hash of the number; the document's row knows which is which.
    query = select(document_table.c.id).where(document_table.c.business_number == number)
    return list(connection.execute(query).scalars())


def _read(leaf: bytes) -> dict[str, Any]:
    try:
        return read_leaf(leaf)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"index": "?", "at": "?", "kind": "damaged", "bytes": leaf.hex()}


def sentence(record: dict[str, Any]) -> str:
    """What happened, for a line of a table."""
    tell = _SENTENCES.get(record["kind"])
    if tell is None:
        return str(record.get("bundle") or record.get("version") or "")
    return tell(record)


def _intent(record: dict[str, Any]) -> str:
    rules = ", ".join(reason["rule"] for reason in record["decision"]["reasons"])
    return (
        f"{_request(record)}, by {rules}; document {record['document']}{_part(record)}"
        f"{_normalized(record)}{_of_envelope(record)}"
    )


def _outcome(record: dict[str, Any]) -> str:
    how = record["result"] if record["result"] == "sealed" else record["problem"]
    return f"{how}; document {record['document']}{_part(record)}, intent {record['intent']}"


def _denied(record: dict[str, Any]) -> str:
    # After `default` come the rules that might have permitted it, the nearest first.
    told = [f"{each['rule']}: {each['message']}" for each in record["decision"]["reasons"]]
    seals = " + ".join([record["seal"], *record.get("further", ())])
    return f"{record['system']} → {seals}: {'; '.join(told[:2])}{_of_envelope(record)}"


def _of_envelope(record: dict[str, Any]) -> str:
    return f"; envelope {record['envelope']}" if "envelope" in record else ""


def _envelope(record: dict[str, Any]) -> str:
    others = ", ".join(record.get("counterparties", ()))
    with_ = f", with {others}, begun by {record['initiator']}" if others else ""
    why = "".join(f", {record[key]}" for key in ("reason", "status") if key in record)
    return f"{record['what']}{why}{with_}; envelope {record['envelope']}"


def _asked(record: dict[str, Any]) -> str:
    return f"{_request(record)}, by {record['rule']}; approval {record['approval']}"


def _approval(record: dict[str, Any]) -> str:
    via = "" if record["source"] == "person" else f", says {record['source']}"
    return f"{record['act']} by {record['by']}{via}; approval {record['approval']}"


def _policy(record: dict[str, Any]) -> str:
    if "sequence" not in record:
        return str(record.get("bundle", ""))
    return f"bundle number {record['sequence']}, signed by {', '.join(record['signed_by'])}"


def _freeze(record: dict[str, Any]) -> str:
    scope = record["scope"]
    return f"{scope['kind']} {scope['name']}: {record['reason']}; freeze {record['freeze']}"


def _unfreeze(record: dict[str, Any]) -> str:
    how = "ended" if record["ended"] else f"not yet, {record['wanted']} are wanted"
    return f"freeze {record['freeze']}, by {', '.join(record['by'])}: {how}"


def _key(record: dict[str, Any]) -> str:
    of = f" of seal {record['seal']}" if "seal" in record else ""
    subject = f" for {record['subject']}" if "subject" in record else ""
    return f"{record['what']}: key {record['key']}{of}{subject}, by {record['by']}"


_SENTENCES: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "intent": _intent,
    "outcome": _outcome,
    "denied": _denied,
    "asked": _asked,
    "approval": _approval,
    "approval-closed": lambda record: f"{record['why']}; approval {record['approval']}",
    "forgotten": lambda record: f"{record['approvals']} approvals that ended long ago",
    "policy": _policy,
    "refused": lambda record: f"{record['file']}: {record['why']}",
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "hold": lambda record: f"documents of {record['company']}, by {record['by']}; {record['hold']}",
    "hold-end": lambda record: f"by {record['by']}; hold {record['hold']}",
    "erased": lambda record: f"the content of {len(record['documents'])} documents",
    "envelope": _envelope,
    "key": _key,
    "envelope-trouble": lambda record: (
        f"envelope {record['envelope']} of {record['company']}: {record['trouble']}, "
        f"{record['words']}"
    ),
}


def _request(record: dict[str, Any]) -> str:
    return f"{record['system']} → {record['seal']} on {record['document_type']}"


def _part(record: dict[str, Any]) -> str:
    act = record.get("act")
    return f" (part {act['part']} of {act['parts']}, act {act['id']})" if act else ""


def _normalized(record: dict[str, Any]) -> str:
    return f", normalized to {record['normalized']}" if "normalized" in record else ""


def _tell(verdict: LogVerdict) -> None:
    if verdict.is_good:
        out.print(f"[bold green]whole[/]  {verdict.records} records, all of them accounted for")
        out.print(f"  sealed {verdict.sealed}, denied {verdict.denied}, failed {verdict.failed}")
        out.print(f"  tree heads {verdict.checkpoints}, covering {verdict.signed} records")
        if verdict.interrupted:
            out.print(
                f"  intents without an outcome: {len(verdict.interrupted)} (a stop in between)"
            )
        return
    for finding in verdict.findings:
        err.print("[bold red]not whole[/]", end=" ")
        err.print(finding.what, markup=False, soft_wrap=True)
    err.print(
        "Stop sealing, keep a copy of the state directory as it is, and compare with a backup.",
        soft_wrap=True,
    )


def _as_json(verdict: LogVerdict) -> dict[str, Any]:
    return {
        "whole": verdict.is_good,
        "records": verdict.records,
        "sealed": verdict.sealed,
        "denied": verdict.denied,
        "failed": verdict.failed,
        "interrupted": len(verdict.interrupted),
        "checkpoints": verdict.checkpoints,
        "signedRecords": verdict.signed,
        "findings": [{"record": each.index, "what": each.what} for each in verdict.findings],
    }
