"""The signing room with people who approve, and an OA system that does it for them.

Li heads the dispatchers, Wang and Zhao are lawyers, Chen audits, and Sun uses seals and has no say.
Each signs with a key of their own; Li asks for seals, too.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from gateway.approvals.gathering import ApprovalsKnown
from gateway.approvals.guard import ApprovalGuard
from gateway.approvals.interfaces import Hears
from gateway.approvals.model import subject_of
from gateway.approvals.review import ApprovalReview
from gateway.approvals.showing import ApprovalView
from gateway.approvals.statements import OA_TOKEN, STATEMENT, ApprovalStatement, OAApproval
from gateway.approvals.waiting import WaitingUses
from gateway.audit.record import read_leaf
from gateway.errors import Problem
from gateway.seals.in_force import InForce, keys_of
from gateway.signing.errors import ApprovalNeededProblem
from gateway.signing.guard import AllKnown, Guards, Surroundings, Waiting
from gateway.signing.limits import LimitGuard
from gateway.signing.model import SealedDocument
from gateway.statements import LocalSigner, compact
from gateway.store.engines.database import open_reader
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import ApprovalReader, ApprovalRow, approval_by_id
from gateway.store.rows.charges import SlotBook
from gateway.store.schema import audit_leaf
from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.interfaces import Case
from policies.model import Caller, DocumentFacts, Known, Stage
from policies.objects.group import Company
from policies.objects.people import Holding, Person, PersonKey, Post, Role
from policies.objects.rules import Approvals, PermitRule, SealPolicy
from policies.objects.systems import ApprovalSource
from policies.people import caller_of
from tests.nothing_around import NoHistory
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, House, SoftSigner, request, signing_house
from tests.statement_keys import LI, WANG, ZHAO

CHEN = LocalSigner("chen-2026", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
SUN = LocalSigner("sun-2026", Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))
OA = LocalSigner("oa", Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32))
SIGNERS: Mapping[str, LocalSigner] = {
    "li": LI,
    "wang": WANG,
    "zhao": ZHAO,
    "chen": CHEN,
    "sun": SUN,
}
POSTS: Mapping[str, str] = {
    "li": "head",
    "wang": "lawyer",
    "zhao": "lawyer",
    "chen": "auditor",
    "sun": "dispatcher",
}
HEAD_THEN_TWO_LAWYERS = Approvals(
    stages=(
        Stage(count=1, roles=frozenset({"head"})),
        Stage(count=2, roles=frozenset({"lawyer"})),
    ),
    in_order=True,
    expires_seconds=3600,
)
ONE_LAWYER = Approvals(stages=(Stage(count=1, roles=frozenset({"lawyer"})),), expires_seconds=3600)


@dataclass
class _Later:
    """`Knowing` and `WaitingRoom` that are told once the house stands what they are."""

    knowing: AllKnown = field(default_factory=lambda: AllKnown(()))
    waiting: WaitingUses | None = None

    async def known(self, case: Case, facts: DocumentFacts, **named: Any) -> Known:  # noqa: ANN401 - the Protocol's
        return await self.knowing.known(case, facts, **named)

    def ask(self, transaction: Transaction, waiting: Waiting) -> str | None:
        assert self.waiting is not None
        return self.waiting.ask(transaction, waiting)


@dataclass
class Approving:
    """A house whose rule asks for approvals."""

    house: House
    review: ApprovalReview
    approvals: ApprovalReader
    heard: list[str]

    @property
    def bundle(self) -> Bundle:
        return self.house.in_force.bundle

    def caller(self, name: str) -> Caller:
        person = self.bundle.persons[name]
        return caller_of(self.bundle, person, at=self.house.clock.now())

    def change(self, **parts: Any) -> None:  # noqa: ANN401 - fields of a bundle
        """Other policies come into force."""
        self.house.in_force = in_force_with(self.house.in_force, **parts)

    async def seal(
        self,
        key: str = "k",
        document: bytes = RECEIPT,
        *,
        tokens: tuple[str, ...] = (),
        **changes: Any,  # noqa: ANN401 - fields of a value
    ) -> SealedDocument:
        asked = replace(request(key, **changes), approval_tokens=tokens)
        return await self.house.service.seal(asked, document)

    async def ask(self, key: str = "k", document: bytes = RECEIPT, **changes: Any) -> str:  # noqa: ANN401 - fields of a value
        """Ask for the seal; gives the approval's id."""
        try:
            await self.seal(key, document, **changes)
        except ApprovalNeededProblem as problem:
            (approval,) = problem.approvals
            return approval
        raise AssertionError("it was sealed without an approval")

    def row(self, approval: str) -> ApprovalRow:
        with open_reader(self.house.directory / "test.sqlite").connect() as connection:
            row = approval_by_id(Transaction(connection), approval)
        assert row is not None
        return row

    def statement(self, name: str, approval: str, act: str = "approve", /, **changes: Any) -> str:  # noqa: ANN401 - fields of a value
        """What somebody signs of an approval, with changes."""
        asked = subject_of(self.row(approval))
        said = {field: getattr(asked, field) for field in asked.__struct_fields__}
        at = int(self.house.clock.now().timestamp())
        claims = ApprovalStatement(**{**said, "act": act, "at": at, **changes})
        return compact(claims, typ=STATEMENT, signer=SIGNERS[name])

    async def take_statement(self, name: str, approval: str, statement: str) -> ApprovalView:
        """Somebody sends a statement."""
        return await self.review.take_statement(
            approval,
            statement,
            caller=self.caller(name),
            nonce=None,
            at=self.house.clock.now(),
        )

    async def say(
        self,
        name: str,
        approval: str,
        act: str = "approve",
        /,
        **changes: Any,  # noqa: ANN401 - fields of a value
    ) -> ApprovalView:
        return await self.take_statement(
            name, approval, self.statement(name, approval, act, **changes)
        )

    async def shown(self, name: str, approval: str) -> ApprovalView:
        return await self.review.shown(approval, self.caller(name), at=self.house.clock.now())

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        with open_reader(self.house.directory / "test.sqlite").connect() as connection:
            leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
            read = [read_leaf(leaf) for leaf in leaves.scalars()]
        return [record for record in read if record["kind"] in kinds]


