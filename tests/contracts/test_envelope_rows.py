"""What envelopes with other companies ask of the store, on both engines."""

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine

from cloud_bridge.envelopes.statements import Opened, SignedStatement, Statement
from gateway.envelopes.carriage.owed import owe
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.files.content import Content, Location
from gateway.store.rows.envelope_contents import (
    SHELF,
    ContentRow,
    EnvelopeContentReader,
    envelope_content_ends,
    put_content,
)
from gateway.store.rows.envelope_owed import (
    OwedReader,
    mark_anew,
    mark_sent,
    never_taken,
    owed_now,
    refused_for,
)
from gateway.store.rows.envelopes import (
    EntryRow,
    EnvelopeReader,
    EnvelopeRow,
    change_envelope,
    entries_of,
    envelope_by_id,
    envelope_of_key,
    put_entries,
    put_envelope,
)
from gateway.store.rows.networks import (
    EgressRow,
    NetworkReader,
    StandingRow,
    card_of,
    change_standing,
    forget_some_egress,
    last_left,
    newest_serial,
    put_card,
    put_egress,
    standings,
)
from tests.signing_house import START

_NAMED = ("org-east", "envelope-1")


def envelope(number: int, **changes: Any) -> EnvelopeRow:  # noqa: ANN401 - fields
    ordinary: dict[str, Any] = {
        "organisation": "org-east",
        "id": f"envelope-{number}",
        "company": "east",
        "ours": True,
        "terms": b'{"title":"\xe9\x87\x87\xe8\xb4\xad"}',
        "status": "sending",
        "system": "合同系统",
        "business_number": "PO-1",
        "document_type": "purchase-contract",
        "seal": "contract",
        "created_at": START + timedelta(seconds=number),
        "changed_at": START,
        "expires_at": START + timedelta(days=30),
    }
    return EnvelopeRow(**{**ordinary, **changes})


def statement(number: int) -> SignedStatement:
    said = Statement(
        id=f"statement-{number}",
        envelope="envelope-1",
        terms="0" * 64,
        author="org-east",
        act=Opened(),
        at=START,
    )
    return SignedStatement(statement=msgspec.json.encode(said), signature=b"s" * 64, card=1)


async def test_an_envelope_that_two_of_our_companies_share_has_a_row_for_each(
    lane: WriterLane, readers: Engine
) -> None:
    ours = envelope(1, idempotency_key="key-1", request_digest=b"d" * 32)
    theirs = envelope(1, organisation="org-west", company="west", ours=False)
    for row in (ours, theirs):
        await lane.write(lambda unit, row=row: put_envelope(unit, row))
    reader = EnvelopeReader(readers)
    assert await reader.by_id("org-east", "envelope-1") == ours
    assert await reader.by_id("org-west", "envelope-1") == theirs
    assert await reader.by_id("org-east", "envelope-2") is None
    assert await reader.of_key("合同系统", "key-1") == ours
    assert await reader.of_key("合同系统", "key-2") is None
    changes = {"status": "signing", "changed_at": START + timedelta(hours=1), "trouble": b"[1]"}
    await lane.write(lambda unit: change_envelope(unit, *_NAMED, **changes))
    changed = msgspec.structs.replace(ours, **changes)
    assert await lane.write(lambda unit: envelope_by_id(unit.connection, *_NAMED)) == changed
    assert changed == await lane.write(
        lambda unit: envelope_of_key(unit.connection, system="合同系统", key="key-1")
    )
    assert await reader.by_id("org-west", "envelope-1") == theirs
    reader.close()


async def test_a_companys_envelopes_are_listed_newest_first_in_pages(
    lane: WriterLane, readers: Engine
) -> None:
    same_moment = envelope(4, created_at=START + timedelta(seconds=3))
    other = envelope(5, organisation="org-west", company="west")
    for row in (envelope(1), envelope(2), envelope(3), same_moment, other):
        await lane.write(lambda unit, row=row: put_envelope(unit, row))
    reader = EnvelopeReader(readers)
    pages: list[list[str]] = []
    before = (START + timedelta(days=1), "")
    while rows := await reader.of_company("east", before=before, most=2):
        pages.append([row.id for row in rows])
        before = (rows[-1].created_at, rows[-1].id)
    assert pages == [["envelope-4", "envelope-3"], ["envelope-2", "envelope-1"]]
    heads = await reader.heads("org-east", after="envelope-2", most=10)
    assert [(row.id, row.sequence, row.head, row.status) for row in heads] == [
        ("envelope-3", 0, "", "sending"),
        ("envelope-4", 0, "", "sending"),
    ]
    reader.close()


