"""A contract that we have sealed does not go out while officers have frozen what sealed it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import SignedStatement, parse
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.wire import Content, Parcel
from gateway.envelopes.carriage.packing import Packing
from gateway.envelopes.model import NewFile
from gateway.freezes.model import ScopeKind
from gateway.store.envelope_owed import OwedEnvelopeRow
from tests.document_fixtures import receipt
from tests.envelope_house import CALLER, EAST, PAPER, POLICY, Room, Town, play, settle, sha256
from tests.envelope_logs import told_in_the_log
from tests.memory_network import Side
from tests.officers import freeze, signed, unfreeze
from tests.statement_keys import LI, WANG

ANOTHER_SEAL = """
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
metadata: {name: legal-representative}
spec:
  seals: [legal-rep-li]
  documentTypes: [contract]
  permit:
    - id: automatic
      systems: [tms]
tests:
  - name: a contract
    request: {system: tms, doc: {attributes: {envelope_title: 采购合同, envelope_is_ours: true}}}
    expect: allowed
"""
BOTH_SEALS = POLICY + ANOTHER_SEAL


def away_once_it_has_sealed(town: Town, room: Room) -> Room:
    """The room, to which the network is away from the moment in which something is sealed."""

    def reached(step: str) -> None:
        town.network.is_away = town.network.is_away or step == "state"

    return town.joined(room.company, reached)


async def sealed_in_an_outage(town: Town, east: Room) -> str:
    """East has sealed a contract, which waits for the network; it has come back by now."""
    id_ = (await away_once_it_has_sealed(town, east).create()).envelope.id
    await away_once_it_has_sealed(town, east).work()
    assert (east.signed, acts(town, id_)) == (1, ["Sent"])
    town.network.is_away = False
    town.clock.move(timedelta(minutes=5))
    return id_


async def put_a_freeze(room: Room, kind: ScopeKind = "gateway", name: str = "") -> None:
    await room.company.freezes.freeze(signed(freeze(kind, name), LI))


async def end_the_freeze(town: Town, room: Room) -> None:
    await room.company.freezes.unfreeze(unfreeze(LI, WANG))
    town.clock.move(timedelta(minutes=5))


def two_documents() -> list[NewFile]:
    return [NewFile("合同.pdf", PAPER), NewFile("附件.pdf", receipt("chromium-a4-301"))]


def acts(town: Town, envelope: str) -> list[str]:
    """What was said of an envelope at the network, in order."""
    entries = town.network.envelopes[envelope].entries
    return [type(parse(each.signed).act).__name__ for each in entries]


def contents(town: Town, envelope: str) -> list[str]:
    """The digests of what the network holds of an envelope."""
    return [digest for of, digest in town.network.contents if of == envelope]


async def owed(room: Room, envelope: str) -> list[str]:
    rows = await room.company.ground.owed.of_envelope(room.company.id, envelope)
    return [each.kind for each in rows]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("gateway", ""), ("seal", "company-east"), ("company", "east"), ("system", "tms")],
)
def test_what_was_frozen_in_an_outage_waits_and_goes_out_when_the_freeze_has_ended(
    tmp_path: Path, kind: ScopeKind, name: str
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await sealed_in_an_outage(town, east)
        await put_a_freeze(east, kind, name)
        await settle(east, west)
        assert (acts(town, id_), contents(town, id_)) == (["Sent"], [sha256(PAPER)])
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("signing", "look-at-it")
        assert "the key may be lost" in told.next_hint
        assert [each for each, _ in told.trouble] == ["frozen"]
        assert "frozen" in await told_in_the_log(east)
        await end_the_freeze(town, east)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("completed", "nothing", ())
            assert room.signed == 1

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_a_freeze_of_another_seal_keeps_nothing_back(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await sealed_in_an_outage(town, east)
        await put_a_freeze(east, "seal", "legal-rep-li")
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_a_freeze_between_the_content_and_the_word_keeps_the_word_back(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.is_older = True
        honest = Side.put_content

        async def frozen_behind_it(side: Side, content: Content) -> None:
            await honest(side, content)
            if content.head.digest != sha256(PAPER):
                await put_a_freeze(east)

        with patch.object(Side, "put_content", frozen_behind_it):
            id_ = (await east.create()).envelope.id
            await settle(east, west)
        assert acts(town, id_) == ["Sent"]
        assert await owed(east, id_) == ["statement"]
        await end_the_freeze(town, east)
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_a_freeze_between_two_contents_keeps_the_second_back(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.is_older = True
        honest, given = Side.put_content, two_documents()
        sent = {sha256(each.content) for each in given}

        async def frozen_behind_the_first(side: Side, content: Content) -> None:
            await honest(side, content)
            if content.head.digest not in sent:
                await put_a_freeze(east)

        with patch.object(Side, "put_content", frozen_behind_the_first):
            id_ = (await east.create(files=given)).envelope.id
            await settle(east, west)
        assert acts(town, id_) == ["Sent"]
        assert len(set(contents(town, id_)) - sent) == 1
        assert await owed(east, id_) == ["content", "statement"]
        await end_the_freeze(town, east)
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_a_freeze_while_it_is_made_ready_to_leave_keeps_all_of_it_back(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        honest, given = Packing.parcel, two_documents()

        async def frozen_meanwhile(
            packing: Packing, rows: Sequence[OwedEnvelopeRow]
        ) -> Parcel | None:
            made = await honest(packing, rows)
            if rows[-1].kind == "statement":
                await put_a_freeze(east)
            return made

        with patch.object(Packing, "parcel", frozen_meanwhile):
            id_ = (await east.create(files=given)).envelope.id
            await settle(east, west)
        assert acts(town, id_) == ["Sent"]
        assert set(contents(town, id_)) == {sha256(each.content) for each in given}
        assert await owed(east, id_) == ["content", "content", "statement"]
        assert [each for each, _ in (await east.show(id_)).trouble] == ["frozen"]
        await end_the_freeze(town, east)
        town.network.asked.clear()
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert town.network.asked.count((EAST, "bring")) == 1
        assert (EAST, "put_content") not in town.network.asked

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_a_word_that_had_arrived_before_the_freeze_is_found_and_counts(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        honest = Side.state

        async def unanswered(side: Side, statement: SignedStatement) -> Entry:
            await honest(side, statement)
            raise NetworkAwayError("the answer was lost")

        with patch.object(Side, "state", unanswered):
            id_ = (await east.create()).envelope.id
            await east.work()
        assert acts(town, id_) == ["Sent", "Signed"]
        assert "statement" in await owed(east, id_)
        await put_a_freeze(east)
        town.clock.move(timedelta(minutes=5))
        await east.work()
        assert await owed(east, id_) == []
        assert (await east.show(id_)).trouble == ()
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "completed"
        assert acts(town, id_).count("Signed") == 2

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_what_is_frozen_may_be_withdrawn_and_is_never_sent(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await sealed_in_an_outage(town, east)
        await put_a_freeze(east)
        await settle(east, west)
        await east.service.withdraw(CALLER, id_, reason="the key is lost")
        await settle(east, west)
        await end_the_freeze(town, east)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("withdrawn", "nothing", ())
        assert "Signed" not in acts(town, id_)
        assert contents(town, id_) == [sha256(PAPER)]
        assert (await owed(east, id_), east.company.bridge.tally.refused) == ([], 0)

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)


def test_what_the_partner_withdraws_while_it_is_frozen_is_over(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await west.create()).envelope.id
        await west.work()
        await east.company.listen()
        await away_once_it_has_sealed(town, east).work()
        assert (east.signed, acts(town, id_)) == (1, ["Sent"])
        town.network.is_away = False
        await put_a_freeze(east)
        await west.service.withdraw(CALLER, id_, reason="mistake")
        town.clock.move(timedelta(minutes=5))
        await settle(east, west)
        assert (await east.show(id_)).status == "withdrawn"
        assert "Signed" not in acts(town, id_)
        assert (await owed(east, id_), east.company.bridge.tally.refused) == ([], 0)

    play(tmp_path, scene, policy=BOTH_SEALS, of_west=BOTH_SEALS)
