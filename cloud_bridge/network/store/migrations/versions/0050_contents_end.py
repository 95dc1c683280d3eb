"""When envelopes ended, and how much each organisation's contents hold."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The ends of envelopes that are over already are noted by the first sweep.
    op.add_column("envelope", sa.Column("ended_at", sa.BigInteger, nullable=True))
    op.create_index("envelope_by_end", "envelope", ["ended_at", "status"])
    op.create_table(
        "content_held",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO content_held (organisation, bytes) "
        "SELECT uploader, CAST(SUM(size) AS BIGINT) FROM content GROUP BY uploader"
    )
