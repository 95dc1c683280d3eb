"""A stamp in a signature field that the document has: its place, its terms, its lock."""

import io

import pikepdf
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SeedLockDocument,
    SeedSignatureType,
    SigCertConstraintFlags,
    SigCertConstraints,
    SigFieldSpec,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
)

from gateway.documents.errors import (
    CertifiedDocumentProblem,
    FieldNotFoundProblem,
    FieldUnusableProblem,
)
from gateway.documents.wire import PreparedReply, decode_from_worker, encode
from policies.model import AcrossPages, IntoField, OnPage, Several
from tests.document_fixtures import (
    SoftSeal,
    assert_sealed,
    authority,
    ink_box,
    rendered,
    soft_seal,
    verdicts,
)
from tests.unit.documents.drafts import A4, many_pages, one_page
from tests.unit.documents.looking import UNITS_PER_MM, assert_differs_only_inside, stamps_of

SEAL = soft_seal()
BOX = (100, 200, 220, 260)
PARTY = IntoField(field="PartyA")
Flags = SigSeedValFlags


def with_field(document: bytes, name: str = "PartyA", *, page: int = 0, **spec: object) -> bytes:
    """The document with an empty signature field."""
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    spec = {"box": BOX, "on_page": page, **spec}
    append_signature_field(writer, SigFieldSpec(name, **spec))  # type: ignore[arg-type]
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def asking(**seed: object) -> bytes:
    """A document whose field has these seed values."""
    return with_field(one_page(), seed_value_dict=SigSeedValueSpec(**seed))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["PartyA", "甲方"])
def test_a_worker_can_tell_which_field_the_stamp_is_in(name: str) -> None:
    prepared = SEAL.prepare(with_field(one_page(), name), IntoField(field=name))
    told = decode_from_worker(encode(PreparedReply(number=1, prepared=prepared)))
    assert isinstance(told, PreparedReply)
    (stamp,) = stamps_of(told.prepared)
    assert stamp.field == name


@pytest.mark.parametrize("combined", [True, False])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_stamp_stands_upright_in_the_middle_of_the_field_at_its_true_size(
    combined: bool,  # noqa: FBT001 - a parameter of the test
    rotation: int,
) -> None:
    pages = many_pages([A4, f"{A4}/Rotate {rotation}"])
    document = with_field(pages, page=1, combine_annotation=combined)
    prepared = SEAL.prepare(document, PARTY)
    (stamp,) = stamps_of(prepared)
    assert (stamp.page, stamp.field) == (2, "PartyA")
    sealed = SEAL.seal(document, PARTY)
    assert_sealed(sealed)
    left, top, right, bottom = ink_box(rendered(sealed, page=2, scale=4), "red", scale=4)
    assert right - left == pytest.approx(10 * UNITS_PER_MM, abs=0.5)
    assert bottom - top == pytest.approx(10 * UNITS_PER_MM, abs=0.5)
    assert left == pytest.approx(stamp.left_mm * UNITS_PER_MM, abs=0.5)
    assert top == pytest.approx(stamp.top_mm * UNITS_PER_MM, abs=0.5)
    if rotation == 0:
        assert ((left + right) / 2, 842 - (top + bottom) / 2) == pytest.approx((160, 230), abs=0.5)
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    assert signature.field_name == "PartyA"


def test_the_fields_place_is_kept_and_no_other_field_is_made() -> None:
    document = with_field(one_page())
    sealed = SEAL.seal(document, PARTY)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert [float(value) for value in field.Rect] == list(BOX)


def test_a_field_that_would_not_be_printed_is_printed_with_its_stamp() -> None:
    field = "<</FT/Sig/T(PartyA)/Type/Annot/Subtype/Widget/Rect[1 1 90 90]>>"
    document = one_page(
        page=f"{A4}/Annots[6 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: field},
    )
    sealed = SEAL.seal(document, PARTY)
    assert_sealed(sealed)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert field.F == 4


def test_a_field_together_with_other_stamps_carries_the_signature() -> None:
    document = with_field(many_pages([A4] * 3), page=2)
    placement = Several(placements=(AcrossPages(edge="right"), PARTY))
    stamps = stamps_of(SEAL.prepare(document, placement))
    assert [stamp.page for stamp in stamps] == [3, 1, 2, 3]
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(with_field(many_pages([A4] * 3), page=2), sealed, stamps)


def test_a_field_that_is_nested_is_named_with_its_parents() -> None:
    document = with_field(with_field(one_page(), "Form.PartyA"), "Form.PartyB")
    assert_sealed(SEAL.seal(document, IntoField(field="Form.PartyB")))


