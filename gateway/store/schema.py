"""The tables. Alembic migrations in `migrations/` make them; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

writer = Table(
    "writer",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("node", String(100), nullable=False),
    Column("turn", BigInteger, nullable=False),
)
"""One row, 1: which node wrote last, and how many turns there were. PostgreSQL's nodes lock it
while they write (docs/adr/0016); on SQLite it stays as it was made."""

audit_leaf = Table(
    "audit_leaf",
    metadata,
    # Written by us, not by the database: a leaf's index is part of its bytes.
    Column(
        "index", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
)
"""One row a leaf of the Merkle tree: the very bytes that are hashed (RFC 6962 §2.1)."""

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column(
        "size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("note", Text, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("newest", Float, nullable=False),
)
"""Every signed tree head, with what a start needs so that it need not read all.

`frontier` is the right edge of the tree, `newest` the latest moment of any record (Unix time).
"""

document = Table(
    "document",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("system", String(100), nullable=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("seal", String(100), nullable=False),
    Column("document_type", String(100), nullable=False),
    Column("business_number", String(200), nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("decision", LargeBinary, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("input_digest", LargeBinary(32), nullable=False),
    Column("to_be_signed_digest", LargeBinary(64), nullable=False),
    Column("intent_index", BigInteger, nullable=False),
    Column("outcome_index", BigInteger),
    Column("output_digest", LargeBinary(32)),
    Column("output_bytes", BigInteger),
    Column("segment", String(200)),
    Column("segment_offset", BigInteger),
    Column("stamp", LargeBinary),
    Column("normalized_digest", LargeBinary(32)),
    Column("act", String(36)),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("company", String(100), nullable=False, server_default=""),
    Column("keep_until", BigInteger),
    Column("erased_index", BigInteger),
    Column("is_wiped", SmallInteger, nullable=False, server_default="0"),
    Index(
        "document_by_end",
        "keep_until",
        sqlite_where=text("keep_until IS NOT NULL AND is_wiped = 0"),
        postgresql_where=text("keep_until IS NOT NULL AND is_wiped = 0"),
    ),
    Index("document_by_company", "company", "signed_at"),
    Index("document_by_key", "system", "idempotency_key", "part", unique=True),
    Index("document_by_act", "act"),
    Index("document_by_business_number", "business_number"),
)
"""One row an idempotency key that reached an intent. `state` is `intent` or `sealed`.

With several seals in one act, one row a seal: `part` of `parts`. `act` is the id of the last.

The content is kept until `keep_until` (Unix seconds; null: for good). Then it is erased:
`erased_index` is the record that says so, and `is_wiped` is 1 once nothing of it is on the disk.
"""

nonce = Table(
    "nonce",
    metadata,
    Column("key_id", String(100), primary_key=True),
    Column("nonce", String(100), primary_key=True),
    Column("expires_at", Float, nullable=False),
)
"""Nonces of requests that left a record, so that a restart does not open the door to replays."""

charge_slot = Table(
    "charge_slot",
    metadata,
    Column("counter", String(200), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
)
"""How often something was used in fifteen minutes: `slot` is Unix seconds // 900.

`counter` is `rule:POLICY/RULE`, `seal:`, `system:`, `company:`, `line:` or `type:` and a name, or
`ready:` for the readiness check.
"""

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("bundle", String(71), nullable=False),
    Column("seal", String(100), nullable=False),
    Column("system", String(100), nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Index("decision_by_moment", "at"),
)
"""What was decided and from what, so that other policies can be tried on it. `at`: Unix µs."""

approval = Table(
    "approval",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("system", String(100), nullable=False),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("document_digest", LargeBinary(32), nullable=False),
    Column("seal", String(100), nullable=False),
    Column("document_type", String(100), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("bundle", String(71), nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("used_by", String(36)),
    Column("closed_for", String(300), nullable=False, server_default=""),
    Index("approval_by_request", "request_digest", "seal"),
    Index("approval_by_state", "state"),
)
"""One row a request and seal that people must approve, and one an approval of an OA system. `state`
is pending, rejected, used or closed; `used_by` is the document that it was used for, `closed_for`
why nobody is asked any more."""

approval_concern = Table(
    "approval_concern",
    metadata,
    Column("who", String(300), primary_key=True),
    Column("approval", String(36), primary_key=True),
)
"""Whom an approval concerns, so that they find it: `system:`, `person:` or `role:` and the name."""

approval_statement = Table(
    "approval_statement",
    metadata,
    Column("approval", String(36), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("act", String(10), nullable=False),
    Column("statement", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
)
"""What each person said of an approval, with the statement that they signed."""

freeze = Table(
    "freeze",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("end_index", BigInteger),
)
"""Freezes of a seal, company, system, counterparty, grant or the gateway, ended or not."""

unfreeze = Table(
    "unfreeze",
    metadata,
    Column("freeze", String(36), primary_key=True),
    Column("person", String(100), primary_key=True),
    Column("statement", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
)
"""Who has signed that a freeze may end."""

activation = Table(
    "activation",
    metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("digest", String(71), nullable=False),
    Column("manifest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
)
"""Every bundle of policies that came into force, with the manifest that the officers signed."""

job = Table(
    "job",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(300), nullable=False),
    Column("state", String(10), nullable=False),
    Column("share", String(210), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("subject", String(100), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("holder", String(60)),
    Column("lease_until", BigInteger),
    Column("reason", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("at_rest", String(10), nullable=False, server_default="waiting"),
    Index("job_by_key", "kind", "key", unique=True),
    Index("job_by_subject", "subject", "state"),
    Index(
        "job_by_state",
        "kind",
        "state",
        sqlite_where=text("state <> 'waiting'"),
        postgresql_where=text("state <> 'waiting'"),
    ),
    Index(
        "job_waiting",
        "kind",
        "priority",
        "share",
        "not_before",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "job_leased",
        "lease_until",
        sqlite_where=text("state = 'leased'"),
        postgresql_where=text("state = 'leased'"),
    ),
    # No id is given twice: the lease of a job that is over must not fit another one.
    sqlite_autoincrement=True,
)
"""What is to be done, see `gateway.jobs.model`. Moments are Unix µs.

