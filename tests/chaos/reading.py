"""From what a run left on the disk to a history. The gateway is stopped, or this is a copy."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine, create_engine, text

from gateway.clock import SystemClock
from gateway.verification.verifier import Verifier
from tests.chaos.client_log import read_client_log
from tests.chaos.installation import Installation
from tests.chaos.model import BatchResults, FolderResults, History, StoredDocument
from tests.chaos.tree import signed_head

_ROWS = text(
    "SELECT id, idempotency_key, state, intent_index, outcome_index, output_digest, output_bytes, "
    "segment, segment_offset, document_type FROM document ORDER BY intent_index"
)
_LEAVES = text('SELECT leaf FROM audit_leaf ORDER BY "index"')
_NOTE = text("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")

_NO_PDF = {"batch-receipt", "organisation-card"}


async def read_history(
    installation: Installation,
    client_log: Path | None,
    *,
    judged: int | None = None,
    trusted: Iterable[Path] = (),
    batches: Iterable[BatchResults] = (),
    folder: FolderResults | None = None,
) -> History:
    """Read everything.

    Args:
        installation: that was stopped.
        client_log: of its callers; None: they are judged by somebody else.
        judged: how many sealed documents a verifier is asked about, spread over the run; None: all.
        trusted: PEM of CAs that are believed besides its own.
        batches: what its callers were told of batches.
        folder: what lies in the folder that it watched.
    """
    callers = {} if client_log is None else {"the callers' log": client_log.read_bytes()}
    engine = _engine(installation)
    with engine.connect() as connection:
        rows = connection.execute(_ROWS).all()
        leaves = tuple(bytes(leaf) for leaf in connection.execute(_LEAVES).scalars())
        head = _newest_head(connection, installation)
    engine.dispose()
    return History(
        client=() if client_log is None else read_client_log(client_log),
        documents=await _documents(installation, rows, judged, trusted),
        leaves=leaves,
        records=tuple(map(json.loads, leaves)),
        head=head,
        audit=await asyncio.to_thread(_audit_findings, installation),
        calls=tuple(installation.shim.calls()),
        limits=installation.limits,
        secrets=installation.secrets(),
        texts=dict(installation.said()) | callers,
        batches=tuple(batches),
        folder=folder,
    )


def _engine(installation: Installation) -> Engine:
    url = installation.database
    if url is None:
        return create_engine(
            f"sqlite:///file:{installation.state}/sealgate.sqlite?mode=ro&uri=true"
        )
    # Of several servers the one that takes writes.
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, target_session_attrs="primary"),
    )


def _newest_head(connection: Connection, installation: Installation) -> tuple[int, bytes] | None:
    note = connection.execute(_NOTE).scalar()
    key = (installation.state / "audit" / "log-key.txt").read_text(encoding="utf-8")
    return None if note is None else signed_head(str(note), key)


async def _documents(
    installation: Installation, rows: Sequence[Any], judged: int | None, trusted: Iterable[Path]
) -> tuple[StoredDocument, ...]:
    # Whoever fetches what is no PDF verifies it.
    sealed = [row.id for row in rows if row.state == "sealed" and row.document_type not in _NO_PDF]
    step = 1 if judged is None else max(1, len(sealed) // max(judged, 1))
    to_judge = set(sealed[::step])
    found: list[StoredDocument] = []
    trust = tuple(map(der_of, (installation.trial.ca_file, *trusted)))
    async with Verifier(trust=trust, clock=SystemClock()) as verifier:
        for row in rows:
            content = _content(installation, row)
            said = None
            if row.id in to_judge:
                judgement = await verifier.judge(content or b"")
                said = judgement.verdict if judgement.verdict == "valid" else str(judgement)
            found.append(_document(row, content, said))
    return tuple(found)


def der_of(certificate: Path) -> bytes:
    """The certificate in a PEM file."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)


def _content(installation: Installation, row: Any) -> bytes | None:  # noqa: ANN401 - a row
    if row.segment is None:
        return None
    try:
        with (installation.state / "documents" / row.segment).open("rb") as segment:
            segment.seek(row.segment_offset)
            return segment.read(row.output_bytes)
    except OSError:
        return None


def _document(row: Any, content: bytes | None, judged: str | None) -> StoredDocument:  # noqa: ANN401
    return StoredDocument(
        id=row.id,
        key=row.idempotency_key,
        state=row.state,
        intent=row.intent_index,
        outcome=row.outcome_index,
        digest=None if row.output_digest is None else bytes(row.output_digest).hex(),
        found=None if content is None else hashlib.sha256(content).hexdigest(),
        judged=judged,
    )


def _audit_findings(installation: Installation) -> tuple[str, ...]:
    finished = installation.run("audit", "verify", "--json")
    try:
        return tuple(each["what"] for each in json.loads(finished.stdout)["findings"])
    except ValueError:
        return (f"could not be told: {finished.stderr}",)
