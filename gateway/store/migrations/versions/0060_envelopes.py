"""Envelopes with other companies: their record, what is owed to the network, and what left."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None

_NOT_SENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    _envelopes()
    _contents()
    _network()


def _envelopes() -> None:
    op.create_table(
        "envelope",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("company", sa.String(100), nullable=False),
        sa.Column("ours", sa.SmallInteger(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("request_digest", sa.LargeBinary(32)),
        sa.Column("business_number", sa.String(200), nullable=False),
        sa.Column("document_type", sa.String(100), nullable=False),
        sa.Column("seal", sa.String(100), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.LargeBinary(), nullable=False),
    )
    op.create_index("envelope_by_key", "envelope", ["system", "idempotency_key"], unique=True)
    op.create_index("envelope_of_company", "envelope", ["company", "created_at", "id"])
    op.create_table(
        "envelope_entry",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def _contents() -> None:
    op.create_table(
        "envelope_owed",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("ordinal", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("refused", sa.String(100)),
    )
    op.create_index(
        "envelope_owed_by_key", "envelope_owed", ["organisation", "envelope", "key"], unique=True
    )
    op.create_index(
        "envelope_owed_now",
        "envelope_owed",
        ["organisation", "envelope", "ordinal"],
        sqlite_where=_NOT_SENT,
        postgresql_where=_NOT_SENT,
    )
    op.create_table(
        "envelope_content",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.String(200), nullable=False),
        sa.Column("segment_offset", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("envelope_content_by_segment", "envelope_content", ["segment"])


def _network() -> None:
    op.create_table(
        "network_standing",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("away_since", sa.BigInteger()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reconciled_at", sa.BigInteger()),
        sa.Column("reconciliation", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "network_card",
        sa.Column("organisation", sa.String(100), primary_key=True),
        sa.Column("serial", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "egress",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("organisation", sa.String(100), nullable=False),
        sa.Column("network", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("envelope", sa.String(36), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("egress_by_envelope", "egress", ["envelope", "id"])
    op.create_index("egress_by_moment", "egress", ["at"])
