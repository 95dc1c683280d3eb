"""Why nobody is asked for an approval any more: what it was asked for has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "approval", sa.Column("closed_for", sa.String(300), nullable=False, server_default="")
    )
