"""Labels of deliveries, who holds the goods, what telephones sent, and who gets copies."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("party", sa.String(100), primary_key=True),
        sa.Column("waybill", sa.String(200), nullable=False),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("holder", sa.LargeBinary(32), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(100), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("copied", sa.Boolean(), nullable=False),
    )
    op.create_index("delivery_by_copies", "delivery", ["state", "copied"])
    op.create_index("delivery_by_token", "delivery", ["token"], unique=True)
    op.create_table(
        "delivery_receipt",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("envelope", sa.String(36), nullable=False),
        sa.Column("party", sa.String(100), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
    )
    op.create_index("delivery_receipt_by_delivery", "delivery_receipt", ["envelope", "party"])
    op.create_index("delivery_receipt_by_done", "delivery_receipt", ["done"])
    op.create_table(
        "delivery_try",
        sa.Column("subject", sa.LargeBinary(32), primary_key=True),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
    op.create_index("delivery_try_by_until", "delivery_try", ["until"])
    op.create_table(
        "delivery_partner",
        sa.Column("waybill", sa.String(200), primary_key=True),
        sa.Column("digits", sa.String(20), primary_key=True),
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("party", sa.String(100), primary_key=True),
    )
    op.create_table(
        "delivery_copy",
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("party", sa.String(100), primary_key=True),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
    )
    op.create_index("delivery_copy_by_token", "delivery_copy", ["token"], unique=True)
    op.create_table(
        "delivery_code",
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("party", sa.String(100), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(32), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
