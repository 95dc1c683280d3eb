"""Several seals in one act: one row a seal under the same idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("act", sa.String(length=36)))
    for name in ("part", "parts"):
        op.add_column("document", sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
    op.drop_index("document_by_key", "document")
    op.create_index(
        "document_by_key", "document", ["system", "idempotency_key", "part"], unique=True
    )
    op.create_index("document_by_act", "document", ["act"])
