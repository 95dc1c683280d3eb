"""Accounts, envelopes, and who is told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("signing_key", sa.String(64), nullable=False),
        sa.Column("card", sa.Integer(), nullable=False),
    )
    op.create_index("organisation_by_name", "organisation", ["name"])
    op.create_table(
        "card",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("serial", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("organisation", sa.String(64), nullable=False),
    )
    op.create_index("certificate_by_organisation", "certificate", ["organisation"])
    op.create_table(
        "person",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("contact", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("method", sa.String(100), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("person_by_contact", "person", ["contact", "name"], unique=True)
    op.create_table(
        "envelope",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("initiator", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("envelope_by_expiry", "envelope", ["status", "expires_at"])
    op.create_table(
        "entry",
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("has_left", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "feed",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("envelope", sa.String(36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
    )
    op.create_table(
        "feed_head",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("feed_head_by_change", "feed_head", ["changed_at"])
    op.create_table(
        "content",
        sa.Column("envelope", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("uploader", sa.String(64), primary_key=True),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("content_by_age", "content", ["at"])
    op.create_table(
        "webhook",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("webhook", sa.String(36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("notice_by_due", "notice", ["due_at"])
    op.create_table(
        "nonce",
        sa.Column("organisation", sa.String(64), primary_key=True),
        sa.Column("nonce", sa.String(100), primary_key=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("nonce_by_expiry", "nonce", ["expires_at"])
