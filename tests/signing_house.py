"""The signing room with everything real but the HSM and the clock, in this process.

For what a running gateway cannot show: time that jumps, a disk that is full, a key that fails.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.cli.trial.certificates import TrialCA
from gateway.documents.model import Preparation, Prepared
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.seals.in_force import InForce, bring_into_force
from gateway.seals.model import Picture, SealMaterial
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.counting import CountersKnown
from gateway.signing.guard import AllReleasing, Guards, History, Releasing, Surroundings
from gateway.signing.limits import LimitGuard
from gateway.signing.model import SealedDocument, SigningRequest
from gateway.signing.service import SigningService
from gateway.store.charges import SlotBook
from gateway.store.content import ContentStore
from gateway.store.database import SQLiteFile
from gateway.store.documents import DocumentReader
from gateway.store.interfaces import Database
from gateway.store.lane import WriterLane
from gateway.store.migrating import migrate
from hsm.interfaces import KeyDescription
from policies.grant import Grant, GrantBook
from policies.model import Caller, SealRequest
from tests.fresh_databases import put_gateway_database
from tests.nothing_around import NoHistory, NoWaitingRoom
from tests.running_gateway import RECEIPT

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

POLICY = """
apiVersion: sealgate/v1
kind: Company
metadata: {name: east}
spec: {title: 示例物流}
---
apiVersion: sealgate/v1
kind: System
metadata: {name: tms}
spec:
  company: east
  certificates: [{sha256: "abababababababababababababababababababababababababababababababab"}]
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: receipt}
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: inquiry}
spec: {normalize: true}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: receipt-east}
spec: {company: east, type: 回单章, state: active, key: receipt-east, certificate: seal.pem}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: company-east}
spec:
  {company: east, type: 公章, state: active, key: receipt-east, certificate: seal.pem,
   sharesKeyWith: receipt-east,
   signature: {kind: approval}}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: certifying-east}
spec:
  {company: east, type: 公章, state: active, key: receipt-east, certificate: seal.pem,
   sharesKeyWith: receipt-east,
   signature: {kind: certification, permission: form-filling}}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: legal-rep-li}
spec:
  {company: east, type: 法人章, state: active, key: legal-rep-li, certificate: legal-rep-li.pem,
   signature: {kind: approval}}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: receipts}
spec:
  seals: [receipt-east]
  documentTypes: [receipt, inquiry]
  permit:
    - id: automatic
      systems: [tms]
      limits: {perHour: 3}
tests:
  - name: a receipt
    request: {system: tms}
    expect: allowed
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: company}
spec:
  seals: [company-east, certifying-east]
  documentTypes: [receipt, inquiry]
  permit:
    - id: automatic
      systems: [tms]
      when: doc.pages < 4
      limits: {perHour: 5}
  forbid:
    - id: signed
      when: doc.signatures > 0
tests:
  - name: a receipt
    request: {system: tms, seal: company-east}
    expect: allowed
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: legal-representative}
spec:
  seals: [legal-rep-li]
  documentTypes: [receipt, inquiry]
  permit:
    - id: automatic
      systems: [tms]
      when: doc.pages < 2
      limits: {perHour: 2}
  forbid:
    - id: signed
      when: doc.signatures > 0
tests:
  - name: a receipt
    request: {system: tms}
    expect: allowed
