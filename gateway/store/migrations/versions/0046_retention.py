"""Whose documents these are, how long their content is kept, and legal holds."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_PAGE = 1000


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("company", sa.String(100), nullable=False, server_default=""))
        table.add_column(sa.Column("keep_until", sa.BigInteger()))
        table.add_column(sa.Column("erased_index", sa.BigInteger()))
        table.add_column(
            sa.Column("is_wiped", sa.SmallInteger(), nullable=False, server_default="0")
        )
    where = sa.text("keep_until IS NOT NULL AND is_wiped = 0")
    op.create_index(
        "document_by_end", "document", ["keep_until"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("document_by_company", "document", ["company", "signed_at"])
    _fill_companies(op.get_bind())
    op.create_table(
        "hold",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("company", sa.String(100), nullable=False),
        sa.Column("business_number", sa.String(200), nullable=False),
        sa.Column("document_type", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("audit_index", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end_index", sa.BigInteger()),
    )


def _fill_companies(connection: sa.Connection) -> None:
    query = sa.text("SELECT id, request FROM document WHERE id > :last ORDER BY id LIMIT :page")
    change = sa.text("UPDATE document SET company = :company WHERE id = :id")
    last = ""
    while rows := connection.execute(query, {"last": last, "page": _PAGE}).all():
        found = [
            {"id": row.id, "company": json.loads(row.request)["caller"]["company"]}
            for row in rows
            if row.request
        ]
        if found:
            connection.execute(change, found)
        last = rows[-1].id