def test_fields_that_there_are_are_listed() -> None:
    document = with_field(with_field(one_page(), "甲方"), "PartyB")
    once = SEAL.seal(document, IntoField(field="PartyB"))
    with pytest.raises(
        FieldNotFoundProblem,
        match=r"called 'PartyC'; .* has '甲方' \(empty\), 'PartyB' \(signed\)",
    ):
        SEAL.prepare(once, IntoField(field="PartyC"), document_id="D2")
    with pytest.raises(FieldNotFoundProblem, match="has no signature fields"):
        SEAL.prepare(one_page(), PARTY)


def test_a_signed_field_is_refused_and_an_empty_one_can_be_signed_later() -> None:
    document = with_field(with_field(one_page()), "PartyB", box=(300, 200, 420, 260))
    once = SEAL.seal(document, PARTY)
    with pytest.raises(FieldUnusableProblem, match=r"'PartyA' is signed already; .* 'PartyB'"):
        SEAL.prepare(once, PARTY, document_id="D2")
    twice = SEAL.seal(once, IntoField(field="PartyB"), document_id="D2")
    assert_sealed(twice, signatures=2)


def test_after_a_certification_for_form_filling_a_field_can_be_sealed_visibly() -> None:
    first = soft_seal(kind="certification", permission="form-filling")
    once = first.seal(with_field(one_page()), OnPage(page=1, left_mm=5, top_mm=5))
    assert_sealed(SEAL.seal(once, PARTY, document_id="D2"), signatures=2)


def test_a_stamp_is_never_drawn_smaller_to_fit() -> None:
    document = with_field(one_page(), box=(100, 200, 220, 220))
    with pytest.raises(
        FieldUnusableProblem, match=r"10 x 10 mm does not fit .* of 42\.3 x 7\.1 mm"
    ):
        SEAL.prepare(document, PARTY)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("/Rect[100 200 220 260]/F 2", "is hidden"),
        ("/Rect[100 200 220 260]/F 32", "is hidden"),
        ("/Rect[100 200 220 260]/Ff 1", "is read-only"),
        ("/Rect[0 0 0 0]", "does not fit"),
        ("", "no single place"),
        ("/Kids[]", "no single place"),
    ],
)
def test_a_field_that_cannot_show_a_stamp_is_refused(entries: str, told: str) -> None:
    field = f"<</FT/Sig/T(PartyA)/Type/Annot/Subtype/Widget{entries}>>"
    document = one_page(
        page=f"{A4}/Annots[6 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: field},
    )
    with pytest.raises(FieldUnusableProblem, match=told):
        SEAL.prepare(document, PARTY)


def test_a_field_that_no_page_lists_is_refused() -> None:
    field = "<</FT/Sig/T(PartyA)/Type/Annot/Subtype/Widget/Rect[1 1 90 90]/P 3 0 R>>"
    form = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"
    document = one_page(catalog=form, more={6: field})
    with pytest.raises(FieldUnusableProblem, match="no single place"):
        SEAL.prepare(document, PARTY)


def of(seal: SoftSeal, **constraints: object) -> SigCertConstraints:
    certificate = x509.Certificate.load(seal.material.certificates[0])
    named = {name: [certificate] for name in constraints.pop("listing", ())}  # type: ignore[attr-defined]
    return SigCertConstraints(**named, **constraints)  # type: ignore[arg-type]


def root() -> x509.Certificate:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - two x509

    return x509.Certificate.load(authority().certificate.public_bytes(Encoding.DER))


