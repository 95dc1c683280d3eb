"""What the lean way calls clean, the inspection finds nothing in. It may call less clean."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.inspection.inspecting import inspect
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.proving import found_by_drawing
from policies.model import IntakeFinding
from tests.differential.documents import Drawn, documents
from tests.differential.drawing import DRAWN
from tests.document_fixtures import contracts, receipts
from tests.hostile.samples import SAMPLES

EVERY_SAMPLE = [
    pytest.param(rule, make, id=f"{rule}: {name}")
    for rule, samples in SAMPLES.items()
    for name, make in samples.items()
]


def called_clean(document: bytes, *, look_under: bool) -> bool:
    try:
        return read(document).is_clean(look_under=look_under)
    except InDoubtError:
        return False


def packed(document: bytes) -> bytes:
    """The same objects, in object streams."""
    output = io.BytesIO()
    with warnings.catch_warnings(), pikepdf.open(io.BytesIO(document)) as pdf:
        warnings.simplefilter("ignore", pikepdf.exceptions.PageCopyWarning)  # of samples' widgets
        pdf.save(output, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return output.getvalue()


def held_to_the_inspection(document: bytes) -> None:
    """What is proved is what the inspection finds."""
    for look_under in (False, True):
        found = proved(document, look_under=look_under)
        if found is not None:
            assert inspect(document, look_under=look_under) == found
        if called_clean(document, look_under=look_under):
            assert found == ()


def proved(document: bytes, *, look_under: bool) -> tuple[IntakeFinding, ...] | None:
    """What is found without the inspection, if anything can be said without it."""
    try:
        reading = read(document)
    except InDoubtError:
        return None
    with OpenedPages(document) as pages:
        return found_by_drawing(reading, pages, look_under=look_under)


@pytest.mark.parametrize("receipt", receipts(), ids=lambda path: path.stem)
def test_a_receipt_that_is_called_clean_is(receipt: Path) -> None:
    held_to_the_inspection(receipt.read_bytes())


def test_most_receipts_are_called_clean() -> None:
    clean = [path for path in receipts() if called_clean(path.read_bytes(), look_under=True)]
    assert len(clean) >= 60


@pytest.mark.parametrize("contract", contracts(), ids=lambda path: path.stem)
def test_an_example_contract_is_called_clean(contract: Path) -> None:
    document = contract.read_bytes()
    assert called_clean(document, look_under=True)
    held_to_the_inspection(document)


@pytest.mark.parametrize(("rule", "make"), EVERY_SAMPLE)
def test_no_hostile_sample_is_called_clean(rule: str, make: Callable[[], bytes]) -> None:
    document = make()
    assert not called_clean(document, look_under=True), rule
    held_to_the_inspection(document)


@DRAWN
@given(documents())
def test_a_drawn_document_that_is_called_clean_is(drawn: Drawn) -> None:
    held_to_the_inspection(drawn.document)


@DRAWN
@given(documents(), st.data())
def test_with_bytes_turned_over_it_still_holds(drawn: Drawn, data: st.DataObject) -> None:
    document = bytearray(drawn.document)
    for _ in range(data.draw(st.integers(1, 4))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    held_to_the_inspection(bytes(document))


@pytest.mark.parametrize(("rule", "make"), EVERY_SAMPLE)
def test_no_hostile_sample_is_called_clean_in_object_streams(
    rule: str, make: Callable[[], bytes]
) -> None:
    try:
        repacked = packed(make())
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError):
        return  # what qpdf cannot read it cannot pack
    held_to_the_inspection(repacked)
    assert rule  # named in the report
