"""Links that are owed to persons, and those that were brought."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("envelope", sa.String(36), nullable=False),
        sa.Column("party", sa.String(100), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("link", sa.String(64), nullable=False),
    )
    op.create_index("invitation_by_due", "invitation", ["due_at"])
    op.create_index("invitation_by_party", "invitation", ["envelope", "party"])
    op.create_index("invitation_by_account", "invitation", ["account", "sent_at"])
