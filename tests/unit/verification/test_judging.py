"""What is judged valid, and what speaks against a signature, in the judge's own words."""

from datetime import timedelta
from io import BytesIO

import msgspec
import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from gateway.documents.model import Preparation
from gateway.verification.judging import Judging
from gateway.verification.model import FileJudgement, worst
from policies.model import Invisible
from tests.document_fixtures import SIGNED_AT, SoftSeal, authority, receipt, soft_seal
from tests.unit.documents.drafts import hybrid_as_office_programs_write_it

NOW = SIGNED_AT + timedelta(hours=1)
RECORD = "01a20325-2f7c-7850-936a-6df68b4c1ce9"
RECEIPT = receipt("cairo-a4-201")


def judge(document: bytes, *, trusted: bool = True) -> FileJudgement:
    trust = (authority().certificate.public_bytes(Encoding.DER),) if trusted else ()
    return Judging(trust=trust).judge(document, now=NOW)


def sealed(seal: SoftSeal | None = None, document: bytes = RECEIPT) -> bytes:
    return (seal or soft_seal(kind="certification")).seal(document, Invisible(), document_id=RECORD)


def why(judgement: FileJudgement) -> str:
    return "; ".join([*judgement.why, *(each for s in judgement.signatures for each in s.why)])


def with_annotation(document: bytes) -> bytes:
    """Something written over the page by an incremental update, as an editor would."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject()  # type: ignore[no-untyped-call]
    note["/Type"], note["/Subtype"] = pdf_name("/Annot"), pdf_name("/FreeText")
    note["/Contents"] = generic.TextStringObject("金额 9,999,999.00")
    note["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (100, 100, 300, 140)))
    page["/Annots"] = generic.ArrayObject([writer.add_object(note)])
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def test_a_hybrid_as_office_programs_write_it_is_judged_like_any_other() -> None:
    document = sealed(document=hybrid_as_office_programs_write_it())
    assert judge(document).verdict == "valid", why(judge(document))
    assert judge(with_annotation(document)).verdict == "not-valid"


def test_a_sealed_document_is_valid_and_tells_what_its_seal_says() -> None:
    judgement = judge(sealed())
    assert judgement.verdict == "valid", why(judgement)
    (signature,) = judgement.signatures
    assert signature.certificate is not None
    assert signature.certificate.name == "东海物流有限公司"
    assert signature.claimed_at == SIGNED_AT
    assert signature.level == "PAdES B-B"
    assert signature.coverage == "entire-file"
    assert (signature.certifies, signature.permission) == (True, "no-changes")
    assert signature.record == RECORD


@pytest.mark.parametrize("mechanism", ["rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p384-sha384"])
def test_every_mechanism_that_we_seal_with_is_judged(mechanism: str) -> None:
    assert judge(sealed(soft_seal(mechanism))).verdict == "valid"  # type: ignore[arg-type]


def test_two_approvals_one_after_the_other_are_both_valid() -> None:
    seal = soft_seal(kind="approval")
    twice = seal.seal(sealed(seal), Invisible(), document_id="D2")
    judgement = judge(twice)
    assert judgement.verdict == "valid", why(judgement)
    assert [each.coverage for each in judgement.signatures] == ["entire-revision", "entire-file"]
    assert judgement.signatures[0].changes == "form-filling"
    assert not judgement.signatures[0].certifies


def test_one_changed_byte_makes_it_not_the_document_that_was_signed() -> None:
    document = bytearray(sealed())
    at = document.index(b"stream\n") + 20
    document[at] ^= 1
    judgement = judge(bytes(document))
    assert judgement.verdict == "not-valid"
    assert "its digest is another" in why(judgement)


def test_a_signature_value_for_another_digest_does_not_verify() -> None:
    seal = soft_seal()
    press = seal.press()
    prepared = press.prepare(
        RECEIPT, Preparation(document_id=RECORD, signed_at=SIGNED_AT, placement=None)
    )
    update = press.containers.complete(
        prepared,
        to_be_signed=seal.to_be_signed(RECEIPT, prepared, press.containers),
        signature=seal.sign(bytes(32)),
    )
    judgement = judge(RECEIPT + update)
    assert judgement.verdict == "not-valid"
    assert "does not verify with the key" in why(judgement)


@pytest.mark.parametrize("tail", [b"\n", b"\n% a remark", b"%PDF-1.7\n%%EOF\n"])
def test_bytes_that_follow_the_last_signature_make_it_not_valid(tail: bytes) -> None:
    assert judge(sealed() + tail).verdict == "not-valid"


@pytest.mark.parametrize("kind", ["certification", "approval"])
def test_writing_over_a_sealed_page_makes_it_not_valid(kind: str) -> None:
    judgement = judge(with_annotation(sealed(soft_seal(kind=kind))))  # type: ignore[arg-type]
    assert judgement.verdict == "not-valid"
    assert "was changed after signing" in why(judgement)


def test_a_seal_put_over_a_change_does_not_cover_it_up() -> None:
    seal = soft_seal(kind="approval")
    judgement = judge(seal.seal(with_annotation(sealed(seal)), Invisible(), document_id="D2"))
    assert judgement.verdict == "not-valid"
    assert judgement.signatures[-1].verdict == "valid"
    assert judgement.signatures[0].verdict == "not-valid"


def test_without_a_trusted_root_nothing_can_be_told_of_a_sound_signature() -> None:
    judgement = judge(sealed(), trusted=False)
    assert judgement.verdict == "could-not-tell"
    assert "no trusted root" in why(judgement)


def test_without_a_trusted_root_a_broken_signature_is_broken_all_the_same() -> None:
    assert judge(sealed() + b"\n%", trusted=False).verdict == "not-valid"


def test_a_certificate_from_somebody_else_is_not_valid_and_its_issuer_is_named() -> None:
    stranger = soft_seal("ecdsa-p384-sha384").material.certificates[0]
    judgement = Judging(trust=(stranger,)).judge(sealed(), now=NOW)
    assert judgement.verdict == "not-valid"
    assert "测试根 CA" in why(judgement)
    assert "--trust" in why(judgement)


def test_a_certificate_that_issued_itself_counts_only_where_it_is_trusted_by_name() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "自签")])
    own = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(SIGNED_AT - timedelta(days=1))
        .not_valid_after(SIGNED_AT + timedelta(days=1))
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )
    material = msgspec.structs.replace(soft_seal().material, certificates=(own,))
    document = sealed(SoftSeal(material, key))
    assert "leads to no trusted root (issued by CN=自签)" in why(judge(document))
    assert judge(document, trusted=False).verdict == "could-not-tell"
    assert Judging(trust=(own,)).judge(document, now=NOW).verdict == "valid"


@pytest.mark.parametrize(
    ("days", "told"),
    [(3651, "had expired"), (-3651, "was not valid before")],
)
def test_a_certificate_is_judged_at_the_time_that_the_signer_claims(days: int, told: str) -> None:
    seal = soft_seal()
    press = seal.press()
    at = SIGNED_AT + timedelta(days=days)
    prepared = press.prepare(RECEIPT, Preparation(document_id=RECORD, signed_at=at, placement=None))
    document = seal.finish(RECEIPT, prepared, press.containers)
    trust = (authority().certificate.public_bytes(Encoding.DER),)
    judgement = Judging(trust=trust).judge(document, now=NOW + timedelta(days=4000))
    assert judgement.verdict == "not-valid"
    assert told in why(judgement)


def test_a_seal_from_tomorrow_is_not_valid_today() -> None:
    trust = (authority().certificate.public_bytes(Encoding.DER),)
    judgement = Judging(trust=trust).judge(sealed(), now=SIGNED_AT - timedelta(days=1))
    assert judgement.verdict == "not-valid"
    assert "lies ahead" in why(judgement)


def test_a_document_without_a_signature_is_not_valid() -> None:
    judgement = judge(RECEIPT)
    assert (judgement.verdict, judgement.signatures) == ("not-valid", ())
    assert "carries no signature" in why(judgement)


def test_a_signature_that_no_field_leads_to_is_not_valid() -> None:
    hidden = sealed().replace(b"/AcroForm", b"/AcroFake")
    judgement = judge(hidden)
    assert judgement.verdict == "not-valid"
    assert "no signature field leads to it" in why(judgement)


def test_a_sealed_file_that_cannot_be_read_any_more_is_not_valid() -> None:
    judgement = judge(sealed()[:-40])
    assert judgement.verdict == "not-valid"
    assert "cannot be read with certainty" in why(judgement)


def test_a_signature_without_its_byte_range_is_not_valid() -> None:
    judgement = judge(sealed().replace(b"/ByteRange", b"/ByteStran"))
    assert judgement.verdict != "valid"


@pytest.mark.parametrize(
    "document",
    [b"", b"hello", b"\x89PNG\r\n", b"%PDF-1.7\nnothing follows"],
    ids=["empty", "text", "picture", "no PDF behind the header"],
)
def test_what_is_no_readable_pdf_cannot_be_told(document: bytes) -> None:
    assert judge(document).verdict == "could-not-tell"


def test_an_encrypted_document_cannot_be_told() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(RECEIPT)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    judgement = judge(out.getvalue())
    assert judgement.verdict == "could-not-tell"
    assert "encrypted" in why(judgement)


def test_every_cut_of_a_sealed_file_is_judged_and_none_is_valid() -> None:
    document = sealed()
    for length in range(0, len(document), len(document) // 25):
        assert judge(document[:length]).verdict != "valid"


def test_what_is_wrong_for_certain_outweighs_what_could_not_be_told() -> None:
    assert worst(("valid", "could-not-tell", "not-valid")) == "not-valid"
    assert worst(("valid", "could-not-tell")) == "could-not-tell"
    assert worst(("valid",)) == "valid"
    assert worst(()) == "not-valid"
