"""Events that others are told of, and how their deliveries stand."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
        ),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("document_type", sa.String(100)),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("event_by_id", "event", ["id"], unique=True)
    op.create_index("event_by_system", "event", ["system", "sequence"])
    op.create_index("event_by_moment", "event", ["at"])
    op.create_table(
        "delivery",
        sa.Column("event", sa.String(36), primary_key=True),
        sa.Column("target", sa.String(100), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("delivery_by_target", "delivery", ["target", "state"])
    op.create_table(
        "stopped_target",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
