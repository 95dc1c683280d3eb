"""The real way of bundles into force, without a gateway around it: store, log, copies, clock."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import read_leaf
from gateway.bundles.copies import BundleCopies
from gateway.bundles.lineage import legible
from gateway.bundles.reading import peek
from gateway.cli.trial.certificates import TrialCA
from gateway.store.engines.database import open_reader, open_writer
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate
from gateway.store.rows.activations import activated_rows
from gateway.store.schema import audit_leaf
from gateway.wiring.policies.bundles import BundlePolicies
from hsm.interfaces import KeyDescription
from tests.sealed_bundles import AT, FILES, SOURCE, Group
from tests.signing_house import FakeClock

_LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_PUBLIC = (
    ec.derive_private_key(7, ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
KEYS = (
    KeyDescription(
        id="receipt-east",
        label="receipt-east",
        mechanism="ecdsa-p256-sha256",
        public_key=_PUBLIC,
        local=True,
        sensitive=True,
        never_extractable=True,
    ),
)


def _files() -> Mapping[str, bytes]:
    pem = TrialCA(now=AT).issue(_PUBLIC, common_name="回单专用章", organisation="示例物流")
    return MappingProxyType({**FILES, "seal.pem": pem.encode()})


GROUP = Group(files=_files())
FIRST = GROUP.published()


def changed(text: str = "doc.pages < 3", **changes: Any) -> Group:  # noqa: ANN401 - fields of a Group
    """The same group with another rule."""
    source = SOURCE.replace("doc.pages < 4", text)
    return Group(**{"files": GROUP.files, "source": source, **changes})


SECOND = changed().published(after=peek(FIRST))


class LogSigner:
    """Signs tree heads with a key in memory."""

    async def sign_checkpoint(self, text: bytes) -> bytes:
        return _LOG_KEY.sign(text)


@dataclass
class BundleHouse:
    """What runs, and what lies on the disk."""

    directory: Path
    clock: FakeClock
    policies: BundlePolicies
    copies: BundleCopies

    def put(self, data: bytes, *, name: str | None = None) -> Path:
        """A file for the gateway, as `policy activate` puts it there."""
        return put(self.directory, data, name=name)

    @property
    def sequence(self) -> int | None:
        """The number of what decides."""
        return self.policies.standing().sequence

    def records(self, kind: str) -> list[dict[str, Any]]:
        """What the log says of that kind."""
        engine = open_reader(self.directory / "sealgate.sqlite")
        with engine.connect() as connection:
            leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
            found = [read_leaf(leaf) for leaf in leaves.scalars()]
        engine.dispose()
        return [each for each in found if each["kind"] == kind]

    def activated(self) -> list[int]:
        """The numbers that are on record as activated, the newest first."""
        engine = open_reader(self.directory / "sealgate.sqlite")
        with engine.connect() as connection:
            found = activated_rows(connection)
        engine.dispose()
        return [each.sequence for each in legible(found)]


def put(directory: Path, data: bytes, *, name: str | None = None) -> Path:
    """A bundle file below this directory."""
    path = directory / "incoming" / f"{name or f'{peek(data).sequence:06}'}.sealbundle"
    path.write_bytes(data)
    return path


def prepare(directory: Path, group: Group = GROUP) -> None:
    """The folders and the first officers."""
    (directory / "incoming").mkdir(exist_ok=True)
    (directory / "root.json").write_bytes(group.root.written())


@asynccontextmanager
async def bundle_house(
    directory: Path,
    *,
    clock: FakeClock | None = None,
    at: datetime = AT,
    copies: BundleCopies | None = None,
    lane: type[WriterLane] = WriterLane,
    root: str = "root.json",
) -> AsyncIterator[BundleHouse]:
    """Put one up; again in the same directory, it is after a restart."""
    prepare(directory)
    clock = clock or FakeClock(at)
    copies = copies or BundleCopies(directory / "bundles")
    engine = open_writer(directory / "sealgate.sqlite")
    migrate(engine)
    writer = lane(engine, ContentStore(directory / "documents", clock=clock))
    audit = AuditLog(
        lane=writer,
        key=LogKey("test.example/audit", _LOG_KEY.public_key().public_bytes_raw()),
        signer=LogSigner(),
        checkpoint_file=directory / "checkpoint",
    )
    async with writer, audit:
        policies = await BundlePolicies.of(
            directory / "incoming",
            root=directory / root,
            keys=lambda: KEYS,
            copies=copies,
            lane=writer,
            audit=audit,
            clock=clock,
        )
        yield BundleHouse(directory, clock, policies, copies)
    engine.dispose()
