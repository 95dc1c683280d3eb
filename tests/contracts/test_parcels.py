"""What is brought together with its contents counts as a whole, or leaves nothing behind."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from cloud_bridge.encryption import opened, plain
from cloud_bridge.envelopes.statements import (
    Act,
    Completed,
    Declined,
    Revision,
    Signed,
    SignedStatement,
    parse,
)
from cloud_bridge.network.contents.quota import held
from cloud_bridge.network.store import schema
from cloud_bridge.wire import Content, NetworkIdentity, Parcel, Taken, WrappedKey
from tests.network_house import (
    PAPER,
    Company,
    Draft,
    NetworkHouse,
    ProblemAnswer,
    network_house,
)

SIGNED = PAPER + b" and a signature upon it"
_ROOM = 10_000


@pytest.fixture
async def house(network_store: dict[str, object], tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    limits = {"organisation_bytes": _ROOM}
    async with network_house(tmp_path, limits=limits, **network_store) as house:
        yield house


async def bring(company: Company, parcel: Parcel, *, envelope: str) -> bytes:
    body = msgspec.msgpack.encode(parcel)
    return await company.ask("POST", f"/v1/envelopes/{envelope}/parcels", body)


async def brought(company: Company, parcel: Parcel, *, envelope: str) -> Taken:
    return msgspec.json.decode(await bring(company, parcel, envelope=envelope), type=Taken)


async def refused(company: Company, parcel: Parcel, *, envelope: str) -> tuple[int, str]:
    with pytest.raises(ProblemAnswer) as problem:
        await bring(company, parcel, envelope=envelope)
    return problem.value.status, problem.value.type


def new(draft: Draft, *contents: Content) -> Parcel:
    envelope = draft.new()
    return Parcel(statement=envelope.sent, terms=envelope.terms, contents=contents)


def signature(draft: Draft, document: bytes) -> Signed:
    """Of the first to sign."""
    (paper,) = draft.terms.documents
    revision = Revision(
        document=paper.name,
        base=paper.digest,
        digest=hashlib.sha256(document).hexdigest(),
        size=len(document),
        container=b"\x30\x03\x02\x01\x01",
        field="Signature-buyer",
    )
    return Signed(revisions=(revision,))


async def signed(draft: Draft, act: Act) -> SignedStatement:
    return await draft.statement(act, by=draft.initiator, party="buyer")


async def left(house: NetworkHouse, of: Company) -> tuple[int, int, int]:
    """Files, rows and bytes that an organisation has."""
    files = [each for each in house.core.config.contents.rglob("*") if each.is_file()]
    table = schema.content
    count = select(func.count()).select_from(table).where(table.c.uploader == of.id)
    rows = await house.core.lane.read(lambda connection: connection.scalar(count))
    return len(files), rows or 0, await house.core.lane.read(lambda unit: held(unit, of.id))


async def test_an_envelope_and_a_signature_come_with_their_contents_in_one_request_each(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    first = await brought(buyer, new(draft, draft.content(PAPER)), envelope=draft.id)
    assert first.entries == (await buyer.record(draft.id)).entries
    said = await signed(draft, signature(draft, SIGNED))
    parcel = Parcel(statement=said, contents=(draft.content(SIGNED),))
    second = await brought(buyer, parcel, envelope=draft.id)
    assert (await draft.now()).sequence == 2
    assert second.entries == (await seller.record(draft.id)).entries[1:]
    for document in (PAPER, SIGNED):
        content = await seller.content(draft.id, hashlib.sha256(document).hexdigest())
        assert opened(content, organisation=seller.id, key=seller.encryption) == document


async def test_who_signs_last_is_told_that_all_have_signed(buyer: Company) -> None:
    draft = buyer.draft(buyer.party("buyer"))
    await brought(buyer, new(draft, draft.content(PAPER)), envelope=draft.id)
    said = await signed(draft, signature(draft, SIGNED))
    parcel = Parcel(statement=said, contents=(draft.content(SIGNED),))
    (completed,) = (await brought(buyer, parcel, envelope=draft.id)).after
    assert isinstance(parse(completed.signed).act, Completed)


async def test_the_same_again_is_answered_as_the_first_time_and_takes_no_more_room(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    sent = new(draft, draft.content(PAPER))
    first = await bring(buyer, sent, envelope=draft.id)
    said = await signed(draft, signature(draft, SIGNED))
    # Encrypted anew each time.
    both = [Parcel(statement=said, contents=(draft.content(SIGNED),)) for _ in range(2)]
    second = await bring(buyer, both[0], envelope=draft.id)
    before = await left(house, buyer)
    again = [await bring(buyer, each, envelope=draft.id) for each in (sent, *both)]
    assert again == [first, second, second]
    assert await left(house, buyer) == before
    assert before[:2] == (2, 2)


async def test_the_same_at_the_same_time_counts_once(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    answers = await asyncio.gather(
        *(bring(buyer, new(draft, draft.content(PAPER)), envelope=draft.id) for _ in range(5))
    )
    assert len(set(answers)) == 1
    assert (await left(house, buyer))[:2] == (1, 1)
    content = await seller.content(draft.id, hashlib.sha256(PAPER).hexdigest())
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER


async def test_a_statement_that_is_refused_leaves_none_of_the_contents_that_came_with_it(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    await brought(buyer, new(draft, draft.content(PAPER)), envelope=draft.id)
    before = await left(house, buyer)
    state = await draft.now()
    seen = {"seen": state.sequence, "head": state.head}
    early = draft.said(signature(draft, SIGNED), by=seller, party="seller", **seen)
    parcel = Parcel(statement=draft.sign(early, by=seller), contents=(draft.content(SIGNED),))
    assert await refused(seller, parcel, envelope=draft.id) == (409, "not-allowed")
    # It stands on another content than the one that came with it.
    said = await signed(draft, signature(draft, b"something else"))
    parcel = Parcel(statement=said, contents=(draft.content(SIGNED),))
    assert await refused(buyer, parcel, envelope=draft.id) == (404, "content-missing")
    assert await left(house, buyer) == before
    assert (await left(house, seller))[1:] == (0, 0)


async def test_a_content_that_is_refused_keeps_back_what_came_with_it(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    await brought(buyer, new(draft, draft.content(PAPER)), envelope=draft.id)
    before = await left(house, buyer)
    said = await signed(draft, signature(draft, SIGNED))
    clear = plain(SIGNED, envelope=draft.id)
    parcel = Parcel(statement=said, contents=(clear,))
    assert await refused(buyer, parcel, envelope=draft.id) == (422, "content-mode")
    lied = msgspec.structs.replace(clear, body=PAPER)
    for each in (lied, msgspec.structs.replace(clear, body=SIGNED[:-1] + b"!")):
        parcel = Parcel(statement=said, contents=(each,))
        assert (await refused(buyer, parcel, envelope=draft.id))[1] == "request-malformed"
    assert await left(house, buyer) == before
    assert (await draft.now()).sequence == 1


async def test_room_is_counted_over_all_that_comes_together(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    bodies = (b"%PDF" + bytes(_ROOM // 2), b"%PDF!" + bytes(_ROOM // 2))
    contents = [draft.content(each) for each in bodies]
    parcel = new(draft, draft.content(PAPER), *contents)
    assert await refused(buyer, parcel, envelope=draft.id) == (403, "content-quota")
    assert await left(house, buyer) == (0, 0, 0)
    await brought(buyer, new(draft, draft.content(PAPER), contents[0]), envelope=draft.id)
    assert (await left(house, buyer))[:2] == (2, 2)


async def test_whoever_has_no_part_in_it_brings_nothing_into_it(
    draft: Draft, house: NetworkHouse
) -> None:
    await draft.send()
    stranger = await house.company("Stranger GmbH")
    said = draft.said(Declined(reason="price"), by=stranger, party="seller", seen=1)
    contents = (plain(SIGNED, envelope=draft.id),)
    parcel = Parcel(statement=draft.sign(said, by=stranger), contents=contents)
    assert await refused(stranger, parcel, envelope=draft.id) == (404, "envelope-unknown")
    assert await left(house, stranger) == (1, 0, 0)


async def test_what_names_another_envelope_than_the_address_is_refused(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    other = buyer.draft(buyer.party("buyer"))
    for parcel in (new(draft, other.content(PAPER)), new(other, draft.content(PAPER))):
        assert (await refused(buyer, parcel, envelope=draft.id))[1] == "request-malformed"
    await draft.send()
    said = await signed(draft, signature(draft, SIGNED))
    foreign = Parcel(statement=said, contents=(other.content(SIGNED),))
    assert (await refused(buyer, foreign, envelope=other.id))[1] == "statement-invalid"
    nonsense = Parcel(statement=SignedStatement(statement=b"{", signature=b""), terms=draft.bytes)
    assert (await refused(buyer, nonsense, envelope=draft.id))[1] == "statement-invalid"
    assert (await left(house, buyer))[:2] == (1, 1)


async def test_as_much_is_taken_together_as_the_network_says(
    tmp_path: Path,
) -> None:
    limits = {"content_bytes": 1000, "statement_bytes": 3000}
    async with network_house(tmp_path, limits=limits) as house:
        buyer = await house.company("买方有限公司")
        told = await buyer.get("/v1/identity", NetworkIdentity)
        assert told.parcel_bytes == 1000
        draft = buyer.draft(buyer.party("buyer"), mode="open")
        larger = plain(b"%PDF" + bytes(1000 - len(PAPER)), envelope=draft.id)
        parcel = new(draft, draft.content(PAPER), larger)
        assert await refused(buyer, parcel, envelope=draft.id) == (413, "request-too-large")
        fits = plain(larger.body[:-4], envelope=draft.id)
        await brought(buyer, new(draft, draft.content(PAPER), fits), envelope=draft.id)
        long = await signed(draft, Declined(reason="price", remark="x" * 2500))
        parcel = Parcel(statement=long)
        assert await refused(buyer, parcel, envelope=draft.id) == (413, "request-too-large")


async def test_what_comes_without_contents_is_taken_as_by_itself(
    draft: Draft, buyer: Company
) -> None:
    await draft.send()
    said = await signed(draft, Declined(reason="price"))
    taken = await brought(buyer, Parcel(statement=said), envelope=draft.id)
    assert taken.entry == await buyer.state(said, envelope=draft.id)
    assert (await draft.now()).status == "declined"


async def test_no_parcel_keeps_everybody_from_writing_by_how_many_contents_it_has(
    house: NetworkHouse, buyer: Company, draft: Draft
) -> None:
    many = tuple(draft.content(f"{number}".encode()) for number in range(101))
    assert await refused(buyer, new(draft, *many), envelope=draft.id) == (413, "request-too-large")
    assert await left(house, buyer) == (0, 0, 0)


async def test_no_content_brings_more_along_in_its_keys_than_in_its_body(
    house: NetworkHouse, buyer: Company, seller: Company, draft: Draft
) -> None:
    content = draft.content(PAPER)
    long = WrappedKey(organisation=seller.id, card=1, sealed=bytes(513))
    heavy = replace(content, head=replace(content.head, keys=(*content.head.keys, long)))
    many = replace(content, head=replace(content.head, keys=content.head.keys * 501))
    for each in (heavy, many):
        found = await refused(buyer, new(draft, each), envelope=draft.id)
        assert found == (400, "request-malformed")
    assert await left(house, buyer) == (0, 0, 0)
