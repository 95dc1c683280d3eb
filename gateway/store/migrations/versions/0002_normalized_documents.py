"""The digest of a document that was written anew before it was sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("normalized_digest", sa.LargeBinary(length=32)))
