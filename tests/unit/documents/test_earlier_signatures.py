"""Documents that are signed already: what a seal may add, and what it must leave alone."""

import io

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateway.documents.errors import (
    AlreadySignedProblem,
    CertifiedDocumentProblem,
    DamagedDocumentProblem,
)
from policies.model import Invisible, OnPage, Placement
from tests.document_fixtures import assert_sealed, receipt, soft_seal, verdicts
from tests.unit.documents.drafts import A4, one_page, updated

FIRST = OnPage(page="last", left_mm=5, top_mm=5)
SECOND = OnPage(page="last", left_mm=30, top_mm=5)
KINDS_OF_FILE = ("plain-a4-traditional-620", "qpdf-a4-linearised-objstm", "weasyprint-a5")


@pytest.mark.parametrize("placement", [SECOND, Invisible()])
@pytest.mark.parametrize("name", KINDS_OF_FILE)
def test_a_second_approval_keeps_the_first_valid(name: str, placement: Placement) -> None:
    once = soft_seal().seal(receipt(name), FIRST)
    twice = soft_seal("rsa-pss-sha256").seal(once, placement, document_id="D2")
    thrice = soft_seal("ecdsa-p384-sha384").seal(twice, Invisible(), document_id="D3")
    assert twice[: len(once)] == once
    assert_sealed(twice, signatures=2)
    assert_sealed(thrice, signatures=3)


def test_the_facts_count_earlier_signatures() -> None:
    once = soft_seal().seal(one_page(), FIRST)
    facts = soft_seal().prepare(once, SECOND, document_id="D2").facts
    assert (facts.signatures, facts.revisions) == (1, 2)


@pytest.mark.parametrize("kind", ["approval", "certification"])
def test_a_document_that_permits_no_changes_is_closed(kind: str) -> None:
    closed = soft_seal(kind="certification").seal(one_page(), FIRST)
    with pytest.raises(CertifiedDocumentProblem, match=r"'Seal-D1' permits no changes"):
        soft_seal(kind=kind).seal(closed, Invisible(), document_id="D2")  # type: ignore[arg-type]


@pytest.mark.parametrize("first", ["approval", "certification"])
def test_a_certification_must_be_the_first_signature(first: str) -> None:
    once = soft_seal(kind=first, permission="form-filling").seal(one_page(), FIRST)  # type: ignore[arg-type]
    with pytest.raises(AlreadySignedProblem, match="the document has 1"):
        soft_seal(kind="certification").seal(once, SECOND, document_id="D2")


def test_after_a_certification_for_form_filling_an_invisible_approval_is_possible() -> None:
    once = soft_seal(kind="certification", permission="form-filling").seal(one_page(), FIRST)
    assert_sealed(soft_seal().seal(once, Invisible(), document_id="D2"), signatures=2)


def test_after_a_certification_a_visible_stamp_would_break_it() -> None:
    # ISO 32000-2 §12.8.2.2 permits signing, not new fields that are seen; verifiers differ.
    once = soft_seal(kind="certification", permission="form-filling").seal(one_page(), FIRST)
    with pytest.raises(CertifiedDocumentProblem, match=r"would break the signature.*invisible"):
        soft_seal().seal(once, SECOND, document_id="D2")


def test_what_was_broken_before_is_not_held_against_the_seal() -> None:
    # Somebody turned the page after signing: that is for policies (`doc.revisions`) to judge.
    once = soft_seal().seal(one_page(), Invisible())
    page = f"<</Type/Page/Parent 2 0 R{A4}/Rotate 90>>"
    trailer = "/Root 1 0 R/ID[<00><00>]"
    changed = updated(once, {3: page}, trailer=trailer)
    sealed = soft_seal().seal(changed, Invisible(), document_id="D2")
    broken, ours = verdicts(sealed)
    assert not broken.bottom_line
    assert ours.bottom_line


def signed_by_somebody_else(document: bytes, **spec: object) -> bytes:
    """An approval signature as another program makes it: pkcs7.detached, a lock on fields."""
    key, certificate = someone()
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=key,
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    field = SigFieldSpec("Theirs", box=(100, 100, 200, 150), on_page=0, **spec)  # type: ignore[arg-type]
    metadata = signers.PdfSignatureMetadata(field_name="Theirs", md_algorithm="sha256")
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    output = signers.PdfSigner(metadata, signer=signer, new_field_spec=field).sign_pdf(writer)
    return bytes(output.getvalue())


def someone() -> tuple[PrivateKeyInfo, Certificate]:
    key = soft_seal("rsa-pkcs1-sha256").key
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    (certificate,) = soft_seal("rsa-pkcs1-sha256").material.certificates
    return PrivateKeyInfo.load(der), Certificate.load(certificate)


@pytest.mark.parametrize("placement", [SECOND, Invisible()])
def test_the_signature_of_another_program_stays_valid(placement: Placement) -> None:
    once = signed_by_somebody_else(receipt("reportlab-a4-ascii85"))
    assert_sealed(soft_seal().seal(once, placement), signatures=2)


def test_a_lock_that_permits_no_changes_closes_the_document() -> None:
    lock = {
        "field_mdp_spec": FieldMDPSpec(FieldMDPAction.ALL),
        "doc_mdp_update_value": MDPPerm.NO_CHANGES,
    }
    once = signed_by_somebody_else(one_page(), **lock)
    with pytest.raises(CertifiedDocumentProblem, match="'Theirs' permits no changes"):
        soft_seal().seal(once, Invisible())


@pytest.mark.parametrize("placement", [SECOND, Invisible()])
def test_where_all_fields_are_locked_a_new_one_would_break_the_lock(placement: Placement) -> None:
    lock = FieldMDPSpec(FieldMDPAction.ALL)
    once = signed_by_somebody_else(one_page(), field_mdp_spec=lock)
    with pytest.raises(CertifiedDocumentProblem, match=r"'Theirs'.*is locked"):
        soft_seal().seal(once, placement)


@pytest.mark.parametrize("kind", ["approval", "certification"])
def test_a_signature_that_a_later_revision_hides_is_found(kind: str) -> None:
    once = soft_seal(kind=kind).seal(one_page(), FIRST)  # type: ignore[arg-type]
    without_form = updated(
        once, {1: "<</Type/Catalog/Pages 2 0 R>>"}, trailer="/Root 1 0 R/ID[<00><00>]"
    )
    with pytest.raises(DamagedDocumentProblem, match="a later revision hides"):
        soft_seal(kind="certification").seal(without_form, Invisible(), document_id="D2")
