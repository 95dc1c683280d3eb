"""`sealgate archive list`: which documents are kept, where, and until when."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.retention.holds import holds
from gateway.store.open import database_of
from gateway.store.schema import document


def list_(
    company: Annotated[str | None, typer.Option(help="Only this company's.")] = None,
    number: Annotated[str | None, typer.Option(help="Only those of this business number.")] = None,
    document_type: Annotated[str | None, typer.Option(help="Only those of this type.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 50,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List the newest sealed documents: whose, where, and how long they are kept.

    The content is in tar files below `documents/companies/` of the state directory, each PDF with a
    JSON file of what it is; any tar reads them.

    Exits 0 when some are listed, 1 when there are none.
    """
    installation = configuration(config)
    with told_errors(SQLAlchemyError, OSError):
        database = database_of(installation)
        if not database.exists():
            raise fail(f"there is no database {database}: nothing was sealed yet")
    wanted = {"company": company, "business_number": number, "document_type": document_type}
    with told_errors(SQLAlchemyError, OSError), database.open_reader().connect() as it:
        found = _found(it, {name: said for name, said in wanted.items() if said}, count)
    if as_json:
        tell_json(found)
    elif found:
        _tell(found)
    if not found:
        raise fail("no sealed document fits", code=1)


def _found(connection: Connection, wanted: dict[str, str], count: int) -> list[dict[str, object]]:
    query = select(document).where(document.c.state == "sealed")
    for name, said in wanted.items():
        query = query.where(document.c[name] == said)
    rows = connection.execute(query.order_by(document.c.signed_at.desc()).limit(count)).all()
    live = holds(connection, live_only=True)
    return [
        {
            "id": row.id,
            "company": row.company,
            "documentType": row.document_type,
            "businessNumber": row.business_number,
            "signedAt": _day(row.signed_at),
            "sha256": row.output_digest.hex(),
            "segment": None if row.erased_index is not None else row.segment,
            "keptUntil": None if row.keep_until is None else _day(row.keep_until),
            "erasedBy": row.erased_index,
            "holds": [
                hold.id
                for hold in live
                if hold.covers(
                    company=row.company,
                    business_number=row.business_number,
                    document_type=row.document_type,
                )
            ],
        }
        for row in rows
    ]


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _tell(found: list[dict[str, object]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("sealed", "company", "type", "number", "content", "document"):
        table.add_column(heading, overflow="fold")
    for each in found:
        row = (
            str(each["signedAt"])[:10],
            each["company"],
            each["documentType"],
            each["businessNumber"],
            _state(each),
            each["id"],
        )
        table.add_row(*(printable(str(value)) for value in row))
    out.print(table)


def _state(told: dict[str, object]) -> str:
    if told["erasedBy"] is not None:
        return f"erased, record {told['erasedBy']}"
    if told["holds"]:
        return "held"
    return "kept" if told["keptUntil"] is None else f"kept until {str(told['keptUntil'])[:10]}"
