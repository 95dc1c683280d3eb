"""What people sign of approvals is called a statement, as everywhere else."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("approval_voice", "approval_statement")
