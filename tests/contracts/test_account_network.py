"""What the account network promises to organisations, over real HTTP, on both databases."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from cloud_bridge.encryption import opened, plain
from cloud_bridge.envelopes.statements import (
    Completed,
    Copied,
    Declined,
    Expired,
    Forwarded,
    Opened,
    Reminded,
    Signed,
    Voided,
    parse,
)
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import Card, ContentMode, Organisation, Party, Person
from cloud_bridge.network.records import answering
from cloud_bridge.wire import Taken
from tests.network_house import (
    PAPER,
    Company,
    Draft,
    NetworkHouse,
    ProblemAnswer,
    network_house,
)
from tests.seals_of_companies import sign_card


@pytest.fixture
async def house(network_store: dict[str, object], tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, **network_store) as house:
        yield house


async def test_two_companies_sign_one_envelope(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    await draft.say(Opened(), by=seller, party="seller")
    last = await draft.signed(by=seller, party="seller")
    state = await draft.now()
    assert state.status == "completed"
    record = await seller.record(draft.id)
    assert record.entries[-2] == last
    assert isinstance(parse(record.entries[-1].signed).act, Completed)


async def test_the_content_of_a_document_reaches_the_other_party_and_is_ciphertext_here(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    await draft.send()
    digest = hashlib.sha256(PAPER).hexdigest()
    content = await seller.content(draft.id, digest)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER
    kept = [file.read_bytes() for file in house.directory.rglob("*") if file.is_file()]
    assert not any(PAPER in each for each in kept)


async def test_everybody_is_told_each_entry_once_and_in_order(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    await draft.say(Opened(), by=buyer, party="buyer")
    await draft.signed(by=buyer, party="buyer")
    for company in (buyer, seller):
        feed = await company.feed()
        assert [item.sequence for item in feed.items] == [1, 2, 3]
        assert (await company.feed(feed.cursor)).items == ()
    await draft.say(Declined(reason="price"), by=seller, party="seller")
    assert [item.sequence for item in (await buyer.feed(feed.cursor)).items] == [4]


async def test_an_envelope_of_others_looks_like_one_that_is_not_there(
    draft: Draft, house: NetworkHouse
) -> None:
    await draft.send()
    stranger = await house.company("Stranger GmbH")
    paths = (
        "/v1/envelopes/{}",
        "/v1/envelopes/{}/contents/" + hashlib.sha256(PAPER).hexdigest(),
    )
    nowhere = "00000000-0000-4000-8000-000000000000"
    for path in paths:
        answers = []
        for envelope in (draft.id, nowhere):
            with pytest.raises(ProblemAnswer) as refused:
                await stranger.ask("GET", path.format(envelope))
            body = refused.value.body
            answers.append({**body, "trace": "", "detail": body["detail"].replace(envelope, "")})
        assert answers[0] == answers[1]
        assert answers[0]["status"] == 404
    assert (await stranger.feed()).items == ()
    assert (await stranger.heads()).heads == ()


async def test_the_same_again_is_answered_as_the_first_time(draft: Draft, buyer: Company) -> None:
    await draft.put()
    new = draft.new()
    answers = [await buyer.ask("POST", "/v1/envelopes", new) for _ in range(2)]
    assert answers[0] == answers[1]
    signed = await draft.statement(Opened(), by=buyer, party="buyer")
    first = await buyer.state(signed, envelope=draft.id)
    assert await buyer.state(signed, envelope=draft.id) == first
    # Signed anew, at another moment, after a crash: still the same statement.
    again = await draft.statement(Opened(), by=buyer, party="buyer", id=parse(signed).id)
    assert await buyer.state(again, envelope=draft.id) == first
    assert (await draft.now()).sequence == 2


async def test_who_has_missed_very_much_is_told_its_own_entry_alone(
    draft: Draft, buyer: Company
) -> None:
    await draft.send()
    signed = [await draft.statement(Reminded(party="buyer"), by=buyer) for _ in range(52)]

    async def told(number: int) -> Taken:
        path = f"/v1/envelopes/{draft.id}/statements"
        answer = await buyer.ask("POST", path, signed[number])
        return msgspec.json.decode(answer, type=Taken)

    answers = [await told(number) for number in range(52)]
    assert [len(each.before) for each in answers] == [*range(51), 0]
    assert answers[50].before == tuple(each.entry for each in answers[:50])
    assert answers[51].entry == (await buyer.record(draft.id)).entries[-1]
    assert await told(50) == answers[50]


async def test_what_was_said_between_is_told_up_to_so_many_bytes(
    draft: Draft, buyer: Company
) -> None:
    await draft.send()
    said = [await draft.statement(Reminded(party="buyer"), by=buyer) for _ in range(3)]
    size = len(said[0].statement)
    told = []
    with patch.object(answering, "_MOST_BYTES", size + size // 2):
        for each in said:
            answer = await buyer.ask("POST", f"/v1/envelopes/{draft.id}/statements", each)
            told.append(len(msgspec.json.decode(answer, type=Taken).before))
    assert told == [0, 1, 0]


async def test_the_same_id_for_something_else_is_refused(draft: Draft, buyer: Company) -> None:
    await draft.send()
    await draft.say(Opened(), by=buyer, party="buyer", id="mine")
    with pytest.raises(ProblemAnswer) as refused:
        await draft.say(Declined(reason="price"), by=buyer, party="buyer", id="mine")
    assert refused.value.type == "conflict"
    other = Draft(draft.house, buyer, msgspec.structs.replace(draft.terms, title="Other"))
    with pytest.raises(ProblemAnswer) as refused:
        await other.send()
    assert refused.value.type == "conflict"


async def test_what_is_named_must_be_there_before(draft: Draft, buyer: Company) -> None:
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.ask("POST", "/v1/envelopes", draft.new())
    assert refused.value.type == "content-missing"
    assert (await buyer.heads()).heads == ()
    await draft.send()
    act = await draft.signature(by=buyer, party="buyer")
    elsewhere = msgspec.structs.replace(act.revisions[0], digest="0" * 64)
    with pytest.raises(ProblemAnswer) as refused:
        await draft.say(Signed(revisions=(elsewhere,)), by=buyer, party="buyer")
    assert refused.value.type == "content-missing"


@pytest.mark.parametrize("mode", ["encrypted", "digest"])
async def test_a_document_in_the_clear_is_refused_unless_the_terms_are_open(
    mode: ContentMode, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    draft = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2), mode=mode)
    await draft.send()
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.put(plain(b"%PDF in the clear", envelope=draft.id))
    assert refused.value.type == "content-mode"
    kept = [file.read_bytes() for file in house.directory.rglob("*") if file.is_file()]
    assert not any(b"%PDF in the clear" in each for each in kept)


async def test_what_the_envelopes_state_does_not_allow_is_refused_with_its_reason(
    draft: Draft, seller: Company
) -> None:
    await draft.send()
    with pytest.raises(ProblemAnswer) as refused:
        await draft.signed(by=seller, party="seller")
    assert (refused.value.status, refused.value.type) == (409, "not-allowed")
    assert refused.value.body["reason"] == "not-its-turn"


async def test_nobody_says_something_for_somebody_else(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    forged = draft.said(Opened(), by=buyer, party="buyer", **await _seen(draft))
    with pytest.raises(ProblemAnswer) as refused:
        await seller.state(sign_statement(forged, seller.signing, card=1), envelope=draft.id)
    assert refused.value.type == "statement-invalid"
    # By its own name, with a key that is not on its card.
    own = draft.said(Opened(), by=seller, party="seller", **await _seen(draft))
    with pytest.raises(ProblemAnswer) as refused:
        await seller.state(sign_statement(own, buyer.signing, card=1), envelope=draft.id)
    assert refused.value.type == "statement-invalid"
    assert (await draft.now()).sequence == 1


async def _seen(draft: Draft) -> dict[str, object]:
    state = await draft.now()
    return {"seen": state.sequence, "head": state.head}


async def test_who_waits_for_its_feed_hears_at_once(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    cursor = (await seller.feed()).cursor
    waiting = asyncio.create_task(seller.feed(cursor, wait=60))
    async with asyncio.timeout(20):
        while not seller.house.core.feeds.waiting:  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        await draft.say(Opened(), by=buyer, party="buyer")
        assert [item.sequence for item in (await waiting).items] == [2]


async def test_time_passes_and_the_network_says_that_the_envelope_has_expired(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    await draft.send()
    cursor = (await buyer.feed()).cursor
    house.time.move(timedelta(days=31))
    async with asyncio.timeout(20):
        feed = await buyer.feed(cursor, wait=15)
    (item,) = feed.items
    assert isinstance(parse(item.entry.signed).act, Expired)
    assert (await draft.now()).status == "expired"


async def test_whoever_comes_in_later_is_told_all_from_the_beginning(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    third = await house.company("Third GmbH")
    await draft.send()
    await draft.say(Opened(), by=buyer, party="buyer")
    await draft.say(Forwarded(account=third.id, name=third.name), by=seller, party="seller")
    assert [item.sequence for item in (await third.feed()).items] == [1, 2, 3]
    assert [head.sequence for head in (await third.heads()).heads] == [3]
    with pytest.raises(ProblemAnswer):
        await seller.record(draft.id)
    with pytest.raises(ProblemAnswer) as refused:
        await draft.say(Forwarded(account="org-nobody", name="Nobody"), by=buyer, party="buyer")
    assert refused.value.type == "account-unknown"


async def test_a_cancellation_agreement_that_all_have_signed_voids_the_contract(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    parties = (buyer.party("buyer"), seller.party("seller", turn=2))
    with pytest.raises(ProblemAnswer):
        await buyer.draft(*parties, voids=draft.id).send()
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    await draft.signed(by=seller, party="seller")
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.draft(parties[0], voids=draft.id).send()
    assert refused.value.body["reason"] == "not-all-parties"
    agreement = buyer.draft(*parties, voids=draft.id)
    await agreement.send()
    await agreement.signed(by=buyer, party="buyer")
    assert (await draft.now()).status == "completed"
    await agreement.signed(by=seller, party="seller")
    assert (await draft.now()).status == "voided"
    last = (await seller.feed()).items[-1]
    assert (last.envelope, parse(last.entry.signed).act) == (draft.id, Voided(by=agreement.id))


async def test_an_organisation_whose_verification_is_over_cannot_sign(
    buyer: Company, house: NetworkHouse
) -> None:
    asked = buyer.draft(buyer.party("buyer", level="organisation"))
    await asked.send()
    await house.register(buyer, expires=timedelta(seconds=0))
    with pytest.raises(ProblemAnswer) as refused:
        await asked.signed(by=buyer, party="buyer")
    assert (refused.value.type, refused.value.body["owner"]) == ("verification-too-low", "officer")
    await house.register(buyer)
    await asked.signed(by=buyer, party="buyer")
    assert (await asked.now()).status == "completed"


async def test_a_person_is_there_once_and_its_contact_is_told_masked(buyer: Company) -> None:
    new = {"name": "李雷", "contact": "138 0000 1234"}
    first, second = [
        msgspec.json.decode(await buyer.ask("POST", "/v1/persons", new), type=Person)
        for _ in range(2)
    ]
    assert first == second
    assert first.contact == "138****1234"
    assert first.verification.level == "none"
    assert await buyer.get(f"/v1/persons/{first.id}", Person) == first


async def test_a_new_card_takes_over_and_an_older_one_does_not_come_back(
    buyer: Company, house: NetworkHouse
) -> None:
    old = await buyer.publish()
    fresh = SigningKey.generate()
    before, buyer.serial = buyer.signing, 2
    card = msgspec.structs.replace(buyer.card, signing_key=fresh.public)
    await buyer.ask("PUT", "/v1/card", sign_card(card, buyer.seal))
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.heads()
    assert refused.value.type == "not-authenticated"
    buyer.signing = fresh
    assert (await buyer.heads()).heads == ()
    # The same serial again is nothing new, with other keys it is refused.
    await buyer.ask("PUT", "/v1/card", old)
    swapped = msgspec.structs.replace(card, signing_key=before.public)
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.ask("PUT", "/v1/card", sign_card(swapped, buyer.seal))
    assert refused.value.type == "conflict"
    found = await buyer.get(f"/v1/organisations/{buyer.id}", Organisation)
    assert found.card is not None
    assert msgspec.json.decode(found.card.card, type=Card) == card
    assert house.companies


async def test_an_envelope_for_an_account_that_is_not_there_is_refused(buyer: Company) -> None:
    nobody = Party(id="seller", kind="organisation", account="org-nobody", name="Nobody", turn=2)
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.draft(buyer.party("buyer"), nobody, mode="digest").send()
    assert refused.value.type == "account-unknown"


@pytest.mark.parametrize("said", ["中国石油天然气集团有限公司", "", "卖方\u200b有限公司"])
async def test_nobody_is_called_what_it_is_not(
    house: NetworkHouse, buyer: Company, said: str
) -> None:
    seller = await house.company("卖方有限公司")
    other = msgspec.structs.replace(seller.party("seller", turn=2), name=said)
    for wrong in (
        [buyer.party("buyer"), other],
        [msgspec.structs.replace(buyer.party("buyer"), name=said), seller.party("seller", turn=2)],
        [buyer.party("buyer"), msgspec.structs.replace(other, copy=True)],
    ):
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.draft(*wrong, mode="digest").send()
        assert refused.value.type in {"party-name", "not-allowed"}
    draft = buyer.draft(buyer.party("buyer"), mode="digest")
    await draft.send()
    with pytest.raises(ProblemAnswer) as refused:
        await draft.say(Copied(account=seller.id, name=said), by=buyer)
    assert refused.value.type == "party-name"
    wide = msgspec.structs.replace(seller.party("seller", turn=2), name=" 卖方 有限公司")
    await buyer.draft(buyer.party("buyer"), wide, mode="digest").send()


async def test_opened_again_it_goes_on_where_it_was(
    network_store: dict[str, object], tmp_path: Path
) -> None:
    async with network_house(tmp_path, **network_store) as house:
        buyer = await house.company("买方有限公司")
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        await draft.say(Opened(), by=buyer, party="buyer")
        cursor = (await buyer.feed()).cursor
    async with network_house(tmp_path, time=house.time, **network_store) as again:
        again.companies, again.published = house.companies, house.published
        buyer.house = draft.house = again
        await draft.signed(by=buyer, party="buyer")
        assert (await draft.now()).status == "completed"
        assert [item.sequence for item in (await buyer.feed(cursor)).items] == [3, 4]
