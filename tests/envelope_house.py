"""Two companies with a house each, on a network in memory: what they sign, they really sign."""

import asyncio
import contextlib
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Party
from gateway.cli.trial.certificates import TrialCA
from gateway.envelopes.carriage.carrying import Bridges
from gateway.envelopes.course.advancing import Advancing
from gateway.envelopes.course.verifying import Trust
from gateway.envelopes.ground import Inbound
from gateway.envelopes.model import Accepted, EnvelopeTold, NewEnvelope, NewFile
from gateway.envelopes.service import EnvelopeService
from gateway.envelopes.waking import Waking
from gateway.jobs.outcomes import Away, Later, Outcome
from gateway.store.engines.lane import WriterLane
from gateway.verification.model import AskedRevision, RevisionJudgement
from gateway.verification.revising import judge_revision
from gateway.wiring.rooms.enveloping import envelope_room
from policies.model import Caller
from tests.bridge_house import Authority, Company, ToldEvents, company
from tests.memory_network import MemoryNetwork
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, SoftSigner

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
metadata: {name: contract}
spec:
  attributes:
    amount: {type: integer}
    envelope_title: {type: string, required: true}
    envelope_counterparty: {type: string}
    envelope_is_ours: {type: boolean, required: true}
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: written-anew}
spec: {normalize: true}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: company-east}
spec:
  {company: east, type: 公章, state: active, key: receipt-east, certificate: seal.pem,
   signature: {kind: approval}}
---
apiVersion: sealgate/v1
kind: Role
metadata: {name: lawyer}
spec: {title: 法务}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: company}
spec:
  seals: [company-east]
  documentTypes: [contract]
  permit:
    - id: automatic
      systems: [tms]
      when: >-
        doc.attributes.envelope_is_ours || doc.attributes.envelope_title != "须审批的合同"
    - id: when-approved
      systems: [tms]
      approvals: {count: 1, roles: [lawyer]}
  forbid:
    - id: not-these
      when: >-
        doc.attributes.envelope_title == "禁止的合同" ||
        (doc.attributes.envelope_title == "拒收的合同" && !doc.attributes.envelope_is_ours)
tests:
  - name: a contract
    request: {system: tms, doc: {attributes: {envelope_title: 采购合同, envelope_is_ours: true}}}
    expect: allowed
"""
CALLER = Caller(system="tms", company="east")
EAST, WEST = "org-east", "org-west"
PAPER = RECEIPT
NAME = "合同.pdf"
_MOST_ROUNDS = 60


class Killed(BaseException):
    """The gateway dies here."""


class OwnJudge:
    """Judges as the child does, without its process."""

    def __init__(self) -> None:
        self.judged = 0

    async def judge_revision(
        self, base: bytes, document: bytes, asked: AskedRevision
    ) -> RevisionJudgement:
        self.judged += 1
        if not document.startswith(base):
            return RevisionJudgement(fault="other-base", why="other bytes")
        return await asyncio.to_thread(judge_revision, document, asked)


@dataclass
class Room:
    """A company's room of envelopes."""

    company: Company
    service: EnvelopeService
    advancing: Advancing
    waking: Waking
    judge: OwnJudge
    steps: list[str] = field(default_factory=list)
    persons: tuple[bytes, ...] = ()
    still: str = ""

    async def work(self) -> list[Outcome]:
        """Do every job that is due once."""
        queue, lane = self.company.ground.queue, self.company.ground.lane
        outcomes = []
        for job in await queue.claim("envelope", most=50):
            outcome = await self.advancing.work(job)
            outcomes.append(outcome)
            if isinstance(outcome, Later | Away):
                later = self.company.clock.now() + timedelta(seconds=30)
                await lane.write(
                    lambda unit, job=job, later=later: queue.retry(
                        unit, job.lease, not_before=later, reason=b""
                    )
                )
        return outcomes

    async def create(self, *, key: str = "k", **changes: Any) -> Accepted:  # noqa: ANN401 - of an envelope
        files = changes.pop("files", [NewFile(NAME, PAPER)])
        return await self.service.create(CALLER, new_envelope(self, **changes), files, key=key)

    async def show(self, envelope: str) -> EnvelopeTold:
        return await self.service.show(CALLER, envelope)

    async def final(self, envelope: str, name: str = NAME) -> bytes:
        return await self.service.document(CALLER, envelope, name)

    @property
    def events(self) -> ToldEvents:
        """What others were told, before a restart, too."""
        return self.company.events

    @property
    def signed(self) -> int:
        """How often the key was used."""
        return len(self.company.house.signer.redeemed)


def parties(*, turns: tuple[int, int] = (1, 2)) -> tuple[Party, Party]:
    return (
        Party(
            id="buyer", kind="organisation", account=EAST, name=f"{EAST} 有限公司", turn=turns[0]
        ),
        Party(
            id="seller", kind="organisation", account=WEST, name=f"{WEST} 有限公司", turn=turns[1]
        ),
    )