def in_force_with(in_force: InForce, **parts: Any) -> InForce:  # noqa: ANN401 - fields of a bundle
    """The same with another bundle; its digest tells it from the one before."""
    changed = replace(in_force.bundle, **parts)
    bundle = replace(changed, digest=f"sha256:{abs(hash(repr(changed))):064x}")
    return replace(in_force, bundle=bundle, engine=CELPolicyEngine(bundle), keys=keys_of(bundle))


def policies_with(approvals: Approvals, **changes: Any) -> dict[str, SealPolicy]:  # noqa: ANN401 - fields of a rule
    """One rule, for three seals of the company."""
    rule: dict[str, Any] = {
        "id": "by-hand",
        "companies": frozenset({"east"}),
        "approvals": approvals,
        **changes,
    }
    policy = SealPolicy(
        name="receipts",
        seals=("receipt-east", "company-east", "legal-rep-li"),
        document_types=("receipt",),
        time_zone="Asia/Shanghai",
        permit=(PermitRule(**rule),),
    )
    return {"receipts": policy}


def person(name: str, *, until: date | None = None) -> Person:
    """Somebody who holds their post since the beginning of the year."""
    key = SIGNERS[name].public_key
    algorithm = "ed25519" if key.algorithm == "EdDSA" else "ecdsa-p256-sha256"
    return Person(
        name=name,
        title=name,
        company="east",
        posts=(Holding(post=POSTS[name], from_day=date(2026, 1, 1), until_day=until),),
        keys=(PersonKey(id=key.id, algorithm=algorithm, public_key=key.value),),
    )


def people() -> dict[str, Any]:
    """Roles, posts and people of a bundle; each post has the role of its name."""
    roles = {
        post: Role(name=post, power="auditor" if post == "auditor" else "seal-user")
        for post in POSTS.values()
    }
    return {
        "roles": roles,
        "posts": {
            post: Post(name=post, company="east", title=post, roles=frozenset({post}))
            for post in POSTS.values()
        },
        "persons": {name: person(name) for name in SIGNERS},
        "companies": {
            "group": Company(name="group", title="集团"),
            "east": Company(name="east", title="华东", parent="group"),
            "south": Company(name="south", title="华南", parent="group"),
        },
        "approval_sources": {
            "oa": ApprovalSource(
                name="oa",
                company="group",
                role="lawyer",
                algorithm="ed25519",
                public_key=OA.public_key.value,
                max_age_seconds=3600,
            )
        },
    }


def oa_token(
    document_digest: bytes,
    at: datetime,
    *,
    signer: LocalSigner = OA,
    **changes: Any,  # noqa: ANN401 - fields of a value
) -> str:
    """An approval that the OA system has signed, with changes."""
    claims: dict[str, Any] = {
        "iss": "oa",
        "aud": "sealgate",
        "sub": "E1007",
        "jti": "OA-1",
        "iat": int(at.timestamp()),
        "exp": int(at.timestamp()) + 7200,
        "document": document_digest.hex(),
        "seal": "receipt-east",
        "purpose": "receipt",
        "business_number": "WB-1",
        **changes,
    }
    return compact(OAApproval(**claims), typ=OA_TOKEN, signer=signer)


class _Heard(Hears):
    """Keeps which approvals were spoken of, once that was durable."""

    def __init__(self) -> None:
        self.heard_of: list[str] = []

    def heard(self, transaction: Transaction, approval: ApprovalRow, *, statement: str) -> None:
        assert statement
        transaction.after_commit(self.heard_of.extend, approval.id)


@asynccontextmanager
async def approving_house(
    directory: Path,
    *,
    approvals: Approvals = ONE_LAWYER,
    clock: FakeClock | None = None,
    signer: SoftSigner | None = None,
    **rule: Any,  # noqa: ANN401 - fields of a rule
) -> AsyncIterator[Approving]:
    """A house whose rule asks for approvals; again in the same directory, it is after a restart."""
    later = _Later()
    surroundings = Surroundings(
        guards=Guards((LimitGuard(SlotBook()), ApprovalGuard())),
        knowing=later,
        waiting_room=later,
        history=NoHistory(),
    )
    async with signing_house(
        directory, clock=clock, signer=signer, surroundings=surroundings
    ) as house:
        reader = ApprovalReader(open_reader(directory / "test.sqlite"))
        known = ApprovalsKnown(
            in_force=lambda: house.in_force,
            approvals=reader,
            documents=house.reader,
            audit=house.audit,
            lane=house.lane,
        )
        later.knowing = AllKnown((known,))
        later.waiting = WaitingUses(audit=house.audit, in_force=lambda: house.in_force)
        heard = _Heard()
        review = ApprovalReview(
            in_force=lambda: house.in_force,
            approvals=reader,
            audit=house.audit,
            lane=house.lane,
            hears=heard,
        )
        made = Approving(house=house, review=review, approvals=reader, heard=heard.heard_of)
        made.change(policies=policies_with(approvals, **rule), **people())
        yield made
        reader.close()


async def problem(answer: Awaitable[object]) -> tuple[str, str]:
    """Type and detail of the problem that is raised instead of an answer."""
    try:
        await answer
    except Problem as told:
        return told.type, told.detail
    raise AssertionError("there is no problem")
