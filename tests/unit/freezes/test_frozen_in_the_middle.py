"""A freeze that comes while documents are under way: an exact cut in the log, nothing left behind.

The batch has 2,000 documents; SEALGATE_BATCH=10000 makes it the one of the specification.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from gateway.documents.model import Preparation, Prepared
from gateway.errors import Problem
from gateway.freezes.model import Freeze
from gateway.seals.model import SealMaterial
from gateway.signing.errors import ActIncompleteProblem, FrozenProblem
from gateway.store.files.content import Content
from policies.grant import Grant
from policies.model import Caller
from tests.guarded_house import GuardedHouse
from tests.officers import freeze, signed, unfreeze, with_officers
from tests.running_gateway import RECEIPT
from tests.signing_house import OwnPress
from tests.statement_keys import LI, WANG

BATCH = int(os.environ.get("SEALGATE_BATCH", "2000"))
AT_ONCE = 256


@dataclass
class Wedge:
    """Freezes everything right before the house's next call of something."""

    guarded: GuardedHouse
    frozen: list[asyncio.Task[Freeze]] = field(default_factory=list)

    def before(self, owner: object, name: str) -> None:
        original: Callable[..., Awaitable[object]] = getattr(owner, name)

        async def wedged(*arguments: object, **named: object) -> object:
            setattr(owner, name, original)
            said = signed(freeze("gateway"), LI)
            self.frozen.append(asyncio.create_task(self.guarded.freezes.freeze(said)))
            await asyncio.sleep(0)  # it stands before us in the lane
            return await original(*arguments, **named)

        setattr(owner, name, wedged)


@pytest.fixture
def wedge(guarded: GuardedHouse) -> Wedge:
    return Wedge(guarded)


async def test_a_freeze_in_the_same_commit_as_an_intent_leaves_no_intent(
    guarded: GuardedHouse, wedge: Wedge
) -> None:
    before = guarded.house.lane.commits
    wedge.before(guarded.house.lane, "write")
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()
    assert guarded.kinds() == ["freeze", "denied"]
    assert guarded.house.lane.commits - before == 2  # freeze and intent shared the first
    assert guarded.house.signer.redeemed == []


async def test_a_freeze_in_the_same_commit_as_a_release_leaves_nothing_of_the_document(
    guarded: GuardedHouse, wedge: Wedge
) -> None:
    """It is on the disk by then, so it is overwritten; the archive stays whole."""
    kept = await guarded.house.seal("kept")
    wedge.before(guarded.house.lane, "write_with")
    written: list[bytes] = []
    append = guarded.house.content.append

    def seen(documents: list[Content]) -> object:
        written.extend(b"".join(each.parts) for each in documents)
        return append(documents)

    guarded.house.content.append = seen  # type: ignore[method-assign,assignment]
    with pytest.raises(FrozenProblem):
        await guarded.house.seal("stopped")

    assert guarded.kinds() == ["intent", "sealed", "intent", "freeze", "failed"]
    (stopped,) = written
    (segment,) = (guarded.house.directory / "documents").rglob("*.tar")
    on_disk = segment.read_bytes()
    assert stopped not in on_disk
    assert stopped[len(RECEIPT) : len(RECEIPT) + 200] not in on_disk
    assert on_disk.count(RECEIPT) == 1  # that of the document that was kept
    again = await guarded.house.seal("kept")
    assert b"".join(again.content) == b"".join(kept.content)


async def test_once_it_has_ended_the_same_request_goes_on(
    guarded: GuardedHouse, wedge: Wedge
) -> None:
    wedge.before(guarded.house.lane, "write_with")
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()
    await guarded.freezes.unfreeze(unfreeze(LI, WANG))
    await guarded.house.seal()
    one, other = guarded.house.signer.redeemed
    assert one.digest == other.digest
    assert guarded.kinds()[-2:] == ["intent", "sealed"]


async def test_of_an_act_nothing_is_released_when_its_second_seal_is_frozen(
    guarded: GuardedHouse,
) -> None:
    house = guarded.house
    freezing: list[asyncio.Task[Freeze]] = []

    def begin(grant: Grant) -> None:
        if grant.seal == "company-east" and not freezing:
            said = signed(freeze("seal", "legal-rep-li"), LI)
            freezing.append(asyncio.create_task(guarded.freezes.freeze(said)))

    house.signer.before = begin
    with pytest.raises(FrozenProblem, match="the seal legal-rep-li is frozen"):
        await house.act()
    assert "sealed" in guarded.kinds()
    first = next(each for each in guarded.records() if each.get("result") == "sealed")
    with pytest.raises(ActIncompleteProblem):
        await house.archive.sealed(first["document"], Caller(system="tms", company="east"))
    await guarded.freezes.unfreeze(unfreeze(LI, WANG))
    assert (await house.act()).row.is_sealed


class QuickPress(OwnPress):
    """Every document of the batch is the same one, so it is prepared once."""

    def __init__(self) -> None:
        super().__init__()
        self._once: Prepared | None = None
        self._update = b""

    async def prepare(
        self, document: bytes, preparation: Preparation, seal: SealMaterial
    ) -> Prepared:
        if self._once is None:
            self._once = await super().prepare(document, preparation, seal)
        return self._once

    async def complete(
        self, prepared: Prepared, seal: SealMaterial, *, to_be_signed: bytes, signature: bytes
    ) -> bytes:
        self._update = self._update or await super().complete(
            prepared, seal, to_be_signed=to_be_signed, signature=signature
        )
        return self._update


async def test_a_freeze_in_the_middle_of_a_batch_is_in_force_within_five_seconds(
    guarded: GuardedHouse,
) -> None:
    house = guarded.house
    rules = house.directory / "policies" / "all.yaml"
    rules.write_text(rules.read_text().replace("perHour: 3", "perHour: 1000000"))
    house.reload()
    house.in_force = with_officers(house.in_force)
    quick = QuickPress()
    house.service._press = house.service._sealing._press = quick
    house.service._permitting._readings._press = quick
    places = asyncio.Semaphore(AT_ONCE)
    released: list[float] = []
    ordered: list[float] = []
    freezing: list[asyncio.Task[Freeze]] = []

    async def one(number: int) -> str:
        async with places:
            try:
                await house.seal(f"{number}")
            except Problem as problem:
                return problem.type
            released.append(time.monotonic())
            if len(released) == BATCH // 4:
                ordered.append(time.monotonic())
                freezing.append(
                    asyncio.create_task(guarded.freezes.freeze(signed(freeze("gateway"), LI)))
                )
            return "sealed"

    results = await asyncio.gather(*map(one, range(BATCH)))
    frozen = await freezing[0]

    assert set(results) == {"sealed", "frozen"}
    assert results.count("frozen") > BATCH // 4
    assert max(released) - ordered[0] < 5.0
    after = [each for each in guarded.records() if each["index"] > frozen.audit_index]
    assert {each["kind"] for each in after} <= {"outcome", "denied"}
    assert "sealed" not in {each.get("result") for each in after}
    (segment,) = (house.directory / "documents").rglob("*.tar")
    assert segment.read_bytes().count(RECEIPT) == len(released)