def new_envelope(room: Room, **changes: Any) -> NewEnvelope:  # noqa: ANN401 - of an envelope
    said: dict[str, Any] = {
        "title": "采购合同",
        "company": "east",
        "parties": parties(),
        "document_type": "contract",
        "seal": "company-east",
        "expires_at": room.company.clock.now() + timedelta(days=30),
        "business_number": "PO-1",
        "attributes": {"amount": 100},
    }
    return NewEnvelope(**{**said, **changes})


@dataclass(kw_only=True)
class Street(ABC):
    """What houses on any network have in common."""

    clock: FakeClock
    trusted: Authority = field(default_factory=Authority)
    seals_by: TrialCA
    signers: dict[str, SoftSigner] = field(default_factory=dict)
    trust: tuple[bytes, ...] | None = None
    most_bytes: int = 1_000_000

    @property
    @abstractmethod
    def network_key(self) -> str:
        """What signs entries."""

    @abstractmethod
    def connect(self, organisation: str, lane: WriterLane, key: SigningKey) -> CloudNetwork:
        """An organisation's way to the network."""

    @property
    def roots(self) -> tuple[bytes, ...]:
        if self.trust is not None:
            return self.trust
        return (self.seals_by.certificate.public_bytes(Encoding.DER),)

    @contextlib.asynccontextmanager
    async def room(
        self,
        directory: Path,
        organisation: str,
        *,
        policy: str = POLICY,
        inbound: dict[str, Inbound] | None = None,
        listens: bool = True,
    ) -> AsyncIterator[Room]:
        """A company's house with its room of envelopes; again, it is after a restart.

        `listens`: whether its bridge has found its way before anybody works.
        """
        signer = self.signers.setdefault(organisation, SoftSigner(self.clock))
        async with company(
            directory / organisation,
            organisation,
            partial(self.connect, organisation),
            network_key=self.network_key,
            trusted=self.trusted,
            clock=self.clock,
            signer=signer,
            policy=policy,
            seals_by=self.seals_by,
            inbound=inbound or {"*": Inbound("contract", "company-east")},
        ) as made:
            if listens:
                await made.bridge.step(wait_seconds=0)
            yield self.joined(made)

    def joined(self, made: Company, reached: Callable[[str], None] | None = None) -> Room:
        """The room over a house; again over the same one, it is as after a restart."""
        judge = OwnJudge()
        steps: list[str] = []

        def note(step: str) -> None:
            steps.append(step)
            if reached is not None:
                reached(step)

        joined = envelope_room(
            ground=made.ground,
            bridges=Bridges([made.bridge]),
            signing=made.house.service,
            in_force=lambda: made.house.in_force,
            judge=judge,
            trust=Trust(companies=lambda: self.roots, persons=lambda: room.persons),
            most_bytes=self.most_bytes,
            reached=note,
            still=lambda: room.still,
        )
        room = Room(made, joined.service, joined.advancing, joined.waking, judge, steps)
        return room


@dataclass(kw_only=True)
class Town(Street):
    """Houses on a network in memory."""

    network: MemoryNetwork

    @classmethod
    def built(cls) -> "Town":
        clock = FakeClock()
        network = MemoryNetwork(clock)
        for organisation in (EAST, WEST):
            network.register(organisation, f"{organisation} 有限公司")
        return cls(clock=clock, network=network, seals_by=TrialCA(now=clock.now()))

    @property
    def network_key(self) -> str:
        return self.network.key.public

    def connect(self, organisation: str, lane: WriterLane, key: SigningKey) -> CloudNetwork:  # noqa: ARG002 - of networks that are far
        return self.network.of(organisation)


Scene = Callable[[Town, Room, Room], Awaitable[None]]
"""What happens in a town between east and west."""


def play(
    directory: Path,
    scene: Scene,
    *,
    policy: str = POLICY,
    of_west: str = POLICY,
    inbound: dict[str, Inbound] | None = None,
) -> None:
    """Build a town with both houses, and have a scene happen there.

    Args:
        directory: where the houses go.
        scene: what happens.
        policy: of east.
        of_west: the policy of west.
        inbound: what west has sealed by itself of what comes; None: everything.
    """

    async def go() -> None:
        town = Town.built()
        async with (
            town.room(directory, EAST, policy=policy) as east,
            town.room(directory, WEST, policy=of_west, inbound=inbound) as west,
        ):
            await scene(town, east, west)

    asyncio.run(go())


async def settle(*rooms: Room, until: Callable[[], bool] = lambda: False) -> None:
    """Let everybody listen and work until nothing happens any more."""
    for _ in range(_MOST_ROUNDS):
        busy = 0
        for room in rooms:
            await room.company.listen()
            busy += len(await room.work())
        if not busy or until():
            return
    raise AssertionError("they do not come to rest")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
