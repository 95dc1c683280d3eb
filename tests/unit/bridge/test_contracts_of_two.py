"""Two companies sign one contract: each seals at home, and believes what it has verified."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Attachment,
    Began,
    Claimed,
    Copied,
    Declined,
    Place,
    Revision,
    Signed,
    Statement,
    Voided,
    parse,
)
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Box, DocumentTerms, Party, PartyField
from cloud_bridge.wire import Content
from gateway.audit.record import read_leaf
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.causes import job_of
from gateway.envelopes.course.sealed_update import container_in
from gateway.envelopes.course.sealing import placement_of
from gateway.envelopes.errors import (
    EnvelopeDocumentUnknownProblem,
    EnvelopeFileOtherProblem,
    EnvelopeNotNowProblem,
    EnvelopeOfOtherCompanyProblem,
    EnvelopeSenselessProblem,
    EnvelopeUnknownProblem,
    PartyNameProblem,
    PartyUnknownProblem,
    PartyWithoutLinkProblem,
)
from gateway.envelopes.ground import Inbound
from gateway.envelopes.model import NewFile
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Done
from gateway.signing.errors import DeniedProblem, IdempotencyKeyReusedProblem
from gateway.store.approvals import ApprovalRow
from gateway.store.envelopes import change_envelope
from gateway.store.jobs import fence_of
from gateway.store.lane import Transaction
from gateway.store.schema import audit_leaf
from gateway.verification.judging import Judging
from policies.model import OnPage
from tests.document_fixtures import receipt
from tests.envelope_house import (
    CALLER,
    EAST,
    PAPER,
    WEST,
    Room,
    Street,
    Town,
    parties,
    play,
    settle,
    sha256,
)
from tests.partners import Partner, partner, partners_root, trusted_root, update_of
from tests.signing_house import FakeClock
from tests.unit.verification.test_revising import extra_page

NAME = "合同.pdf"


async def leaves(room: Room) -> list[dict[str, Any]]:
    """The audit log, in order."""
    rows = await room.company.ground.lane.write(
        lambda unit: unit.connection.execute(
            select(audit_leaf.c.leaf).order_by(audit_leaf.c.index)
        ).all()
    )
    return [read_leaf(row.leaf) for row in rows]


async def told_in_the_log(room: Room) -> list[str]:
    """What the audit log says of envelopes, in order."""
    return [
        str(leaf.get("what") or leaf.get("trouble"))
        for leaf in await leaves(room)
        if str(leaf["kind"]).startswith("envelope")
    ]


def test_a_contract_is_sealed_by_both_and_both_hold_the_same(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        assert (await east.show(id_)).next_step == "send"
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("completed", "nothing", ())
            assert room.signed == 1
            assert room.events.types == ["envelope.completed"]
        final = await east.final(id_)
        assert final == await west.final(id_)
        assert final.startswith(PAPER)
        judging = Judging(trust=town.roots)
        judgement = await asyncio.to_thread(judging.judge, final, now=town.clock.now())
        assert judgement.verdict == "valid"
        assert [each.certificate.subject for each in judgement.signatures if each.certificate]
        assert await told_in_the_log(east) == ["sent", "signed", "verified", "ended"]
        assert await told_in_the_log(west) == ["received", "verified", "signed", "ended"]

    play(tmp_path, scene)


def test_what_we_have_said_ourselves_is_no_cause_to_look_at_it_again(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        async def listened_and_worked(room: Room) -> int:
            await room.company.listen()
            return len(await room.work())

        id_ = (await east.create()).envelope.id
        # One for the request; it is sent, signed and stated in one go.
        assert len(await east.work()) == 1
        told = await east.show(id_)
        assert (told.sequence, told.next_step) == (2, "wait-for-others")
        assert await listened_and_worked(east) == 0
        # One for the contract that came, with our signature upon it and the end that this was.
        assert await listened_and_worked(west) == 1
        told = await west.show(id_)
        assert (told.status, told.sequence, told.next_step) == ("completed", 5, "nothing")
        # One for its end where it was told by the feed alone, and none for what the other holds.
        assert [await listened_and_worked(each) for each in (west, east)] == [0, 1]
        assert [await listened_and_worked(each) for each in (west, east)] == [0, 0]
        held = [await each.show(id_) for each in (east, west)]
        assert [(each.status, each.sequence) for each in held] == [("completed", 6)] * 2

    play(tmp_path, scene)


def test_an_end_is_told_once_whoever_gets_a_copy_of_it_afterwards(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        state = town.network.envelopes[id_].state
        copied = Copied(account="person-9", name="王芳", kind="person")
        said = east.company.bridge.statement(state, copied, id="copied")
        await east.company.network_say(said)

        await settle(east, west)

        for room in (east, west):
            assert room.events.types == ["envelope.completed"]
            # That they hold the longer record, too, both have said.
            state = town.network.envelopes[id_].state
            assert state.acknowledged[room.company.id] >= state.substance > len(state.parties)

    play(tmp_path, scene)


def test_what_is_waited_for_is_written_with_the_end_of_the_job_and_also_without(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:  # noqa: ARG001 - it is not asked
        ground = east.company.ground
        id_ = (await east.create()).envelope.id
        await east.work()

        async def one_more(cause: str) -> ClaimedJob:
            def unit(transaction: Transaction) -> None:
                change_envelope(transaction, EAST, id_, step="sign", hint="")
                ground.queue.enqueue(transaction, [job_of(EAST, id_, cause)])

            await ground.lane.write(unit)
            (job,) = await ground.queue.claim("envelope", most=2)
            return job

        async def step() -> str | None:
            row = await ground.envelopes.by_id(EAST, id_)
            return None if row is None else row.step

        async def is_there(job: ClaimedJob) -> bool:
            fence = await ground.lane.write(lambda unit: fence_of(unit.connection, job.lease.job))
            return fence is not None

        job = await one_more("once")
        before = ground.lane.commits
        assert await east.advancing.work(job) == Done()
        assert ground.lane.commits == before + 1
        assert (await step(), await is_there(job)) == ("wait-for-others", False)
        # Whose lease is another's by now ends no job, and tells what it has found all the same.
        late = await one_more("twice")
        lease = msgspec.structs.replace(late.lease, fence=late.lease.fence + 1)
        assert await east.advancing.work(msgspec.structs.replace(late, lease=lease)) == Done()
        assert (await step(), await is_there(late)) == ("wait-for-others", True)

    play(tmp_path, scene)


def test_the_log_says_with_whom_each_contract_was_made(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        for room, what, other in ((east, "sent", "org-west"), (west, "received", "org-east")):
            (first,) = (each for each in await leaves(room) if each.get("what") == what)
            assert first["envelope"] == id_
            assert (first["initiator"], first["counterparties"]) == ("org-east", [other])

    play(tmp_path, scene)


def test_the_two_transcripts_agree_and_hold_without_the_network(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        mine = await east.service.transcript(CALLER, id_)
        theirs = await west.service.transcript(CALLER, id_)
        assert transcript.compare(mine, theirs) is None
        assert [transcript.read(each).network.name for each in (mine, theirs)] == ["memory"] * 2
        found = transcript.verify(
            mine,
            roots=[town.trusted.root, *town.roots],
            at=town.clock.now(),
            documents={NAME: await east.final(id_)},
        )
        assert found.holds, found.findings

    play(tmp_path, scene)


def test_the_same_key_is_the_same_envelope_and_never_another(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        first = await east.create()
        again = await east.create()
        assert (again.repeated, again.envelope.id) == (True, first.envelope.id)
        with pytest.raises(IdempotencyKeyReusedProblem):
            await east.create(title="另一份合同")
        await settle(east, west)
        assert (
            len((await east.service.listing(CALLER, status=None, after=None, most=9)).envelopes)
            == 1
        )

    play(tmp_path, scene)


def test_an_envelope_is_there_in_one_transaction_with_its_document(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:  # noqa: ARG001 - it is not asked
        lane = east.company.ground.lane
        await east.create()  # the partner's card is known from here on
        before = lane.commits
        await east.create(key="k-2")
        assert lane.commits == before + 1

    play(tmp_path, scene)


def test_what_is_hopeless_is_refused_before_it_leaves(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(title="禁止的合同")
        with pytest.raises(EnvelopeSenselessProblem):
            await east.create(expires_at=town.clock.now() - timedelta(days=1))
        with pytest.raises(EnvelopeSenselessProblem):
            await east.create(parties=())
        with pytest.raises(EnvelopeSenselessProblem, match="normalize"):
            await east.create(document_type="written-anew")
        with pytest.raises(EnvelopeOfOtherCompanyProblem):
            await east.create(company="south")
        assert town.network.envelopes == {}
        page = await east.service.listing(CALLER, status=None, after=None, most=9)
        assert page.envelopes == ()

    play(tmp_path, scene)


def test_what_our_policies_refuse_is_declined_in_a_word_that_says_no_more(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        # East would send and sign it; the partner's policies refuse what comes from others.
        id_ = (await east.create(title="拒收的合同", parties=parties(turns=(2, 1)))).envelope.id
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "declined"
            assert room.signed == 0
            assert room.events.types == ["envelope.declined"]
        (said,) = (
            parse(each.signed)
            for each in town.network.envelopes[id_].entries
            if isinstance(parse(each.signed).act, Declined)
        )
        assert said.act == Declined(reason="policy")
        for room in (east, west):
            seller = next(each for each in (await room.show(id_)).parties if each.id == "seller")
            assert (seller.state, seller.reason) == ("declined", "policy")
        # At home it is told which rule, and where the audit log says so; abroad it is not.
        at_home = (await west.show(id_)).next_hint
        assert "not-these" in at_home
        assert "not-these" not in (await east.show(id_)).next_hint
        assert "declined" in await told_in_the_log(west)

    play(tmp_path, scene)


FALSE = "中国石油天然气集团有限公司"


def renamed(number: int, name: str) -> tuple[Party, ...]:
    both = parties()
    wrong = msgspec.structs.replace(both[number], name=name)
    return (wrong, both[1]) if number == 0 else (both[0], wrong)


@pytest.mark.parametrize("number", [0, 1], ids=["sender", "partner"])
@pytest.mark.parametrize("name", [FALSE, "", f"{WEST}\u3000有限", f"{EAST} 有限公司 "])
def test_a_company_is_not_sent_by_another_name_than_its_card_has(
    tmp_path: Path, number: int, name: str
) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        if name == "" or (number == 0 and name.startswith(EAST)):
            terms = (await east.create(parties=renamed(number, name))).terms
            assert terms.parties[number].name.strip() == parties()[number].name
            return
        with pytest.raises(PartyNameProblem):
            await east.create(parties=renamed(number, name))
        assert town.network.envelopes == {}

    play(tmp_path, scene)


def test_a_company_that_the_network_does_not_have_is_refused_at_once(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        nobody = msgspec.structs.replace(parties()[1], account="org-none")
        with pytest.raises(PartyUnknownProblem, match="no organisation org-none"):
            await east.create(parties=(parties()[0], nobody))
        town.network.is_away = True
        await east.company.listen()
        made = (await east.create(parties=(parties()[0], nobody))).envelope
        assert made.next_step == "send"
        # Nobody could be asked then; now it is told as it is, and it does not go on waiting.
        town.network.is_away = False
        await settle(east)
        told = await east.show(made.id)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == ["refused-account-unknown"]
        assert "the network has no organisation org-none" in told.next_hint
        assert made.id not in town.network.envelopes

    play(tmp_path, scene)


def let_it_use_any_name(room: Room) -> None:
    """Its gateway is in the hand of somebody who cheats."""
    cards = room.company.ground.cards
    honest = cards.names
    cards.names = lambda organisation: (*honest(organisation), FALSE)  # type: ignore[method-assign]


@pytest.mark.parametrize("number", [0, 1], ids=["it calls itself so", "it calls us so"])
def test_nothing_is_sealed_for_a_sender_that_calls_a_company_what_it_is_not(
    tmp_path: Path, number: int
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        let_it_use_any_name(east)
        id_ = (await east.create(mode="open", parties=renamed(number, FALSE))).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == ["party-name"]
        assert FALSE not in told.counterparties
        assert (west.signed, west.judge.judged) == (0, 0)
        # What was entered is kept all the same, and whoever verifies it sees the name.
        found = transcript.verify(
            await west.service.transcript(CALLER, id_),
            roots=[town.trusted.root, *town.roots],
            at=town.clock.now(),
            documents={},
        )
        assert ("party-name" in [each.fault for each in found.findings]) == (number == 0)
        await west.service.decline(CALLER, id_, reason="not-us")
        await settle(west, east)
        assert (await east.show(id_)).status == "declined"

    play(tmp_path, scene)


def test_a_contract_that_no_rule_fits_waits_for_somebody_to_look_at_it(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("signing", "look-at-it")
        assert "inbound" in told.next_hint
        assert west.signed == 0
        await west.service.decline(CALLER, id_, reason="not-ours")
        await settle(east, west)
        assert (await east.show(id_)).status == "declined"

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_what_is_larger_than_we_take_is_not_even_fetched(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.most_bytes = 1000
        small = town.joined(west.company)
        id_ = (await east.create()).envelope.id
        await settle(east, small)
        told = await small.show(id_)
        assert (told.status, told.next_step) == ("signing", "look-at-it")
        assert "at most 1,000 are taken" in told.next_hint
        assert (WEST, "content") not in town.network.asked
        assert small.signed == 0

    play(tmp_path, scene)


def test_of_a_turn_that_both_share_one_takes_the_pen_and_both_sign(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(1, 1)))).envelope.id
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_who_asked_for_the_pen_too_late_has_no_trouble_with_that(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(1, 1)))).envelope.id
        await east.company.bridge.outbox.send(id_)
        await west.company.listen()
        state, now = town.network.envelopes[id_].state, town.clock.now()
        for room, party in ((west, "seller"), (east, "buyer")):
            # Each asks upon the same record; the network hears west first.
            asked = room.company.bridge.statement(state, Began(), id=f"{party}-began", party=party)
            await room.company.ground.lane.write(
                lambda unit, room=room, asked=asked: owe(unit, room.company.id, id_, asked, at=now)
            )
            assert await room.company.bridge.outbox.send(id_)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.trouble) == ("completed", ())
            assert room.company.bridge.tally.refused == 0
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_of_two_who_stand_for_each_other_only_one_signs(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        either = tuple(
            msgspec.structs.replace(each, any_of="either") for each in parties(turns=(1, 1))
        )
        id_ = (await east.create(parties=either)).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert east.signed + west.signed == 1

    play(tmp_path, scene)


SEAL_FIELD = PartyField(
    name="seal",
    document=NAME,
    kind="signature",
    box=Box(page=-1, left_mm=30, top_mm=40, width_mm=45, height_mm=45),
)


def test_a_seal_goes_where_the_terms_have_its_field() -> None:
    party = msgspec.structs.replace(parties()[0], fields=(SEAL_FIELD,))
    document = DocumentTerms(name=NAME, digest="", size=1, type="contract")
    assert placement_of(party, document) == OnPage(page="last", left_mm=30, top_mm=40)
    assert placement_of(parties()[0], document) is None
    other = msgspec.structs.replace(document, name="附件.pdf")
    assert placement_of(party, other) is None


def test_a_seal_without_a_picture_signs_although_the_terms_have_a_field(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        buyer, seller = parties()
        placed = (buyer, msgspec.structs.replace(seller, fields=(SEAL_FIELD,)))
        id_ = (await east.create(parties=placed)).envelope.id
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"

    play(tmp_path, scene)


def test_several_documents_are_all_sealed_or_none(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        files = [NewFile(NAME, PAPER), NewFile("附件.pdf", receipt("chromium-a4-301"))]
        id_ = (await east.create(files=files)).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (2, 2)
        for name in (NAME, "附件.pdf"):
            assert await east.final(id_, name) == await west.final(id_, name)

    play(tmp_path, scene)


# Content that travels another way, and content that the network may show


def test_of_digests_alone_each_brings_the_file_that_the_other_has_sent(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).next_step == "wait-for-content"
        sealed = await east.final(id_)
        with pytest.raises(EnvelopeFileOtherProblem):
            await west.service.attach(CALLER, id_, NAME, PAPER)
        await west.service.attach(CALLER, id_, NAME, sealed)
        await settle(east, west)
        assert (await east.show(id_)).next_step == "wait-for-content"
        await east.service.attach(CALLER, id_, NAME, await west.final(id_))
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        assert east.events.types == ["envelope.completed"]
        assert town.network.contents == {}

    play(tmp_path, scene)


def test_an_open_envelope_travels_as_it_is_and_an_encrypted_one_does_not(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        await east.create(mode="open")
        await settle(east, west)
        assert any(PAPER in each.body for each in town.network.contents.values())
        town.network.contents.clear()
        await east.create(key="other")
        await settle(east, west)
        assert not any(PAPER[:200] in each.body for each in town.network.contents.values())
        assert (east.signed, west.signed) == (2, 2)

    play(tmp_path, scene)


# Withdrawing, declining, voiding


def test_an_envelope_is_withdrawn_while_not_everybody_has_signed(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        with pytest.raises(EnvelopeNotNowProblem):
            await west.service.withdraw(CALLER, id_, reason="mistake")
        await east.service.remind(CALLER, id_, "seller")
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "withdrawn"
            assert room.events.types == ["envelope.withdrawn"]
            assert (await room.show(id_)).reason == "mistake"
            assert "its-turn" not in [each.state for each in (await room.show(id_)).parties]
        again = await east.service.withdraw(CALLER, id_, reason="again")
        assert (again.status, again.reason) == ("withdrawn", "mistake")
        asked = [each for each in await leaves(east) if each.get("what") == "asked"]
        assert [(each["act"], each["system"]) for each in asked] == [
            ("reminded", CALLER.system),
            ("withdrawn", CALLER.system),
        ]
        assert not [each for each in await leaves(west) if each.get("what") == "asked"]

    play(tmp_path, scene)


def test_a_link_is_for_persons_and_bearers_of_an_envelope_that_goes_on(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        person = Party(id="driver", kind="person", account="person-1", name="张三", turn=3)
        id_ = (await east.create(mode="open", parties=(*parties(turns=(2, 1)), person))).envelope.id
        await east.company.listen()
        await east.work()
        for party in ("seller", "nobody"):
            with pytest.raises(PartyWithoutLinkProblem, match="persons and bearers: driver"):
                await east.service.link(CALLER, id_, party)
        assert (await east.service.link(CALLER, id_, "driver")).url
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        with pytest.raises(EnvelopeNotNowProblem, match="it is withdrawn"):
            await east.service.link(CALLER, id_, "driver")
        with pytest.raises(EnvelopeFileOtherProblem, match=r"it has 合同\.pdf"):
            await east.service.attach(CALLER, id_, "other.pdf", PAPER)

    play(tmp_path, scene)


def test_each_act_is_one_line_of_the_log_and_names_the_counterparty(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        with capture_logs() as logs:
            await east.create()
            await settle(east, west)
        lines = [each for each in logs if each["event"] == "envelope_act"]
        mine = [each for each in lines if each["counterparties"] == [f"{WEST} 有限公司"]]
        assert [each["act"] for each in mine][:4] == ["sent", "signed", "signed", "completed"]
        assert len(mine) * 2 == len(lines)

    play(tmp_path, scene)


def say_void(town: Town, envelope: str, *, by: str) -> None:
    """The network says that a contract is void."""
    kept = town.network.envelopes[envelope]
    said = Statement(
        id="network:voided",
        envelope=envelope,
        terms=kept.state.terms_digest,
        author=NETWORK,
        act=Voided(by=by),
        at=town.clock.now(),
        seen=kept.state.sequence,
        head=kept.state.head,
    )
    town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))


@pytest.mark.parametrize("agreement", ["none", "another contract"])
def test_a_contract_is_not_void_because_the_network_says_so(tmp_path: Path, agreement: str) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        by = "99999999-2222-4333-8444-555555555555"
        if agreement != "none":
            by = (await east.create(key="other")).envelope.id
        await settle(east, west)
        say_void(town, id_, by=by)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert told.status == "held"
            assert [type_ for type_, _ in told.trouble] == ["not-allowed"]
            assert "envelope.voided" not in room.events.types

    play(tmp_path, scene)


def test_a_cancellation_that_all_have_signed_voids_the_contract_and_both_are_told(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        agreement = (await east.create(key="v", title="解约协议", voids=id_)).envelope.id
        await settle(east, west)
        assert (await west.show(agreement)).status == "completed"
        say_void(town, id_, by=agreement)
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "voided"
            assert room.events.types.count("envelope.voided") == 1
            assert room.events.types.count("envelope.completed") == 2

    play(tmp_path, scene)


def test_what_people_must_approve_waits_for_them_and_the_others_see_that_it_was_opened(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("signing", "wait-for-approval")
        assert [each.state for each in (await east.show(id_)).parties] == ["signed", "opened"]
        assert west.signed == 0

    play(tmp_path, scene)


def test_what_waits_for_people_is_looked_at_as_soon_as_they_have_spoken(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        state = await west.company.bridge.state(id_)
        assert state is not None
        ground = west.company.ground

        async def say(document: str, *statements: str) -> list[str]:
            approval = spoken_of(document)
            for each in statements:
                await ground.lane.write(
                    lambda unit, each=each: west.waking.heard(unit, approval, statement=each)
                )
            return await west.company.jobs()

        assert await say("0" * 64, "yes") == []
        causes = await say(state.current[NAME], "yes", "yes", "and yes")
        assert len(causes) == 2
        assert all(each.startswith(f"{id_}/approval-one-") for each in causes)
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        assert await say(state.current[NAME], "too late") == []

    play(tmp_path, scene)


def spoken_of(document: str) -> ApprovalRow:
    now = FakeClock().now()
    return ApprovalRow(
        id="one",
        state="pending",
        created_at=now,
        expires_at=now,
        system="tms",
        request_digest=bytes(32),
        document_digest=bytes.fromhex(document),
        seal="company-east",
        document_type="contract",
        rule="company/when-approved",
        bundle="",
        asked=b"",
    )


def test_another_companys_envelope_does_not_exist(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, _west: Room) -> None:
        with pytest.raises(EnvelopeUnknownProblem):
            await east.show("00000000-0000-4000-8000-000000000001")

    play(tmp_path, scene)


# What partners, and persons, may do, and what they may not


def cheats(town: Street) -> Partner:
    """The partner's own seal, in its own name: it may sign, and cheats otherwise."""
    town.trust = (*town.roots, trusted_root().der)
    return partner(f"{WEST} 有限公司")


