"""The tables. Alembic migrations in `migrations/` make them; a test compares the two.

Moments are Unix time in microseconds (`moments`). What is JSON of `cloud_bridge` stays as it was
signed or sent, bytes.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()
ID = String(64)
DIGEST = String(64)

organisation = Table(
    "organisation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", String(20), nullable=False),
    Column("method", String(100), nullable=False),
    Column("verified_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("signing_key", String(64), nullable=False),
    Column("card", Integer, nullable=False),
    Index("organisation_by_name", "name"),
)
"""`signing_key` signs requests; `card` is the serial of the newest card, 0: there is none yet."""

card = Table(
    "card",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("card", LargeBinary, nullable=False),
    Column("proof", LargeBinary, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("fingerprint", DIGEST, primary_key=True),
    Column("organisation", ID, nullable=False),
    Index("certificate_by_organisation", "organisation"),
)
"""Client certificates by the SHA-256 of their DER, hex."""

person = Table(
    "person",
    metadata,
    Column("id", ID, primary_key=True),
    Column("contact", String(254), nullable=False),
    Column("name", String(200), nullable=False),
    Column("level", String(20), nullable=False),
    Column("method", String(100), nullable=False),
    Column("verified_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("person_by_contact", "contact", "name", unique=True),
)

id_tail = Table(
    "id_tail",
    metadata,
    Column("account", ID, primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
)
"""Ends of persons' identity numbers: scrypt of each, with its salt."""

link = Table(
    "link",
    metadata,
    Column("token", DIGEST, primary_key=True),
    Column("envelope", String(36), nullable=False),
    Column("party", String(64), nullable=False),
    Column("account", ID, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=True),
    Column("ended_at", BigInteger, nullable=True),
    Index("link_by_party", "envelope", "party"),
)
"""Addresses at which a person signs, once. `token` is the SHA-256 of what stands in the address;
`ended_at`: a newer link of the party took its place, or too much was guessed."""

