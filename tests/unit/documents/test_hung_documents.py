"""The same bytes do not hold a second worker until its deadline."""

from gateway.documents.hung import HungDocuments


def test_a_document_that_hung_is_refused_for_ten_minutes() -> None:
    hung = HungDocuments()
    hung.add(b"the one", now=100.0)
    assert hung.remaining_seconds(b"the one", now=100.0) == 600.0
    assert hung.remaining_seconds(b"the one", now=699.0) == 1.0
    assert hung.remaining_seconds(b"the one", now=700.0) == 0.0


def test_no_other_document_is_refused_for_it() -> None:
    hung = HungDocuments()
    hung.add(b"the one", now=100.0)
    assert hung.remaining_seconds(b"the one.", now=101.0) == 0.0


def test_one_that_hangs_again_is_refused_from_then_on() -> None:
    hung = HungDocuments()
    hung.add(b"the one", now=0.0)
    hung.add(b"another", now=1.0)
    hung.add(b"the one", now=601.0)
    assert hung.remaining_seconds(b"the one", now=602.0) == 599.0


def test_a_flood_of_them_does_not_fill_the_memory() -> None:
    hung = HungDocuments()
    for number in range(1001):
        hung.add(b"%d" % number, now=float(number) / 1000)
    assert hung.remaining_seconds(b"0", now=2.0) == 0.0
    assert hung.remaining_seconds(b"1000", now=2.0) > 0.0