async def state_revision(
    town: Town, west: Room, id_: str, base: bytes, document: bytes, *, field: str = "Seal-P1"
) -> None:
    """As the partner's gateway would, were it in the hand of somebody who cheats."""
    state = await west.company.bridge.state(id_)
    assert state is not None
    revision = Revision(
        document=NAME,
        base=state.current[NAME],
        digest=sha256(document),
        size=len(document),
        container=container_in(document[len(base) :]),
        field=field,
    )
    town.network.contents[id_, revision.digest] = plain(document, envelope=id_)
    signed = west.company.bridge.statement(
        state, Signed(revisions=(revision,)), id="cheat", party="seller"
    )
    await west.company.network_say(signed)


Cheat = Callable[[Street, bytes], tuple[bytes, str]]


def another_company(town: Street, base: bytes) -> tuple[bytes, str]:
    cheats(town)
    other = partner("北岭贸易有限公司")
    return other.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def expired(town: Street, base: bytes) -> tuple[bytes, str]:
    cheats(town)
    old = partner(f"{WEST} 有限公司", until=town.clock.now() - timedelta(days=1))
    return old.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def untrusted(town: Street, base: bytes) -> tuple[bytes, str]:
    other = partner(f"{WEST} 有限公司", root="自封的根")
    return other.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def altered(town: Street, base: bytes) -> tuple[bytes, str]:
    west = cheats(town)
    changed = receipt("chromium-a4-301").ljust(len(base), b" ")
    sealed = west.sealed(receipt("chromium-a4-301"), at=town.clock.now())
    return sealed + b" " * len(changed), "Seal-P1"


