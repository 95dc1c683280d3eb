"""The name that the network told, for transcripts."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "network_standing",
        sa.Column("network", sa.String(200), nullable=False, server_default=""),
    )