What is done has no row any more: its result is with what the job was for. `state` is waiting,
paused, leased, dead or cancelled; `at_rest` is where a leased one goes when it is given back.
`not_before` is 0 for those that may be claimed at once, so that no clock can hide them. `reason`
tells why it failed last.
"""

job_turn = Table(
    "job_turn",
    metadata,
    Column("subject", String(100), primary_key=True),
    Column("rest", String(10), nullable=False),
)
"""Of which subjects more jobs are to be paused, resumed or cancelled: `rest` is their new state."""

batch = Table(
    "batch",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("system", String(100), nullable=False),
    Column("company", String(100), nullable=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("source", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("options", LargeBinary, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("items", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("receipt", LargeBinary),
    Column("queued", Integer, nullable=False, server_default="0"),
    Index("batch_by_key", "system", "idempotency_key", unique=True),
    Index("batch_by_state", "state"),
    Index("batch_of_system", "system", "id"),
)
"""Documents that came together. `state` is receiving, open, paused, cancelled or finished;
`receipt` is the CMS over the manifest of digests, or the problem for which there is none. `queued`
is the last item that has been looked at for a job. Moments are Unix µs."""

batch_item = Table(
    "batch_item",
    metadata,
    Column("batch", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(300), nullable=False),
    Column("state", String(10), nullable=False),
    Column("key", String(255), nullable=False),
    Column("business_number", String(200), nullable=False),
    Column("document_type", String(100), nullable=False),
    Column("seal", String(100), nullable=False),
    Column("input_digest", LargeBinary(32)),
    Column("input_bytes", BigInteger),
    Column("segment", String(200)),
    Column("segment_offset", BigInteger),
    Column("document", String(36)),
    Column("output_digest", LargeBinary(32)),
    Column("problem", LargeBinary),
    Column("finished_at", BigInteger),
    Column("request", LargeBinary),
    Index("batch_item_by_state", "batch", "state"),
    Index("batch_item_by_segment", "segment"),
)
"""One row a document of a batch, from when it is accepted on. `state` is waiting, sealed, repeated,
failed or cancelled; `segment` is where its input is, as long as it may be wanted; `request` is what
is asked for it, encoded, or null where that could not be read."""

event = Table(
    "event",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("type", String(32), nullable=False),
    Column("system", String(100), nullable=False),
    Column("subject", String(36), nullable=False),
    Column("document_type", String(100)),
    Column("source", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("event_by_id", "id", unique=True),
    Index("event_by_system", "system", "sequence"),
    Index("event_by_moment", "at"),
    sqlite_autoincrement=True,
)
"""What others are told of. `sequence` only grows, and what is forgotten leaves its number unused:
a reader goes on behind the highest that it has. `at`: Unix µs."""

delivery = Table(
    "delivery",
    metadata,
    Column("event", String(36), primary_key=True),
    Column("target", String(100), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answer", Text, nullable=False),
    Index("delivery_by_target", "target", "state"),
)
"""How it stands with an event that was tried: `state` is delivered, failing or given-up, `answer`
what the target said last, `at` when. What was never tried has no row."""

stopped_target = Table(
    "stopped_target",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Targets that said at this URL that they want nothing more (410), until they are resumed; `after`:
the last event that they were owed."""

seal_usage = Table(
    "seal_usage",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("company", String(100), primary_key=True),
    Column("department", String(200), primary_key=True),
    Column("system", String(100), primary_key=True),
    Column("seal", String(100), primary_key=True),
    Column("document_type", String(100), primary_key=True),
    Column("way", String(10), primary_key=True),
    Column("seals", BigInteger, nullable=False),
    Column("documents", BigInteger, nullable=False),
)
"""How many seals and documents were released. `day` is ISO 8601, of the office's calendar; `way` is
automatic or manual. A document with several seals is counted with the last of them.

The views `usage_by_month`, `usage_by_department` and `usage_by_seal` sum it up for other programs.
"""