def with_a_page(town: Street, base: bytes) -> tuple[bytes, str]:
    west = cheats(town)
    town.clock.move(timedelta(days=20))
    writer = update_of(base)
    extra_page(writer)
    return west.signed(writer), "Partner"


CHEATS: dict[str, tuple[Cheat, str]] = {
    "another company": (another_company, "revision-other-company"),
    "expired": (expired, "revision-expired"),
    "untrusted": (untrusted, "revision-untrusted"),
    "altered": (altered, "revision-altered"),
    "a page more": (with_a_page, "revision-page"),
}


@pytest.mark.parametrize(("cheat", "type_"), CHEATS.values(), ids=CHEATS.keys())
def test_what_a_partner_did_wrong_holds_the_envelope_and_is_named(
    tmp_path: Path, cheat: Cheat, type_: str
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        # East is to countersign after the partner, and has signed nothing yet.
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        await east.company.listen()
        await east.work()
        await west.company.listen()
        document, field = await asyncio.to_thread(cheat, town, PAPER)
        await state_revision(town, west, id_, PAPER, document, field=field)
        await settle(east)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == [type_], told.trouble
        assert east.signed == 0
        assert east.events.types == ["envelope.held"]
        assert east.events.events[0].data["troubles"] == [type_]
        assert type_ in await told_in_the_log(east)

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_what_was_held_for_want_of_a_root_goes_on_once_it_is_trusted(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await held_at_east(town, east, west)
        await east.company.bridge.reconcile()
        await settle(east)
        assert (await east.show(id_)).status == "held"
        assert (await told_in_the_log(east)).count("revision-untrusted") == 1
        assert east.events.types == ["envelope.held"]
        town.trust = (*town.roots, partners_root("自封的根").der)
        await east.company.bridge.reconcile()
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.trouble, east.signed) == ("completed", (), 1)
        assert "released" in await told_in_the_log(east)

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_a_held_envelope_that_is_withdrawn_is_withdrawn_and_tells_what_held_it(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await held_at_east(town, east, west)
        await east.service.withdraw(CALLER, id_, reason="wrong seal")
        await settle(east, west)
        await east.company.bridge.reconcile()
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("withdrawn", "nothing")
        assert [each for each, _ in told.trouble] == ["revision-untrusted"]
        assert (await west.show(id_)).status == "withdrawn"
        assert east.events.types == ["envelope.held", "envelope.withdrawn"]
        told_of = [each.data["troubles"] for each in east.events.events]
        assert told_of == [["revision-untrusted"]] * 2

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


async def held_at_east(town: Town, east: Room, west: Room) -> str:
    """East is to countersign what the partner signs with a certificate of nobody's."""
    id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
    await east.company.listen()
    await east.work()
    await west.company.listen()
    document, field = await asyncio.to_thread(untrusted, town, PAPER)
    await state_revision(town, west, id_, PAPER, document, field=field)
    await settle(east)
    assert (await east.show(id_)).status == "held"
    return id_


def test_a_partner_that_signs_with_other_software_is_believed(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.company.listen()
        await east.work()
        await west.company.listen()
        theirs = cheats(town)
        base = await east.final(id_)
        document = theirs.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now())
        await state_revision(town, west, id_, base, document)
        await settle(east)
        assert (await east.show(id_)).status == "completed"
        assert await east.final(id_) == document

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_a_person_is_believed_by_the_persons_root_alone(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        person = Party(id="driver", kind="person", account="person-1", name="张三", turn=2)
        for key, root, status in (("a", "个人根", "completed"), ("b", "伙伴根 CA", "held")):
            cheats(town)
            id_ = (
                await east.create(key=key, mode="open", parties=(parties()[0], person))
            ).envelope.id
            await settle(east)
            base = await east.final(id_)
            signer = partner("某网络", common="张三", root=root)
            document = signer.sealed(
                base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()
            )
            kept = town.network.envelopes[id_]
            revision = Revision(
                document=NAME,
                base=sha256(base),
                digest=sha256(document),
                size=len(document),
                container=container_in(document[len(base) :]),
                field="Seal-P1",
            )
            town.network.contents[id_, revision.digest] = plain(document, envelope=id_)
            said = Statement(
                id="network:person",
                envelope=id_,
                terms=kept.state.terms_digest,
                author=NETWORK,
                party="driver",
                act=Signed(revisions=(revision,), method="code"),
                at=town.clock.now(),
                seen=kept.state.sequence,
                head=kept.state.head,
            )
            town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))
            east.persons = (partners_root("个人根").der,)
            await settle(east)
            assert (await east.show(id_)).status == status
        assert [each for each, _ in (await east.show(id_)).trouble] == ["revision-person-untrusted"]

    play(tmp_path, scene)


PHOTO = b"\xff\xd8\xff a box with a hole"


async def received_with(town: Town, east: Room, photo: Attachment) -> str:
    """An envelope that a driver has signed, who gave a photograph along."""
    driver = Party(id="driver", kind="bearer", name="张三", turn=2)
    id_ = (await east.create(mode="open", parties=(parties()[0], driver))).envelope.id
    await settle(east)
    kept = town.network.envelopes[id_]
    base = await east.final(id_)
    signer = partner("某网络", common="张三", root="个人根")
    document = signer.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now())
    revision = Revision(
        document=NAME,
        base=sha256(base),
        digest=sha256(document),
        size=len(document),
        container=container_in(document[len(base) :]),
        field="Seal-P1",
    )
    for content in (document, PHOTO):
        town.network.contents[id_, sha256(content)] = plain(content, envelope=id_)
    acts = (
        Claimed(name="张三", contact="138****8000", method="contact-tail"),
        Signed(
            revisions=(revision,),
            method="contact-tail",
            attachments=(photo,),
            place=Place(latitude=31.2304, longitude=121.4737, accuracy_m=20),
            remark="外箱一处破损",
            acted_at=town.clock.now(),
        ),
    )
    for number, act in enumerate(acts):
        said = Statement(
            id=f"network:driver-{number}",
            envelope=id_,
            terms=kept.state.terms_digest,
            author=NETWORK,
            party="driver",
            act=act,
            at=town.clock.now(),
            seen=kept.state.sequence,
            head=kept.state.head,
        )
        town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))
    east.persons = (partners_root("个人根").der,)
    await settle(east)
    return id_


