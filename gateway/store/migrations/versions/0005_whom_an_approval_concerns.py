"""Whom each approval concerns, so that nobody's list is filled by others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_concern",
        sa.Column("who", sa.String(length=300), nullable=False),
        sa.Column("approval", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("who", "approval"),
    )
    if op.get_bind().dialect.name != "sqlite":
        return  # no other engine ever held an older version's rows
    op.execute("INSERT INTO approval_concern SELECT 'system:' || system, id FROM approval")
    op.execute(
        "INSERT OR IGNORE INTO approval_concern SELECT 'person:' || person.value, approval.id "
        "FROM approval, json_tree(CAST(asked AS TEXT), '$.request') AS person "
        "WHERE (person.path, person.key) IN "
        "(VALUES ('$.request.caller', 'person'), ('$.request', 'requested_by'))"
    )
    op.execute(
        "INSERT OR IGNORE INTO approval_concern SELECT 'role:' || role.value, approval.id "
        "FROM approval, "
        "json_each(CAST(asked AS TEXT), '$.rule.approvals.stages') AS stage, "
        "json_each(stage.value, '$.roles') AS role"
    )
