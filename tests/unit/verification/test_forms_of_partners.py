"""A partner signs a contract with a filled form, and leaves its fields as they are."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.clock import SystemClock
from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.updating import Update
from gateway.verification.model import AskedRevision, RevisionJudgement
from gateway.verification.revising import judge_revision
from tests.document_fixtures import SIGNED_AT
from tests.hostile.filled_forms import drawn, filled
from tests.hostile.signing_updates import SigningUpdate
from tests.partners import partner, trusted_root, update_of
from tests.unit.documents.drafts import updated

WEST = partner()
NAME = "西山制造有限公司"
ASKED = filled("/FT/Tx/V(100)", drawn("100"))
PLAIN = filled("/FT/Tx/V(100)", drawn("100"), asked="")
FIELD, APPEARANCE = 6, 7


def judged(base: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> RevisionJudgement:
    """Of a partner that signs with another program, and does something else besides."""
    writer = update_of(base)
    change(writer)
    return judge_revision(WEST.signed(writer), asked_of(base, at=SystemClock().now()))


def asked_of(base: bytes, *, at: datetime) -> AskedRevision:
    """What is asked a minute after it was signed."""
    return AskedRevision(
        base_bytes=len(base),
        trust=(trusted_root().der,),
        name=NAME,
        at=at + timedelta(minutes=1),
    )


def nothing(_: IncrementalPdfFileWriter) -> None:
    """Changes nothing."""


def another_value(writer: IncrementalPdfFileWriter) -> None:
    """Gives the field another value."""
    field = writer.get_object(generic.Reference(FIELD, 0, writer))
    field[pdf_name("/V")] = generic.pdf_string("1000")
    writer.mark_update(generic.Reference(FIELD, 0, writer))


def another_appearance(writer: IncrementalPdfFileWriter) -> None:
    """Gives the field another appearance."""
    field = writer.get_object(generic.Reference(FIELD, 0, writer))
    stream = generic.StreamObject(
        writer.get_object(generic.Reference(APPEARANCE, 0, writer)),
        stream_data=b"BT /F 12 Tf 4 12 Td (1000) Tj ET",
    )
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(stream)})
    writer.mark_update(generic.Reference(FIELD, 0, writer))


def other_content(writer: IncrementalPdfFileWriter) -> None:
    """Draws something else in the appearance that there is."""
    stream = writer.get_object(generic.Reference(APPEARANCE, 0, writer))
    stream._data = b"BT /F 12 Tf 4 12 Td (1000) Tj ET"
    stream._encoded_data = None
    writer.mark_update(generic.Reference(APPEARANCE, 0, writer))


CHANGES = {
    another_value: "annotation",
    another_appearance: "annotation",
    other_content: "content-changed",
}


@pytest.mark.parametrize("base", [ASKED, PLAIN], ids=["drawn anew", "drawn as it is"])
def test_a_signature_and_nothing_else_is_accepted(base: bytes) -> None:
    judgement = judged(base, nothing)
    assert judgement.fault is None, judgement.why


@pytest.mark.parametrize("base", [ASKED, PLAIN], ids=["drawn anew", "drawn as it is"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_a_field_that_says_or_shows_something_else_is_refused(
    base: bytes, change: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    judgement = judged(base, change)
    assert judgement.fault == CHANGES[change], judgement.why


def test_an_update_that_has_fields_drawn_anew_is_refused() -> None:
    """What signs, taken apart and put together again: a signing program would drop the request."""
    sealed = WEST.sealed(PLAIN)
    update = SigningUpdate(sealed)
    anew = update.with_("form", b"/SigFlags", b"/NeedAppearances true/SigFlags")
    assert _field(sealed) is not None
    with pytest.raises(RevisionFaultError, match="draw the form anew") as refused:
        _field(anew)
    assert refused.value.fault == "form-changed"


def test_an_update_that_ends_it_is_what_every_seal_does() -> None:
    """No more changes by that than by our own seal: intake compared values and appearances."""
    sealed = WEST.sealed(ASKED)
    assert b"/NeedAppearances" not in sealed[len(ASKED) :]
    assert judge_revision(sealed, asked_of(ASKED, at=SIGNED_AT)).fault is None


def test_a_revision_between_that_has_them_drawn_anew_is_refused() -> None:
    root = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/NeedAppearances true/DR"
    between = updated(PLAIN, {1: f"{root}<</Font<</F 4 0 R>>>>/DA(/F 12 Tf 0 g)>>>>"})
    judgement = judge_revision(WEST.sealed(between), asked_of(PLAIN, at=SIGNED_AT))
    assert judgement.fault == "form-changed", judgement.why


def _field(document: bytes) -> str:
    reader = PdfFileReader(io.BytesIO(document), strict=False)
    return Update(reader, 1, largest_mm=60).signature_field()