def photo_of(content: bytes = PHOTO, **changes: int) -> Attachment:
    told = Attachment(
        name="photo-1.jpg", digest=sha256(content), size=len(content), media_type="image/jpeg"
    )
    return msgspec.structs.replace(told, **changes)


def test_what_a_driver_gave_along_is_kept_here_and_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await received_with(town, east, photo_of())
        told = await east.show(id_)
        assert told.status == "completed"
        (evidence,) = told.evidence
        assert (evidence.party, evidence.remark) == ("driver", "外箱一处破损")
        assert evidence.place is not None
        assert evidence.place.latitude == 31.2304
        assert evidence.attachments == (photo_of(),)
        # The network may be gone for good.
        town.network.is_away = True
        for name in ("photo-1.jpg", sha256(PHOTO)):
            assert await east.service.document(CALLER, id_, name) == PHOTO
        with pytest.raises(EnvelopeDocumentUnknownProblem, match="no attachment"):
            await east.service.document(CALLER, id_, "photo-2.jpg")

    play(tmp_path, scene)


def test_a_photograph_that_is_not_what_was_told_is_a_lie(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await received_with(town, east, photo_of(size=len(PHOTO) + 1))
        told = await east.show(id_)
        assert (told.status, told.trouble[0][0]) == ("held", "content")

    play(tmp_path, scene)


def another(content: Content) -> Content:
    return plain(b"another", envelope=content.head.envelope)


def another_under_its_name(content: Content) -> Content:
    told = another(content)
    head = msgspec.structs.replace(told.head, digest=content.head.digest)
    return msgspec.structs.replace(told, head=head)


@pytest.mark.parametrize("brings", [True, False], ids=["with the feed", "when it is asked"])
@pytest.mark.parametrize("lie", [another, another_under_its_name])
def test_a_network_that_gives_another_content_is_a_lie_and_nothing_is_signed(
    tmp_path: Path, lie: Callable[[Content], Content], *, brings: bool
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.brings = brings
        id_ = (await east.create()).envelope.id
        await east.company.listen()
        await east.work()
        town.network.tell = lambda told: lie(told) if isinstance(told, Content) else told
        await settle(west)
        told = await west.show(id_)
        assert (told.status, told.trouble[0][0]) == ("held", "content")
        assert west.signed == 0
        town.network.tell = lambda told: told
        await settle(west)
        assert west.signed == 0

    play(tmp_path, scene)


# The network is away


def test_an_envelope_waits_for_the_network_and_then_goes_by_itself(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.is_away = True
        id_ = (await east.create()).envelope.id
        await east.work()
        assert (await east.show(id_)).status == "sending"
        town.network.is_away = False
        town.clock.move(timedelta(hours=8))
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_a_watcher_is_told_as_soon_as_something_happens(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        watching = asyncio.create_task(east.service.watch(CALLER, id_, beyond=0, seconds=600))
        await settle(east, west)
        assert (await watching).sequence > 0

    play(tmp_path, scene)


def test_a_container_is_found_without_the_zeros_that_fill_its_place() -> None:
    long = b"\x30\x82\x01\x02" + bytes(range(256)) + b"ab"
    for value in (b"\x30\x03abc", long):
        update = b"/Contents <" + (value + bytes(40)).hex().encode() + b">"
        assert container_in(b"/Contents <00>" + update) == value
    with pytest.raises(ValueError, match="no signature container"):
        container_in(b"nothing")
    assert hashlib.sha256(long).hexdigest()