MET: dict[str, dict[str, object]] = {
    "PAdES": {"subfilters": [SigSeedSubFilter.PADES], "flags": Flags.SUBFILTER},
    "digest": {"digest_methods": ["sha384", "sha256"], "flags": Flags.DIGEST_METHOD},
    "approval": {"seed_signature_type": SeedSignatureType()},
    "our reason": {"reasons": ["Sealgate record D1"], "flags": Flags.REASONS},
    "only recommended": {
        "reasons": ["I agree"],
        "digest_methods": ["sha512"],
        "subfilters": [SigSeedSubFilter.ADOBE_PKCS7_DETACHED],
        "add_rev_info": True,
    },
    "at our discretion": {
        "lock_document": SeedLockDocument.SIGNER_DISCRETION,
        "flags": Flags.LOCK_DOCUMENT,
    },
    "our certificate": {
        "cert": of(SEAL, flags=SigCertConstraintFlags.SUBJECT, listing=["subjects"])
    },
}
UNMET: dict[str, tuple[dict[str, object], str]] = {
    "format": (
        {"subfilters": [SigSeedSubFilter.ADOBE_PKCS7_DETACHED], "flags": Flags.SUBFILTER},
        "another format",
    ),
    "digest": ({"digest_methods": ["sha512"], "flags": Flags.DIGEST_METHOD}, "than sha256"),
    "reason": ({"reasons": ["I agree"], "flags": Flags.REASONS}, "a reason of its own"),
    "no reason": ({"reasons": ["."], "flags": Flags.REASONS}, "a reason of its own"),
    "attestation": (
        {"legal_attestations": ["x"], "flags": Flags.LEGAL_ATTESTATION},
        "legal attestation",
    ),
    "revocation": ({"add_rev_info": True, "flags": Flags.ADD_REV_INFO}, "revocation"),
    "appearance": ({"appearance": "Ours", "flags": Flags.APPEARANCE_FILTER}, "appearance"),
    "time stamp": (
        {"timestamp_server_url": "https://tsa.example", "timestamp_required": True},
        "a trusted time stamp",
    ),
    "certification": (
        {"seed_signature_type": SeedSignatureType(MDPPerm.NO_CHANGES)},
        r"a certification \(P 1\)",
    ),
    "lock": (
        {"lock_document": SeedLockDocument.LOCK, "flags": Flags.LOCK_DOCUMENT},
        "locked or left open",
    ),
    "certificate": (
        {
            "cert": of(
                soft_seal("rsa-pss-sha256"),
                flags=SigCertConstraintFlags.SUBJECT,
                listing=["subjects"],
            )
        },
        "another certificate",
    ),
    "issuer that we do not carry": (
        {"cert": SigCertConstraints(flags=SigCertConstraintFlags.ISSUER, issuers=[root()])},
        "another certificate",
    ),
    "two": (
        {
            "digest_methods": ["sha512"],
            "reasons": ["I agree"],
            "flags": Flags.REASONS | Flags.DIGEST_METHOD,
        },
        "than sha256 .* and a reason",
    ),
}


@pytest.mark.parametrize("seed", MET.values(), ids=MET.keys())
def test_seed_values_that_the_seal_meets_are_met(seed: dict[str, object]) -> None:
    assert_sealed(SEAL.seal(asking(**seed), PARTY))


@pytest.mark.parametrize(("seed", "told"), UNMET.values(), ids=UNMET.keys())
def test_seed_values_that_the_seal_does_not_meet_are_named(
    seed: dict[str, object], told: str
) -> None:
    with pytest.raises(FieldUnusableProblem, match=f"'PartyA' asks for .*{told}"):
        SEAL.prepare(asking(**seed), PARTY)


@pytest.mark.parametrize("seed", ["<</Ff 1/Filter/Other>>", "<</Ff 4/V 9>>", "<</Ff 512>>"])
def test_seed_values_that_are_not_understood_are_refused(seed: str) -> None:
    field = f"<</FT/Sig/T(PartyA)/Type/Annot/Subtype/Widget/Rect[1 1 90 90]/SV {seed}>>"
    document = one_page(
        page=f"{A4}/Annots[6 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: field},
    )
    with pytest.raises(FieldUnusableProblem, match="not understood"):
        SEAL.prepare(document, PARTY)


def test_a_field_for_certification_takes_a_seal_that_certifies_so() -> None:
    certifying = soft_seal(kind="certification", permission="form-filling")
    document = asking(seed_signature_type=SeedSignatureType(MDPPerm.FILL_FORMS))
    assert_sealed(certifying.seal(document, PARTY))
    with pytest.raises(FieldUnusableProblem, match=r"a certification \(P 2\)"):
        SEAL.prepare(document, PARTY)
    with pytest.raises(FieldUnusableProblem, match="asks for an approval"):
        certifying.prepare(asking(seed_signature_type=SeedSignatureType()), PARTY)


def test_a_lock_is_carried_out() -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["PartyB"])
    document = with_field(with_field(one_page(), field_mdp_spec=lock), "PartyB")
    sealed = SEAL.seal(document, PARTY)
    assert_sealed(sealed)
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    assert signature.fieldmdp is not None
    assert signature.fieldmdp.is_locked("PartyB")
    with pytest.raises(CertifiedDocumentProblem, match="would break the signature"):
        SEAL.prepare(sealed, IntoField(field="PartyB"), document_id="D2")


def test_a_lock_that_permits_nothing_afterwards_closes_the_document() -> None:
    document = with_field(
        one_page(),
        field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL),
        doc_mdp_update_value=MDPPerm.NO_CHANGES,
    )
    sealed = SEAL.seal(document, PARTY)
    (status,) = verdicts(sealed)
    assert status.bottom_line
    with pytest.raises(CertifiedDocumentProblem, match="permits no changes"):
        SEAL.prepare(sealed, OnPage(page=1, left_mm=1, top_mm=1), document_id="D2")