feed_batch = Table(
    "feed_batch",
    metadata,
    Column("target", String(100), primary_key=True),
    Column("system", String(100), primary_key=True),
    Column("batch_key", String(255), primary_key=True),
    Column("source", String(100), nullable=False),
    Column("brought", LargeBinary, nullable=False),
    Column("delivered", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Results of a batch that are owed to a connector, until all were delivered. `brought` says what
came by the connector `source`; `delivered` has a byte for each item, 1 once its result is there.
Moments are Unix µs."""

feed_cursor = Table(
    "feed_cursor",
    metadata,
    Column("connector", String(100), primary_key=True),
    Column("cursor", Text, nullable=False),
)
"""Where a connector goes on fetching."""

hold = Table(
    "hold",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("company", String(100), nullable=False),
    Column("business_number", String(200), nullable=False),
    Column("document_type", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("audit_index", BigInteger, nullable=False),
    Column("ended_by", String(200)),
    Column("ended_at", BigInteger),
    Column("end_index", BigInteger),
)
"""Legal holds, ended or not: of a company's documents, or those of one number or type (empty: all).
While one holds, no content of theirs is erased. Moments are Unix µs."""

envelope = Table(
    "envelope",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("company", String(100), nullable=False),
    Column("ours", SmallInteger, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("status", String(10), nullable=False),
    Column("system", String(100), nullable=False),
    Column("idempotency_key", String(255)),
    Column("request_digest", LargeBinary(32)),
    Column("business_number", String(200), nullable=False),
    Column("document_type", String(100), nullable=False),
    Column("seal", String(100), nullable=False),
    Column("attributes", LargeBinary, nullable=False),
    Column("step", String(20), nullable=False),
    Column("hint", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("owed", Integer, nullable=False),
    Column("trouble", LargeBinary, nullable=False),
    Index("envelope_by_key", "system", "idempotency_key", unique=True),
    Index("envelope_of_company", "company", "created_at", "id"),
    Index(
        "envelope_without_request",
        "organisation",
        "expires_at",
        sqlite_where=text("ours = 1 AND idempotency_key IS NULL"),
        postgresql_where=text("ours = 1 AND idempotency_key IS NULL"),
    ),
)
"""Envelopes in which a company of ours takes part; where two of ours do, each has its own row.
`organisation` is the company's id on the network, `terms` the JSON that statements speak of,
`sequence` and `head` those of its newest entry, `owed` the ordinal of the last thing that was owed
in it, and `trouble` a JSON list of what holds it up, by type and words. Moments are Unix µs."""

envelope_entry = Table(
    "envelope_entry",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("envelope", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""Our copy of an envelope's record: entries that were verified, in their order, without a gap."""

envelope_owed = Table(
    "envelope_owed",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("envelope", String(36), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("key", String(200), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("refused", String(100)),
    Index("envelope_owed_by_key", "organisation", "envelope", "key", unique=True),
    Index(
        "envelope_owed_now",
        "organisation",
        "envelope",
        "ordinal",
        sqlite_where=text("sent_at IS NULL"),
        postgresql_where=text("sent_at IS NULL"),
    ),
)
"""What the network is owed, in the order in which an envelope's must go. `kind` is envelope,
content or statement; `payload` what is sent, of a content nothing: `key` has its digest. What the
network will never take has an end as well, with its word for why in `refused`. Moments are Unix µs.
"""

envelope_content = Table(
    "envelope_content",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("envelope", String(36), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("document", String(300), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("segment", String(200), nullable=False),
    Column("segment_offset", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("envelope_content_by_segment", "segment"),
    Index("envelope_content_by_digest", "digest"),
)
"""Where a revision of an envelope's document lies, in the clear, by its SHA-256 in hex; `document`
is its name in the terms. `at`: Unix µs."""

network_standing = Table(
    "network_standing",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("network", String(200), nullable=False, server_default=""),
    Column("cursor", Text, nullable=False),
    Column("away_since", BigInteger),
    Column("why", Text, nullable=False),
    Column("reconciled_at", BigInteger),
    Column("reconciliation", LargeBinary, nullable=False),
)
"""How one of our organisations stands with the network: what that calls itself, up to where its
feed was taken in, since when the network is away (null: it is not) and why, and when records were
last compared, with what came of it as JSON. Moments are Unix µs."""

network_card = Table(
    "network_card",
    metadata,
    Column("organisation", String(100), primary_key=True),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("card", LargeBinary, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
)
"""Cards that were believed, partners' and our own, and stay so: JSON of a `SignedCard`. Of an
organisation only a higher serial is believed after one. `first_seen`: Unix µs."""

egress = Table(
    "egress",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("organisation", String(100), nullable=False),
    Column("network", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("envelope", String(36), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("egress_by_envelope", "envelope", "id"),
    Index("egress_by_moment", "at"),
    sqlite_autoincrement=True,
)
"""What left the house, written before it left: for whom of ours, to which network, which type of
`cloud_bridge.wire` or question it was, and SHA-256 and size of the request's body. `at` is Unix µs.
"""

node = Table(
    "node",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("version", String(50), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
"""Gateways that serve from this database. One that stops in order takes its row away. Unix µs."""
