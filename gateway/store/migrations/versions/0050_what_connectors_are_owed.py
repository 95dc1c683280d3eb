"""What connectors brought, and the results that are owed to them."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_batch",
        sa.Column("target", sa.String(100), primary_key=True),
        sa.Column("system", sa.String(100), primary_key=True),
        sa.Column("batch_key", sa.String(255), primary_key=True),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("brought", sa.LargeBinary(), nullable=False),
        sa.Column("delivered", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("connector", sa.String(100), primary_key=True),
        sa.Column("cursor", sa.Text(), nullable=False),
    )
