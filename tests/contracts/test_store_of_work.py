"""What batches, connectors, webhooks, retention and usage ask of the store, on both engines."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select

from gateway.export.writing import write_export
from gateway.jobs.model import NewJob
from gateway.jobs.queue import DatabaseQueue
from gateway.returns.model import Event
from gateway.returns.outbox import Outbox
from gateway.returns.pruning import forget_events
from gateway.returns.records import EventReader, Standing, put_standing
from gateway.returns.targets import TargetBook
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.rows.backlog import JobCount, OpenItems, job_counts, oldest_waiting, open_items
from gateway.store.rows.batch_items import (
    ItemReader,
    ItemRow,
    any_waits,
    await_failed,
    cancel_item,
    cancel_waiting,
    counts_of,
    fail_item,
    fail_waiting,
    input_ends,
    item_by_number,
    items_between,
    put_item,
    release_inputs,
    seal_item,
)
from gateway.store.rows.batches import (
    BatchReader,
    BatchRow,
    batch_by_id,
    batch_of_key,
    change_batch,
    forget_batch,
    forget_receipt,
    put_batch,
    put_receipt,
)
from gateway.store.rows.feeds import (
    FeedReader,
    OwedRow,
    forget_owed,
    keep_cursor,
    mark_delivered,
    owe,
)
from gateway.store.rows.holds import (
    due_rows,
    end_hold,
    hold_row,
    hold_rows,
    keep_longer,
    mark_erased,
    mark_wiped,
    put_hold,
)
from gateway.store.schema import document, event, seal_usage
from gateway.usage.model import Period, Scope
from gateway.usage.reading import usage
from tests.contracts.test_store import row
from tests.signing_house import START, FakeClock

_AT = microseconds(START)


def batch(number: int, **changes: Any) -> BatchRow:  # noqa: ANN401 - fields
    ordinary: dict[str, Any] = {
        "id": f"batch-{number}",
        "system": "运输",
        "company": "east",
        "idempotency_key": f"key-{number}",
        "request_digest": b"r" * 32,
        "source": "",
        "state": "open",
        "options": b"{}",
        "trace_id": "0" * 32,
        "items": 3,
        "created_at": START,
    }
    return BatchRow(**{**ordinary, **changes})


def item(number: int, **changes: Any) -> ItemRow:  # noqa: ANN401 - fields
    ordinary: dict[str, Any] = {
        "batch": "batch-1",
        "number": number,
        "name": f"回单-{number}.pdf",
        "state": "waiting",
        "input_bytes": 10,
        "segment": "incoming/a.tar",
        "segment_offset": 512 * number,
    }
    return ItemRow(**{**ordinary, **changes})


async def do(lane: WriterLane, *units: Callable[[Transaction], object]) -> None:
    """Each in a transaction of its own."""
    for unit in units:
        await lane.write(unit)


async def test_batches_are_found_by_id_key_system_and_state(
    lane: WriterLane, readers: Engine
) -> None:
    await do(
        lane,
        lambda unit: put_batch(unit, batch(1)),
        lambda unit: put_batch(unit, batch(2)),
        lambda unit: change_batch(unit, "batch-2", state="finished", finished_at=START),
        lambda unit: put_receipt(unit, "batch-1", b"receipt"),
    )
    reader = BatchReader(readers)
    done = await reader.by_id("batch-2")
    assert done is not None
    assert done.is_over
    assert [each.id for each in await reader.of_system("运输", before="z", most=1)] == ["batch-2"]
    assert [each.id for each in await reader.under_way()] == ["batch-1"]
    assert await reader.receipt("batch-1") == b"receipt"
    assert await reader.without_receipt(most=5) == ("batch-2",)
    await do(
        lane,
        lambda unit: forget_receipt(unit, "batch-1"),
        lambda unit: forget_batch(unit, "batch-2"),
    )
    assert await reader.receipt("batch-1") is None
    with readers.connect() as connection:
        assert batch_by_id(connection, "batch-2") is None
        assert batch_of_key(connection, system="运输", key="key-1") == batch(1)
    reader.close()


async def test_items_end_each_once_and_are_counted(lane: WriterLane, readers: Engine) -> None:
    late = START + timedelta(days=1)

    def seal(unit: Transaction) -> None:
        for number in (1, 2):
            seal_item(
                unit,
                "batch-1",
                number,
                state="sealed",
                document=f"document-{number}",
                output_digest=b"o" * 32,
                at=START,
            )

    def put(unit: Transaction) -> None:
        for number in range(1, 9):
            put_item(unit, item(number))

    await do(
        lane,
        lambda unit: put_batch(unit, batch(1)),
        put,
        seal,
        lambda unit: fail_item(unit, "batch-1", 3, problem=b"{}", at=START),
        lambda unit: cancel_item(unit, "batch-1", 4, at=START),
    )
    with readers.connect() as connection:
        counts = {"sealed": 2, "failed": 1, "cancelled": 1, "waiting": 4}
        assert counts_of(connection, "batch-1") == counts
        assert any_waits(connection, "batch-1")
        assert input_ends(connection) == {"incoming/a.tar": 512 * 8 + 10}
        assert open_items(connection) == {"运输": OpenItems(4, 40)}
        failed = item_by_number(connection, "batch-1", 3)
        assert failed is not None
        assert (failed.state, failed.problem, failed.finished_at) == ("failed", b"{}", START)
        between = items_between(connection, "batch-1", after=5, most=2)
        assert [each.number for each in between] == [6, 7]
    assert await lane.write(lambda unit: await_failed(unit, "batch-1")) == 1
    await do(
        lane,
        lambda unit: fail_item(unit, "batch-1", 3, problem=b"{}", at=START),
        lambda unit: release_inputs(unit, ended_before=late),
        lambda unit: cancel_waiting(unit, "batch-1", at=START),
        lambda unit: fail_waiting(unit, "batch-1", problem=b"{}", at=START),
    )
    reader = ItemReader(readers)
    assert not await reader.any_waits("batch-1")
    one = await reader.item("batch-1", 1)
    assert one is not None
    assert (one.document, one.location) == ("document-1", None)
    cancelled = await reader.page("batch-1", after=4, most=2, state="cancelled")
    assert [each.number for each in cancelled] == [5, 6]
    assert len(await reader.page("batch-1", after=0, most=9)) == 8
    assert reader.counts("batch-1") == {"sealed": 2, "failed": 1, "cancelled": 5}
    reader.close()


async def test_what_is_open_is_counted(lane: WriterLane, readers: Engine) -> None:
    queue = DatabaseQueue(lane=lane, clock=FakeClock(), holder="a")
    jobs = [
        NewJob(kind="seal", key=f"{n}", share="east/erp", subject="s", payload=b"")
        for n in range(3)
    ]
    await lane.write(lambda unit: queue.enqueue(unit, jobs))
    await queue.claim("seal", most=1)
    with readers.connect() as connection:
        assert sorted(job_counts(connection)) == [
            JobCount("seal", "leased", 1),
            JobCount("seal", "waiting", 2),
        ]
        assert oldest_waiting(connection, "seal") == _AT


async def test_connectors_are_owed_what_they_brought(lane: WriterLane, readers: Engine) -> None:
    owed = OwedRow(
        target="回传", system="tms", batch_key="k", source="s", brought=b"b", delivered=b""
    )
    await do(
        lane,
        lambda unit: owe(unit, owed, at=START),
        lambda unit: owe(unit, owed, at=START),
        lambda unit: mark_delivered(unit, owed, b"1"),
        lambda unit: keep_cursor(unit, "folder", "a"),
        lambda unit: keep_cursor(unit, "folder", "b"),
    )
    reader = FeedReader(readers)
    assert [each.delivered for each in await reader.owed("回传", most=5)] == [b"1"]
    assert await reader.cursor("folder") == "b"
    assert await reader.cursor("other") is None
    await lane.write(lambda unit: forget_owed(unit, owed))
    assert await reader.owed("回传", most=5) == ()
    reader.close()


async def test_events_are_kept_in_order_and_forgotten(lane: WriterLane, readers: Engine) -> None:
    queue = DatabaseQueue(lane=lane, clock=FakeClock(), holder="a")
    outbox = Outbox(TargetBook(keep_all=True), queue)

    def happened(number: int) -> Event:
        return Event(
            type="document.sealed",
            at=START + timedelta(seconds=number),
            system="tms",
            company="east",
            subject=f"document-{number}",
            data={"名": number},
        )

    def put(unit: Transaction) -> None:
        for number in range(40):
            outbox.put(unit, happened(number))

    await lane.write(put)
    reader = EventReader(readers)
    page = await reader.after("tms", 0, most=50)
    assert [each.subject for each in page] == [f"document-{number}" for number in range(40)]
    first = page[0]

    def tried(unit: Transaction) -> None:
        for number in (1, 2):
            standing = Standing(
                event=first.id, target="t", state="failing", tries=number, at=START, answer="503"
            )
            put_standing(unit, standing)

    await lane.write(tried)
    assert [each.tries for each in await reader.standings(first.id)] == [2]
    assert await reader.count("t", "failing") == 1
    assert await forget_events(lane, before=START + timedelta(seconds=10)) == 10
    assert await reader.by_id(first.id) is None
    assert await reader.standings(first.id) == ()
    with readers.connect() as connection:
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 30
    reader.close()


async def test_content_whose_time_is_over_is_found_and_held(lane: WriterLane) -> None:
    def put(unit: Transaction) -> None:
        rows = [
            {**_columns(number), "state": "sealed", "keep_until": 100 + number % 2}
            for number in range(5)
        ]
        unit.connection.execute(insert(document), rows)

    await lane.write(put)

    def due(unit: Transaction) -> list[str]:
        first = due_rows(unit.connection, now=200, most=3, after=None)
        rest = due_rows(unit.connection, now=200, most=3, after=first[-1])
        return [each.id[-1] for each in (*first, *rest)]

    assert await lane.write(due) == ["0", "2", "4", "1", "3"]
    values = ("h", "east", "", "", "诉讼", "li", _AT, 1, None, None, None)
    await do(
        lane,
        lambda unit: put_hold(unit, values),
        lambda unit: mark_erased(unit.connection, ["document-0"], record=7),
        lambda unit: mark_wiped(unit.connection, ["document-0"]),
        lambda unit: keep_longer(unit.connection, "document-1", until=None),
    )
    assert await lane.write(due) == ["2", "4", "3"]
    assert len(await lane.write(lambda unit: hold_rows(unit.connection, live_only=True))) == 1
    await lane.write(lambda unit: end_hold(unit.connection, "h", by="wang", at=_AT, index=2))
    assert await lane.write(lambda unit: hold_rows(unit.connection, live_only=True)) == []
    ended = await lane.write(lambda unit: hold_row(unit.connection, "h"))
    assert (ended.reason, ended.ended_by) == ("诉讼", "wang")


def _columns(number: int) -> dict[str, Any]:
    known = row(number, segment="a.tar", segment_offset=512, output_bytes=1)
    values = {name: getattr(known, name) for name in known.__struct_fields__}
    return {**values, "signed_at": int(known.signed_at.timestamp())}


async def test_usage_is_summed_by_month_and_exported(
    lane: WriterLane, readers: Engine, tmp_path: Path
) -> None:
    def put(unit: Transaction) -> None:
        for day in ("2026-10-31", "2026-11-01", "2026-11-02"):
            values = {"day": day, "company": "east", "department": "", "system": "tms"}
            more = {"seal": "章", "document_type": "receipt", "way": "automatic"}
            counts = {"seals": 2, "documents": 1}
            unit.connection.execute(insert(seal_usage).values(**values, **more, **counts))

    await lane.write(put)
    with readers.connect() as connection:
        found = usage(connection, ("month", "seal"), period=Period(), scope=Scope())
    assert found == [
        {"month": "2026-10", "seal": "章", "seals": 2, "documents": 1},
        {"month": "2026-11", "seal": "章", "seals": 4, "documents": 2},
    ]
    assert all(type(each["seals"]) is int for each in found)
    told: dict[str, int] = {}
    write_export(
        readers,
        tmp_path / "all.sqlite",
        since=START - timedelta(days=99),
        until=START + timedelta(days=99),
        origin="test.example/audit",
        at=START,
        tell=told.__setitem__,
    )
    assert told["usage"] == 3
