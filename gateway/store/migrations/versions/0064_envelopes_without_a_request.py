"""Which envelopes of ours came back from the network after a restore, and nobody asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

_LOST = "ours = 1 AND idempotency_key IS NULL"


def upgrade() -> None:
    op.create_index(
        "envelope_without_request",
        "envelope",
        ["organisation", "expires_at"],
        sqlite_where=sa.text(_LOST),
        postgresql_where=sa.text(_LOST),
    )
