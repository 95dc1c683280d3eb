"""How often a document was written, for rules such as `doc.revisions > 1`."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest

from gateway.documents.pyhanko.reading import facts_of, open_pdf
from policies.model import DocumentFacts, Invisible, OnPage
from tests.document_fixtures import assert_sealed, receipt, receipts, soft_seal
from tests.unit.documents.drafts import (
    A4,
    CATALOG,
    PAGES,
    draft,
    hybrid_as_office_programs_write_it,
    one_page,
    updated,
)

CHANGED_PAGE = {3: f"<</Type/Page/Parent 2 0 R{A4}/Rotate 90>>"}


def facts(document: bytes) -> DocumentFacts:
    return facts_of(open_pdf(document), document)


def linearised(document: bytes, *, streams: bool) -> bytes:
    mode = pikepdf.ObjectStreamMode
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(document)) as pdf:
        kind = mode.generate if streams else mode.disable
        pdf.save(written, linearize=True, object_stream_mode=kind)
    return written.getvalue()


def with_an_update(document: bytes, *, number: int = 1) -> bytes:
    """A sealed document is an updated one."""
    return soft_seal().seal(document, Invisible(), document_id=f"D{number}")


@pytest.mark.parametrize("xref", ["table", "stream"])
def test_every_update_is_a_revision(xref: str) -> None:
    document = one_page(xref=xref)  # type: ignore[arg-type]
    for revisions in (1, 2, 3):
        assert facts(document).revisions == revisions
        document = updated(document, CHANGED_PAGE, xref=xref)  # type: ignore[arg-type]


@pytest.mark.parametrize("streams", [True, False])
def test_a_linearised_document_was_written_once(streams: bool) -> None:  # noqa: FBT001 - a case
    document = linearised(receipt("reportlab-a4-outline-3-pages"), streams=streams)
    assert facts(document).revisions == 1
    sealed = soft_seal().seal(document, OnPage(page="last", left_mm=5, top_mm=5))
    assert_sealed(sealed)


@pytest.mark.parametrize("streams", [True, False])
def test_updates_of_a_linearised_document_count(streams: bool) -> None:  # noqa: FBT001 - a case
    document = linearised(one_page(), streams=streams)
    for revisions in (1, 2, 3):
        assert facts(document).revisions == revisions
        document = with_an_update(document, number=revisions)


def test_of_the_receipts_only_those_that_were_updated_have_revisions() -> None:
    updated_once_or_twice = {
        path.name: facts(path.read_bytes()).revisions
        for path in receipts()
        if facts(path.read_bytes()).revisions > 1
    }
    assert updated_once_or_twice == {
        "handset-a4-reportlab-updated-once-861.pdf": 2,
        "handset-a5-fpdf2-updated-twice-862.pdf": 3,
        "plain-a4-updated-once-615.pdf": 2,
        "plain-a4-updated-xref-stream-617.pdf": 2,
        "plain-a5-updated-twice-616.pdf": 3,
    }


def test_the_dictionary_alone_hides_no_update() -> None:
    # Somebody claims to be linearised so that an update goes uncounted.
    page = f"<</Type/Page/Parent 2 0 R{A4}>>"

    def claiming(length: int) -> bytes:
        claim = f"<</Linearized 1/L {length:010d}/H[0 0]/O 3/E 0/N 1/T 0>>"
        first = draft({9: claim, 1: CATALOG, 2: PAGES, 3: page})
        return updated(first, CHANGED_PAGE)

    assert facts(claiming(0)).revisions == 2
    assert facts(claiming(len(claiming(0)))).revisions == 2


def test_a_hybrid_document_of_an_office_program_was_written_once(tmp_path: Path) -> None:
    document = hybrid_as_office_programs_write_it()
    assert facts(document).revisions == 1
    file = tmp_path / "hybrid.pdf"
    file.write_bytes(soft_seal().seal(document, OnPage(page=1, left_mm=5, top_mm=5)))
    found = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, check=False)
    assert b"Signature is Valid" in found.stdout
    assert b"Total document signed" in found.stdout


def test_an_update_of_a_hybrid_document_counts() -> None:
    document = hybrid_as_office_programs_write_it()
    assert facts(updated(document, CHANGED_PAGE)).revisions == 2


def test_the_facts_are_those_of_the_document() -> None:
    document = receipt("reportlab-a4-outline-3-pages")
    assert facts(document) == DocumentFacts(
        pages=3, size_bytes=len(document), revisions=1, signatures=0, pdf_version="1.3"
    )
    twice = with_an_update(with_an_update(document), number=2)
    assert facts(twice).signatures == 2


def test_the_catalog_may_raise_the_version() -> None:
    catalog = "<</Type/Catalog/Pages 2 0 R/Version/2.0>>"
    assert facts(one_page(version="1.4")).pdf_version == "1.4"
    assert facts(one_page(version="1.4", catalog=catalog)).pdf_version == "2.0"
