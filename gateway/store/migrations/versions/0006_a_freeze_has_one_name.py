"""Freezes and what ends them are called so, as everywhere else."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("stop", "freeze")
    op.alter_column("freeze", "lifted_at", new_column_name="ended_at")
    op.alter_column("freeze", "lift_index", new_column_name="end_index")
    op.rename_table("stop_lift", "unfreeze")
    op.alter_column("unfreeze", "stop", new_column_name="freeze")
