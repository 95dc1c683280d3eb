"""Which node wrote last, and the turns of writing; heads that several nodes sign."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "writer",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("node", sa.String(100), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO writer VALUES (1, '', 0)")
