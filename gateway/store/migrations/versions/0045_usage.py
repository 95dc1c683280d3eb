"""Usage, counted with each release; what was released before is counted from its rows."""

import json
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0040"
branch_labels = None
depends_on = None

_KEYS = ("day", "company", "department", "system", "seal", "document_type", "way")
_PAGE = 1000
_VIEWS = {
    "usage_by_month": "substr(day, 1, 7) AS month, company, system, document_type, way",
    "usage_by_department": "substr(day, 1, 7) AS month, company, department, way",
    "usage_by_seal": "substr(day, 1, 7) AS month, seal, document_type, way",
}


def upgrade() -> None:
    names = {name: sa.String(200 if name == "department" else 100) for name in _KEYS}
    names |= {"day": sa.String(10), "way": sa.String(10)}
    table = op.create_table(
        "seal_usage",
        *(sa.Column(name, names[name], primary_key=True) for name in _KEYS),
        sa.Column("seals", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
    )
    for name, columns in _VIEWS.items():
        grouped = columns.replace(" AS month", "")
        op.execute(
            f"CREATE VIEW {name} AS SELECT {columns}, "  # noqa: S608 - our own names
            f"sum(seals) AS seals, sum(documents) AS documents FROM seal_usage GROUP BY {grouped}"
        )
    rows = _counted(op.get_bind())
    if rows:
        op.bulk_insert(table, rows)


def _counted(connection: sa.Connection) -> list[dict[str, object]]:
    query = sa.text(
        "SELECT id, signed_at, request, decision, seal, part, parts FROM document "
        "WHERE state = 'sealed' AND id > :last ORDER BY id LIMIT :page"
    )
    seals: Counter[tuple[str, ...]] = Counter()
    documents: Counter[tuple[str, ...]] = Counter()
    last = ""
    while rows := connection.execute(query, {"last": last, "page": _PAGE}).all():
        for row in rows:
            key = _key(row)
            seals[key] += 1
            documents[key] += row.part == row.parts
        last = rows[-1].id
    return [
        {**dict(zip(_KEYS, key, strict=True)), "seals": count, "documents": documents[key]}
        for key, count in sorted(seals.items())
    ]


def _key(row: sa.Row[tuple[object, ...]]) -> tuple[str, ...]:
    asked, decided = json.loads(row.request), json.loads(row.decision)
    caller = asked["caller"]
    at = datetime.fromtimestamp(row.signed_at, UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    department = caller.get("line", asked.get("attributes", {}).get("department", ""))
    manual = "person" in caller or "requested_by" in asked or decided.get("approvals")
    return (
        at.date().isoformat(),
        caller["company"],
        department if isinstance(department, str) else "",
        caller["system"],
        row.seal,
        asked["document_type"],
        "manual" if manual else "automatic",
    )