visit = Table(
    "visit",
    metadata,
    Column("secret", DIGEST, primary_key=True),
    Column("link", DIGEST, nullable=False),
    Column("envelope", String(36), nullable=False),
    Column("party", String(64), nullable=False),
    Column("account", ID, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("method", String(100), nullable=False),
    Column("checked_at", BigInteger, nullable=True),
    Column("tries", Integer, nullable=False),
    Column("code", DIGEST, nullable=False),
    Column("code_tries", Integer, nullable=False),
    Column("code_expires_at", BigInteger, nullable=True),
    Column("reading_at", BigInteger, nullable=True),
    Column("read_at", BigInteger, nullable=True),
    Index("visit_by_link", "link"),
)
"""What an opened link became: a browser that shows its `secret` (SHA-256 of the cookie). `code` is
an HMAC of the code that was sent, under the cookie's secret; empty: none counts."""

code_sent = Table(
    "code_sent",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", ID, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("code_sent_by_account", "account", "at"),
)
"""When codes were sent, so that nobody is flooded with them."""

invitation = Table(
    "invitation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("envelope", String(36), nullable=False),
    Column("party", String(100), nullable=False),
    Column("account", ID, nullable=False),
    Column("cause", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=True),
    Column("sent_at", BigInteger, nullable=True),
    Column("link", DIGEST, nullable=False),
    Index("invitation_by_due", "due_at"),
    Index("invitation_by_party", "envelope", "party"),
    Index("invitation_by_account", "account", "sent_at"),
)
"""Links that the network brings to persons. `due_at` null: it was brought, at `sent_at`; `link` is
the hash of the one that was made for it, empty: none yet."""

envelope = Table(
    "envelope",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("terms", LargeBinary, nullable=False),
    Column("initiator", ID, nullable=False),
    Column("mode", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("head", DIGEST, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Index("envelope_by_expiry", "status", "expires_at"),
    Index("envelope_by_end", "ended_at", "status"),
)
"""`ended_at`: when it was seen that it has come to an end; null: it has not, or nobody looked."""

entry = Table(
    "entry",
    metadata,
    Column("envelope", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)
"""The chain: `entry` is the JSON of `chain.Entry`."""

member = Table(
    "member",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("envelope", String(36), primary_key=True),
    Column("has_left", Boolean, nullable=False),
)
"""Which organisations take part in which envelopes, and therefore see them. Who has left, because
it forwarded, sees it no more; what it brought stays."""

feed = Table(
    "feed",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("envelope", String(36), nullable=False),
    Column("sequence", Integer, nullable=False),
)
"""What each organisation is told, in order. Positions of an organisation have no gaps."""

feed_head = Table(
    "feed_head",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("feed_head_by_change", "changed_at"),
)
"""The newest position of each organisation. Whoever adds to a feed locks the row until it commits,
so that a position is seen only after all before it."""

content = Table(
    "content",
    metadata,
    Column("envelope", String(36), primary_key=True),
    Column("digest", DIGEST, primary_key=True),
    Column("uploader", ID, primary_key=True),
    Column("head", LargeBinary, nullable=False),
    Column("file", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("content_by_age", "at"),
)
"""Contents that organisations brought; `head` is the JSON of `wire.ContentHead`, `file` the place
of the body below the contents' directory, `size` that of the body."""

content_held = Table(
    "content_held",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
"""How many bytes of contents an organisation has in `content`, added up."""

webhook = Table(
    "webhook",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", String(100), nullable=False),
    Column("is_on", Boolean, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("organisation", ID, nullable=False),
    Column("webhook", String(36), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Index("notice_by_due", "due_at"),
)
"""What webhooks are still owed."""

nonce = Table(
    "nonce",
    metadata,
    Column("organisation", ID, primary_key=True),
    Column("nonce", String(100), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("nonce_by_expiry", "expires_at"),
)
"""Requests that would do something else the second time, until they can no longer count."""

delivery = Table(
    "delivery",
    metadata,
    Column("envelope", String(36), primary_key=True),
    Column("party", String(100), primary_key=True),
    Column("waybill", String(200), nullable=False),
    Column("token", LargeBinary(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("holder", LargeBinary(32), nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact", String(100), nullable=False),
    Column("method", String(20), nullable=False),
    Column("copied", Boolean, nullable=False),
    Index("delivery_by_token", "token", unique=True),
    Index("delivery_by_copies", "state", "copied"),
)
"""One row a bearer: the newest label, and who holds the claim. `until` 0: nobody does. `copied`:
whoever gets a copy was told."""

delivery_receipt = Table(
    "delivery_receipt",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("envelope", String(36), nullable=False),
    Column("party", String(100), nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("done", Boolean, nullable=False),
    Index("delivery_receipt_by_delivery", "envelope", "party"),
    Index("delivery_receipt_by_done", "done"),
)
"""What telephones sent, `kept` the JSON of `model.KeptReceipt`: evidence, also where nothing was
signed. `done`: it came to its end."""

delivery_try = Table(
    "delivery_try",
    metadata,
    Column("subject", LargeBinary(32), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("delivery_try_by_until", "until"),
)
"""Wrong tries, by the SHA-256 of what was asked for, whether there is such a thing or not. They
count until `until`."""

delivery_partner = Table(
    "delivery_partner",
    metadata,
    Column("waybill", String(200), primary_key=True),
    Column("digits", String(20), primary_key=True),
    Column("envelope", String(36), primary_key=True),
    Column("party", String(100), primary_key=True),
)
"""Who may ask for a status without an account: by the last digits of a telephone of the envelope.
Whether a number exists is then asked with one question, which takes as long either way."""

delivery_copy = Table(
    "delivery_copy",
    metadata,
    Column("envelope", String(36), primary_key=True),
    Column("party", String(100), primary_key=True),
    Column("token", LargeBinary(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("is_sent", Boolean, nullable=False),
    Index("delivery_copy_by_token", "token", unique=True),
)
"""Addresses at which parties fetch their copies. One that was not sent is made anew."""

delivery_code = Table(
    "delivery_code",
    metadata,
    Column("envelope", String(36), primary_key=True),
    Column("party", String(100), primary_key=True),
    Column("sealed", LargeBinary(32), nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
)
"""The newest code of a delivery, as an HMAC under the holder's secret; and how many were `sent`
`since` when, so that nobody is flooded with them."""
