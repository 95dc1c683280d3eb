"""What stands around the cycle is asked where the page about the cycle says."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.documents.model import Preparation
from gateway.seals.in_force import InForce
from gateway.signing.act import Part
from gateway.signing.deciding import Inquiry
from gateway.signing.errors import ApprovalNeededProblem, DeniedProblem, LimitReachedProblem
from gateway.signing.guard import Guards, KeptDecision, Surroundings, Use, UseRefused, Waiting
from gateway.signing.limits import LimitGuard
from gateway.signing.model import SigningRequest
from gateway.signing.preparing import first_preparation
from gateway.store.engines.database import open_reader
from gateway.store.engines.lane import Transaction
from gateway.store.rows.charges import SlotBook
from gateway.store.schema import audit_leaf
from policies.interfaces import Case
from policies.model import (
    NOTHING_KNOWN,
    Denied,
    DocumentFacts,
    Fact,
    Known,
    NeedsApproval,
    Reason,
    SealRequest,
    Stage,
)
from policies.objects.documents import Attribute, Template
from tests.signing_house import House, request, signing_house

STOPPED = Denied(bundle="b", reasons=(Reason(rule="frozen", message="it is stopped"),))
MUST_APPROVE = NeedsApproval(
    bundle="b",
    reasons=(Reason(rule="p/r", message="a rule asks"),),
    stages=(
        Stage(count=1, roles=frozenset({"head"})),
        Stage(count=2, roles=frozenset({"legal", "finance"})),
    ),
    in_order=True,
    expires_seconds=60,
)


@dataclass
class Watchful:
    """A guard, a knowing, a waiting room and a history in one, which does what the test says."""

    seen: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    kept: list[KeptDecision] = field(default_factory=list)
    stops: Callable[[str], bool] = lambda _where: False
    at_intent_says: Denied | NeedsApproval = STOPPED
    knows: Known = NOTHING_KNOWN

    def refusal(self, _asked: SealRequest, in_force: InForce) -> Denied | None:
        assert in_force.seals
        return STOPPED if self._stops("memory") else None

    def at_intent(self, _transaction: Transaction, use: Use) -> None:
        self.uses.append(use)
        if self._stops("intent"):
            raise UseRefused(self.at_intent_says)

    def at_release(self, _transaction: Transaction, _use: Use) -> None:
        if self._stops("release"):
            raise UseRefused(STOPPED)

    async def known(
        self,
        _case: Case,
        _facts: DocumentFacts,
        *,
        at: datetime,
        request: SigningRequest,
        act_digest: bytes,
        input_digest: bytes,
    ) -> Known:
        assert at.tzinfo is not None
        assert request.seal_request.seal
        assert len(act_digest) == len(input_digest) == 32
        self.seen.append("known")
        return self.knows

    def ask(self, _transaction: Transaction, waiting: Waiting) -> str:
        self.waiting.append(waiting)
        return f"approval-{len(self.waiting)}"

    def keep(self, _transaction: Transaction, kept: KeptDecision) -> None:
        self.kept.append(kept)

    def _stops(self, where: str) -> bool:
        self.seen.append(where)
        return self.stops(where)


@pytest.fixture
def watchful() -> Watchful:
    return Watchful()


@pytest.fixture
async def house(tmp_path: Path, watchful: Watchful) -> AsyncIterator[House]:
    surroundings = Surroundings(
        guards=Guards((LimitGuard(SlotBook()), watchful)),
        knowing=watchful,
        waiting_room=watchful,
        history=watchful,
    )
    async with signing_house(tmp_path, surroundings=surroundings) as made:
        yield made


def kinds(house: House) -> list[tuple[str, str]]:
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        records: list[dict[str, Any]] = [read_leaf(leaf) for leaf in leaves.scalars()]
    return [(each["kind"], each.get("result", "")) for each in records]


async def test_a_guard_is_asked_five_times_a_document(house: House, watchful: Watchful) -> None:
    watchful.knows = Known(certificate_days=7)
    sealed = await house.seal()
    assert watchful.seen == ["memory", "known", "intent", "memory", "memory", "release"]
    (use,) = watchful.uses
    assert (use.asked, use.document_id, use.first) == (request().seal_request, sealed.row.id, True)
    assert (use.act_digest, use.further) == (sealed.row.request_digest, ())
    assert (use.known, use.at) == (watchful.knows, house.clock.now())
    (kept,) = watchful.kept
    assert (kept.decision, kept.known) == (use.decision, use.known)
    assert kept.audit_index == sealed.row.intent_index


async def test_each_seal_of_an_act_is_a_use_of_its_own(house: House, watchful: Watchful) -> None:
    await house.act()
    assert [use.asked.seal for use in watchful.uses] == ["company-east", "legal-rep-li"]
    assert [len(use.further) for use in watchful.uses] == [1, 0]
    assert watchful.seen.count("release") == 2


async def test_what_is_stopped_in_memory_is_never_prepared(
    house: House, watchful: Watchful
) -> None:
    watchful.stops = lambda where: where == "memory"
    with pytest.raises(DeniedProblem, match=r"it is stopped \(audit record 0\)"):
        await house.seal()
    assert house.press.prepared == []
    assert kinds(house) == [("denied", "")]
    assert [(kept.stopped, kept.facts) for kept in watchful.kept] == [(True, None)]


async def test_what_is_stopped_at_its_intent_leaves_no_intent_and_no_charge(
    house: House, watchful: Watchful
) -> None:
    watchful.stops = lambda where: where == "intent"
    for number in range(4):  # more than the hour's limit
        with pytest.raises(DeniedProblem, match="it is stopped"):
            await house.seal(f"{number}")
    assert kinds(house) == [("denied", "")] * 4
    watchful.stops = lambda _where: False
    for number in range(3):
        await house.seal(f"{number}")
    with pytest.raises(LimitReachedProblem):
        await house.seal("3")
    assert [kept.stopped for kept in watchful.kept] == [*[True] * 4, *[False] * 3, True]


@pytest.mark.parametrize(("answers", "signed"), [("memory memory", 0), ("release", 1)])
async def test_what_is_stopped_after_its_intent_is_not_released(
    house: House, watchful: Watchful, answers: str, signed: int
) -> None:
    watchful.stops = lambda _where: (
        " ".join(watchful.seen).replace("known intent ", "").endswith(answers)
    )
    with pytest.raises(DeniedProblem, match="it is stopped"):
        await house.seal()
    assert len(house.signer.redeemed) == signed
    assert kinds(house) == [("intent", ""), ("outcome", "failed")]
    watchful.stops = lambda _where: False
    sealed = await house.seal()
    assert sealed.row.is_sealed
    assert [use.first for use in watchful.uses] == [True, False]


async def test_who_must_approve_is_asked_with_the_refusal(house: House, watchful: Watchful) -> None:
    watchful.stops = lambda where: where == "intent"
    watchful.at_intent_says = MUST_APPROVE
    told = r"1 of head, then 2 of finance, legal must approve \(approval approval-1\); a rule asks"
    with pytest.raises(ApprovalNeededProblem, match=told):
        await house.seal()
    (waiting,) = watchful.waiting
    assert waiting.decision == MUST_APPROVE
    assert waiting.asked == request().seal_request
    assert kinds(house) == [("denied", "")]


async def test_a_denial_by_default_is_told_with_its_hints_once(
    house: House, watchful: Watchful
) -> None:
    rules = house.directory / "policies" / "all.yaml"
    # The size that the policies' own tests imagine, and no other.
    rules.write_text(rules.read_text().replace("doc.pages < 2", "doc.size_bytes == 100000"))
    house.reload()
    with pytest.raises(DeniedProblem) as refused:
        await house.act("legal-rep-li")
    told = [rule for rule, _ in refused.value.reasons]
    assert told == ["default", "legal-representative/automatic"]
    assert [(kept.stopped, kept.facts is None) for kept in watchful.kept] == [(False, False)]


async def test_a_worker_is_asked_for_what_a_rule_asks(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        preparation = preparing(house, frozenset({"template", "parties"}))
        nothing = preparing(house, frozenset())
    assert [template.name for template in preparation.templates] == ["receipt-v1"]
    assert preparation.parties == ("示例物流", "收货人")
    assert (nothing.ask, nothing.templates, nothing.parties) == (frozenset(), (), ())


def preparing(house: House, asks: frozenset[Fact]) -> Preparation:
    """What a worker is asked, by policies with templates and parties."""
    bundle = house.in_force.bundle
    types = {
        **bundle.document_types,
        "receipt": msgspec.structs.replace(
            bundle.document_types["receipt"],
            attributes={"consignee": Attribute(type="string", party=True)},
        ),
    }
    templates = {
        name: Template(
            name=name, document_type=kind, version=1, width_mm=210.0, height_mm=297.0, marks=()
        )
        for name, kind in (("receipt-v1", "receipt"), ("inquiry-v1", "inquiry"))
    }
    asked = request(attributes={"consignee": "收货人"})
    case = house.in_force.engine.case(asked.seal_request)

    class Curious:
        request = asked.seal_request
        likely_placement = case.likely_placement

        def asks(self) -> frozenset[Fact]:
            return asks

    inquiry = Inquiry(
        request=asked,
        digest=bytes(32),
        input_digest=bytes(32),
        in_force=replace(
            house.in_force, bundle=replace(bundle, document_types=types, templates=templates)
        ),
        cases=(Curious(),),  # type: ignore[arg-type]  # a worker's question needs no more of a case
        at=house.clock.now(),
    )
    part = Part(
        asked=asked.seal_request,
        seal=house.in_force.seals["receipt-east"],
        document_id="d",
        signed_at=house.clock.now(),
        known=None,
        act=None,
        number=1,
        of=1,
    )
    return first_preparation(inquiry, part)
