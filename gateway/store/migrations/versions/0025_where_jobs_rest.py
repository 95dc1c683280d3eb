"""A job knows where it goes when it is given back, so that a pause holds what is under way too."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "job", sa.Column("at_rest", sa.String(10), nullable=False, server_default="waiting")
    )