"""


def ordinary_surroundings(
    slots: SlotBook,
    lane: WriterLane,
    history: History | None = None,
    releasing: Releasing | None = None,
) -> Surroundings:
    """What stands around the cycle where a test says nothing else: limits and counters."""
    return Surroundings(
        guards=Guards((LimitGuard(slots),)),
        knowing=CountersKnown(book=slots, lane=lane),
        waiting_room=NoWaitingRoom(),
        history=history or NoHistory(),
        releasing=releasing or AllReleasing(),
    )


class FakeClock:
    """A clock that only the test moves."""

    def __init__(self, now: datetime = START) -> None:
        self.moment = now
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def move(self, by: timedelta) -> None:
        self.moment += by
        self.seconds += max(by.total_seconds(), 0.0)


@dataclass
class SoftSigner:
    """`hsm.interfaces.Signer` with keys in memory; keeps every grant that it redeemed."""

    clock: FakeClock
    epoch: bytes = b"e" * 16
    redeemed: list[Grant] = field(default_factory=list)
    before: Callable[[Grant], None] = lambda _grant: None

    def __post_init__(self) -> None:
        named = ("receipt-east", "legal-rep-li")
        self._keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in named}
        self.log_key = Ed25519PrivateKey.generate()
        self._book = GrantBook(epoch=self.epoch)
        self.keys = tuple(
            KeyDescription(
                id=name,
                label=name,
                mechanism="ecdsa-p256-sha256",
                public_key=key.public_key().public_bytes(
                    Encoding.DER, PublicFormat.SubjectPublicKeyInfo
                ),
                local=True,
                sensitive=True,
                never_extractable=True,
            )
            for name, key in self._keys.items()
        )

    async def sign(self, grant: Grant) -> bytes:
        self.before(grant)
        self._book.redeem(grant, now=self.clock.now().timestamp())
        self.redeemed.append(grant)
        return self._keys[grant.key].sign(grant.digest, ec.ECDSA(Prehashed(SHA256())))

    async def sign_checkpoint(self, text: bytes) -> bytes:
        return self.log_key.sign(text)


class OwnPress:
    """`DocumentPress` in this process; the worker processes have tests of their own.

    `forge` is what a worker might do to its answer when a document has taken it over.
    """

    def __init__(self) -> None:
        self.prepared: list[Preparation] = []
        self.forge: Callable[[Prepared], Prepared] = lambda prepared: prepared

    async def prepare(
        self, document: bytes, preparation: Preparation, seal: SealMaterial
    ) -> Prepared:
        self.prepared.append(preparation)
        picture = seal.stamp if isinstance(seal.stamp, Picture) else None
        artwork = None if picture is None else artwork_for(picture, font=StampFont())
        return self.forge(TwoWayPress(seal, artwork).prepare(document, preparation))

    def to_be_signed(self, document_digest: bytes, seal: SealMaterial) -> bytes:
        return TwoWayPress(seal, None).containers.to_be_signed(document_digest)

    async def complete(
        self, prepared: Prepared, seal: SealMaterial, *, to_be_signed: bytes, signature: bytes
    ) -> bytes:
        containers = TwoWayPress(seal, None).containers
        return containers.complete(prepared, to_be_signed=to_be_signed, signature=signature)


@dataclass
class House:
    """A signing service, and all that stands around it."""

    service: SigningService
    signer: SoftSigner
    press: OwnPress
    clock: FakeClock
    lane: WriterLane
    audit: AuditLog
    reader: DocumentReader
    content: ContentStore
    engine: Any
    archive: Archive
    directory: Path
    log_key: LogKey
    in_force: InForce
    slots: SlotBook

    async def seal(self, key: str = "k", document: bytes = RECEIPT) -> SealedDocument:
        return await self.service.seal(request(key), document)

    def reload(self) -> None:
        """Bring into force what the policy files say now."""
        self.in_force = bring_into_force(self.directory / "policies", keys=self.signer.keys)

    async def act(self, *seals: str, key: str = "k", document: bytes = RECEIPT) -> SealedDocument:
        """Several seals in one act."""
        return await self.service.seal(act_request(*seals, key=key), document)


def request(key: str = "k", **changes: Any) -> SigningRequest:  # noqa: ANN401 - request fields
    """An ordinary request."""
    ordinary: dict[str, Any] = {
        "caller": Caller(system="tms", company="east"),
        "seal": "receipt-east",
        "document_type": "receipt",
        "business_number": "WB-1",
    }
    return SigningRequest(
        seal_request=SealRequest(**{**ordinary, **changes}),
        idempotency_key=key,
        trace_id=hashlib.sha256(key.encode()).hexdigest()[:32],
    )


def act_request(*seals: str, key: str = "k", **changes: Any) -> SigningRequest:  # noqa: ANN401 - request fields
    """A request for several seals in one act; the company's and its representative's by default."""
    first, *further = [
        request(key, seal=seal, **changes) for seal in seals or ("company-east", "legal-rep-li")
    ]
    return replace(first, further=tuple(each.seal_request for each in further))


@asynccontextmanager
async def signing_house(
    directory: Path,
    *,
    clock: FakeClock | None = None,
    signer: SoftSigner | None = None,
    surroundings: Surroundings | None = None,
    history: History | None = None,
    releasing: Releasing | None = None,
    database: Database | None = None,
    node: str = "",
    policy: str = POLICY,
    authority: TrialCA | None = None,
    organisation: str = "示例物流",
) -> AsyncIterator[House]:
    """Put a house up in a directory; again in the same one, it is after a restart.

    With a `database` on a server and another `node`, it is a second node at the same time. Its
    seals are of an `organisation`, and certified by an `authority` that others may trust.
    """
    clock = clock or FakeClock()
    signer = signer or SoftSigner(clock)
    policies = directory / "policies"
    policies.mkdir(exist_ok=True)
    (policies / "all.yaml").write_text(policy)
    if not (policies / "seal.pem").exists():
        authority = authority or TrialCA(now=clock.now())
        company, person = signer.keys
        (policies / "seal.pem").write_text(
            authority.issue(company.public_key, common_name="回单专用章", organisation=organisation)
        )
        (policies / "legal-rep-li.pem").write_text(
            authority.issue(person.public_key, common_name="法定代表人", organisation=organisation)
        )
    in_force = bring_into_force(policies, keys=signer.keys)
    if database is None:
        file = directory / "test.sqlite"
        put_gateway_database(file)
        database = SQLiteFile(str(file))
    engine = database.open_writer()
    migrate(engine)
    raw = signer.log_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    log_key = LogKey("test.example/audit", raw)
    readers = database.open_reader()
    reader = DocumentReader(readers)
    press = OwnPress()
    content = ContentStore(directory / "documents", clock=clock, node=node)
    lane = WriterLane(engine, content, node=node)
    audit = AuditLog(
        lane=lane, key=log_key, signer=signer, checkpoint_file=directory / f"{node}checkpoint"
    )
    slots = SlotBook()
    async with lane, audit:
        for follower in (audit, slots):
            lane.add_follower(follower)
        archive = Archive(reader=reader, content=content)
        service = SigningService(
            in_force=lambda: made.in_force,
            press=press,
            signer=signer,
            audit=audit,
            lane=lane,
            reader=reader,
            archive=archive,
            clock=clock,
            clock_guard=ClockGuard(audit.newest),
            surroundings=surroundings or ordinary_surroundings(slots, lane, history, releasing),
        )
        made = House(
            service=service,
            signer=signer,
            press=press,
            clock=clock,
            lane=lane,
            audit=audit,
            reader=reader,
            content=content,
            engine=engine,
            archive=archive,
            directory=directory,
            log_key=log_key,
            in_force=in_force,
            slots=slots,
        )
        yield made
    await reader.close()
    readers.dispose()
    engine.dispose()
