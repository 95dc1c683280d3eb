"""Jobs and batches; segments of documents may be in folders."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.alter_column("segment", existing_type=sa.String(40), type_=sa.String(200))
    _jobs()
    _batches()


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("share", sa.String(210), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("holder", sa.String(60)),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("reason", sa.LargeBinary()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("job_by_key", "job", ["kind", "key"], unique=True)
    op.create_index("job_by_subject", "job", ["subject", "state"])
    for name, columns, state in (
        ("job_waiting", ["kind", "priority", "share", "not_before", "id"], "waiting"),
        ("job_leased", ["lease_until"], "leased"),
    ):
        where = sa.text(f"state = '{state}'")
        op.create_index(name, "job", columns, sqlite_where=where, postgresql_where=where)


def _batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("company", sa.String(100), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("receipt", sa.LargeBinary()),
    )
    op.create_index("batch_by_key", "batch", ["system", "idempotency_key"], unique=True)
    op.create_index("batch_by_state", "batch", ["state"])
    op.create_table(
        "batch_item",
        sa.Column("batch", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("business_number", sa.String(200), nullable=False),
        sa.Column("document_type", sa.String(100), nullable=False),
        sa.Column("seal", sa.String(100), nullable=False),
        sa.Column("input_digest", sa.LargeBinary(32)),
        sa.Column("input_bytes", sa.BigInteger()),
        sa.Column("segment", sa.String(200)),
        sa.Column("segment_offset", sa.BigInteger()),
        sa.Column("document", sa.String(36)),
        sa.Column("output_digest", sa.LargeBinary(32)),
        sa.Column("problem", sa.LargeBinary()),
        sa.Column("finished_at", sa.BigInteger()),
    )
    op.create_index("batch_item_by_state", "batch_item", ["batch", "state"])
    op.create_index("batch_item_by_segment", "batch_item", ["segment"])
