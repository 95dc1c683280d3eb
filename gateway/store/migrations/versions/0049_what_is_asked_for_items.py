"""What is asked for each document of a batch, and how far a batch has been queued."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("queued", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("batch_of_system", "batch", ["system", "id"])
    op.add_column("batch_item", sa.Column("request", sa.LargeBinary()))