async def test_entries_are_kept_in_the_order_of_their_sequence(
    lane: WriterLane, readers: Engine
) -> None:
    rows = [EntryRow(sequence=n, entry=b"{%d}" % n, hash=f"{n:064}") for n in (1, 2, 3)]
    await lane.write(lambda unit: put_entries(unit, *_NAMED, rows[:2]))
    await lane.write(lambda unit: put_entries(unit, *_NAMED, rows[2:]))
    reader = EnvelopeReader(readers)
    assert await reader.entries(*_NAMED) == tuple(rows)
    assert await reader.entries(*_NAMED, after=2) == (rows[2],)
    assert await lane.write(lambda unit: entries_of(unit.connection, *_NAMED)) == tuple(rows)
    assert await reader.entries("org-west", "envelope-1") == ()
    reader.close()


async def test_what_is_owed_goes_once_and_in_its_order(lane: WriterLane, readers: Engine) -> None:
    await lane.write(lambda unit: put_envelope(unit, envelope(1)))
    digest = "a" * 64
    for _again in range(2):
        await lane.write(
            lambda unit: owe(unit, *_NAMED, digest, statement(1), statement(2), at=START)
        )
    reader = OwedReader(readers)
    rows = await reader.of_envelope(*_NAMED)
    assert [(row.ordinal, row.kind, row.key) for row in rows] == [
        (1, "content", digest),
        (2, "statement", "statement-1"),
        (3, "statement", "statement-2"),
    ]
    assert msgspec.json.decode(rows[1].payload, type=SignedStatement) == statement(1)
    assert await reader.count("org-east") == (3, microseconds(START))
    assert await reader.envelopes("org-east", after="", most=10) == ("envelope-1",)
    await lane.write(lambda unit: mark_sent(unit, rows[0], at=START))
    await lane.write(lambda unit: mark_sent(unit, rows[1], at=START, refused="not-allowed"))
    assert await lane.write(lambda unit: owed_now(unit.connection, *_NAMED)) == (rows[2],)
    await lane.write(lambda unit: owe(unit, *_NAMED, digest, statement(1), at=START))
    assert await reader.of_envelope(*_NAMED) == (rows[2],)
    await lane.write(lambda unit: mark_sent(unit, rows[2], at=START))
    assert await reader.count("org-east") == (0, None)
    assert await reader.envelopes("org-east", after="", most=10) == ()
    reader.close()


async def test_what_is_never_taken_is_told_apart_from_a_word_that_was_refused(
    lane: WriterLane, readers: Engine
) -> None:
    digests = [f"{number}" * 64 for number in range(3)]
    await lane.write(lambda unit: put_envelope(unit, envelope(1)))
    await lane.write(lambda unit: owe(unit, *_NAMED, *digests, statement(1), at=START))
    reader = OwedReader(readers)
    here, refused, refused_too, said = await reader.of_envelope(*_NAMED)
    assert await reader.never_taken(*_NAMED) == frozenset()

    def mark(unit: Transaction) -> None:
        mark_sent(unit, here, at=START)
        mark_sent(unit, refused, at=START, refused="too-large")
        mark_sent(unit, refused_too, at=START, refused="too-large")
        mark_sent(unit, said, at=START, refused="not-allowed")

    await lane.write(mark)

    assert await reader.never_taken(*_NAMED) == {"too-large"}
    assert await lane.write(lambda unit: never_taken(unit.connection, *_NAMED)) == {"too-large"}

    def words(unit: Transaction) -> list[str | None]:
        keys = (here.key, refused.key, said.key, "never owed")
        return [refused_for(unit.connection, *_NAMED, key) for key in keys]

    assert await lane.write(words) == [None, "too-large", "not-allowed", None]

    def anew(unit: Transaction) -> None:
        for key in (here.key, refused.key, "never owed"):
            mark_anew(unit, *_NAMED, key, refused="withdrawn")

    await lane.write(anew)

    assert await lane.write(words) == [None, "withdrawn", "not-allowed", None]
    assert await reader.never_taken(*_NAMED) == {"too-large", "withdrawn"}
    reader.close()


