"""One result of one thing has one id, in whatever batch it came."""

from gateway.feeds.results import _delivery_id
from gateway.store.rows.batch_items import ItemRow
from gateway.store.rows.feeds import OwedRow


def owed(batch_key: str, *, source: str = "tms-queue") -> OwedRow:
    return OwedRow(
        target="tms-queue",
        system="tms",
        batch_key=batch_key,
        source=source,
        brought=b"",
        delivered=b"",
    )


def item(batch: str, *, number: int = 1, document: str | None = "doc-1") -> ItemRow:
    state = "sealed" if number == 1 else "repeated"
    return ItemRow(batch=batch, number=number, name="WB-1", state=state, document=document)


def test_a_message_that_comes_again_in_another_batch_is_answered_under_the_same_id() -> None:
    first = _delivery_id(owed("a"), "m-1", "sealed", item("batch-a"))
    again = _delivery_id(owed("b"), "m-1", "sealed", item("batch-b", number=7))
    assert first == again


def test_another_thing_another_outcome_and_another_place_have_ids_of_their_own() -> None:
    ids = {
        _delivery_id(owed("a"), "m-1", "sealed", item("a")),
        _delivery_id(owed("a"), "m-2", "sealed", item("a")),
        _delivery_id(owed("a"), "m-1", "failed", item("a", document=None)),
        _delivery_id(owed("a"), "m-1", "sealed", item("a", document="doc-2")),
        _delivery_id(owed("a", source="erp"), "m-1", "sealed", item("a")),
    }
    assert len(ids) == 5


def test_what_came_from_nothing_is_known_by_its_place_in_the_batch() -> None:
    assert _delivery_id(owed("a"), None, "failed", item("a", document=None)) is None
