"""Jobs that do not wait are counted without reading those that do."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state <> 'waiting'")
    op.create_index(
        "job_by_state", "job", ["kind", "state"], sqlite_where=where, postgresql_where=where
    )
