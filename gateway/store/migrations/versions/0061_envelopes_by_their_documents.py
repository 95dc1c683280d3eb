"""Which envelopes have a document, when people have said something of it."""

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("envelope_content_by_digest", "envelope_content", ["digest"])