async def test_revisions_are_found_by_their_digest_and_bound_their_segments(
    lane: WriterLane, readers: Engine
) -> None:
    def kept(unit: Transaction, location: Location) -> bool:
        row = ContentRow(
            organisation="org-east",
            envelope="envelope-1",
            digest="a" * 64,
            document="采购合同.pdf",
            size=5,
            segment=location.segment,
            segment_offset=location.offset,
        )
        return put_content(unit, row, at=START)

    content = Content("envelope-1", START, (b"%PDF-",), SHELF)
    assert await lane.write_with(content, kept)
    assert not await lane.write_with(content, kept)
    reader = EnvelopeContentReader(readers)
    (row,) = await reader.of_envelope(*_NAMED)
    assert (row.document, row.size) == ("采购合同.pdf", 5)
    assert await reader.by_digest(*_NAMED, "a" * 64) == row
    assert await reader.by_digest(*_NAMED, "b" * 64) is None
    ends = await lane.write(lambda unit: envelope_content_ends(unit.connection))
    assert ends == {row.segment: row.segment_offset + 5}
    assert row.segment.startswith(f"{SHELF}/")
    reader.close()


async def test_standing_cards_and_egress_are_kept(lane: WriterLane, readers: Engine) -> None:
    reader = NetworkReader(readers)
    assert await reader.standing("org-east") == StandingRow(organisation="org-east")
    for changes in ({"cursor": "7"}, {"away_since": 5, "why": "away"}, {"cursor": "9"}):
        await lane.write(lambda unit, changes=changes: change_standing(unit, "org-east", **changes))
    row = StandingRow(organisation="org-east", cursor="9", away_since=5, why="away")
    assert await reader.standing("org-east") == row
    assert await lane.write(lambda unit: standings(unit.connection)) == (row,)
    assert await lane.write(lambda unit: newest_serial(unit.connection, "org-west")) is None
    for serial in (1, 3):
        card = b"card %d" % serial
        await lane.write(
            lambda unit, serial=serial, card=card: put_card(
                unit, "org-west", serial, card, at=START
            )
        )
    assert await lane.write(lambda unit: newest_serial(unit.connection, "org-west")) == 3
    assert await lane.write(lambda unit: card_of(unit.connection, "org-west", 1)) == b"card 1"
    assert await lane.write(lambda unit: card_of(unit.connection, "org-west", 2)) is None
    assert await reader.cards() == (("org-west", 1, b"card 1"), ("org-west", 3, b"card 3"))
    left = [
        EgressRow(
            organisation="org-east",
            network="https://network.example",
            at=microseconds(START),
            kind="NewEnvelope",
            envelope="envelope-1",
            digest=bytes([number]) * 32,
            size=number,
        )
        for number in range(3)
    ]

    def leave(unit: Transaction) -> None:
        for row in left:
            put_egress(unit, row)

    await lane.write(leave)
    (first, *_), rest = [await reader.left(after=n, most=9) for n in (0, 1)]
    assert first == (1, left[0])
    assert [row for _, row in rest] == left[1:]

    def last(unit: Transaction) -> list[tuple[EgressRow, ...]]:
        found = []
        for envelope, since in (("envelope-1", None), ("envelope-2", None), (None, 1 << 60)):
            found.append(last_left(unit.connection, envelope=envelope, since=since, most=2))
        return found

    assert await lane.write(last) == [(left[2], left[1]), (), ()]
    before = microseconds(START)
    for at, gone in ((before, 0), (before + 1, 2), (before + 1, 1)):
        forgotten = await lane.write(
            lambda unit, at=at: forget_some_egress(unit, before=at, most=2)
        )
        assert forgotten == gone
    assert await reader.left(after=0, most=9) == ()
    reader.close()
