"""Large batches are paused, resumed and cancelled bit by bit."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_turn",
        sa.Column("subject", sa.String(100), primary_key=True),
        sa.Column("rest", sa.String(10), nullable=False),
    )
