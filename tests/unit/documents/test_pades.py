"""What is in the file, read as the standards want it: ISO 32000-2 §12.7, §12.8, EN 319 142-1."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pikepdf
import pytest
from asn1crypto import cms, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_basic_validation
from pyhanko.sign.validation.policy_decl import SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from hsm.interfaces import Mechanism
from policies.model import Invisible, OnPage
from tests.document_fixtures import MECHANISMS, authority, receipt, soft_seal
from tests.unit.documents.drafts import one_page

CORNER = OnPage(page=1, left_mm=5, top_mm=5)


@contextmanager
def signature_of(sealed: bytes) -> Iterator[pikepdf.Object]:
    """The dictionary of the only signature."""
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        yield field.V


@pytest.mark.parametrize("kind", ["certification", "approval"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_validation_by_en_319_102_passes(mechanism: Mechanism, kind: str) -> None:
    seal = soft_seal(mechanism, kind=kind)  # type: ignore[arg-type]
    sealed = seal.seal(receipt("reportlab-a4-ascii85"), CORNER)
    (embedded,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    root = x509.Certificate.load(authority().certificate.public_bytes(Encoding.DER))
    result = await ades_basic_validation(
        embedded.signed_data,
        SignatureValidationSpec(
            CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=[root]),
                revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
            )
        ),
        raw_digest=embedded.compute_digest(),
    )
    assert result.ades_subindic is AdESPassed.OK, result.failure_msg


def test_the_signature_dictionary_is_that_of_pades() -> None:
    with signature_of(soft_seal().seal(one_page(), CORNER)) as signature:
        assert signature.Type == "/Sig"
        assert signature.Filter == "/Adobe.PPKLite"
        assert signature.SubFilter == "/ETSI.CAdES.detached"  # EN 319 142-1 §6.3
        assert str(signature.M) == "D:20261122083015Z"
        assert str(signature.Reason) == "Sealgate record D1"
        assert signature.Prop_Build.App.Name == "/Sealgate"
        assert "/Cert" not in signature  # EN 319 142-1 §6.3: only in the container
        assert "/Reference" not in signature


def test_the_byte_range_leaves_out_the_container_and_nothing_else() -> None:
    sealed = soft_seal().seal(one_page(), CORNER)
    with signature_of(sealed) as signature:
        zero, first, second, rest = map(int, signature.ByteRange)
    assert (zero, second + rest) == (0, len(sealed))
    assert sealed[first : first + 1] + sealed[second - 1 : second] == b"<>"
    container = bytes.fromhex(sealed[first + 1 : second - 1].decode())
    info = cms.ContentInfo.load(container)["content"]["signer_infos"][0]
    (digest,) = [
        each["values"][0].native
        for each in info["signed_attrs"]
        if each["type"].native == "message_digest"
    ]
    assert digest == sha256(sealed[:first] + sealed[second:]).digest()


@pytest.mark.parametrize(("permission", "level"), [("no-changes", 1), ("form-filling", 2)])
def test_a_certification_says_what_may_change(permission: str, level: int) -> None:
    seal = soft_seal(kind="certification", permission=permission)  # type: ignore[arg-type]
    sealed = seal.seal(one_page(), CORNER)
    with signature_of(sealed) as signature:
        (reference,) = signature.Reference
        assert reference.Type == "/SigRef"
        assert reference.TransformMethod == "/DocMDP"
        assert reference.TransformParams.Type == "/TransformParams"
        assert reference.TransformParams.V == "/1.2"
        assert reference.TransformParams["/P"] == level
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        assert pdf.Root.Perms.DocMDP.objgen == pdf.Root.AcroForm.Fields[0].V.objgen


def test_an_approval_certifies_nothing() -> None:
    with pikepdf.open(io.BytesIO(soft_seal(kind="approval").seal(one_page(), CORNER))) as pdf:
        assert "/Perms" not in pdf.Root


def test_the_field_is_its_own_widget_that_prints_and_is_locked() -> None:
    with pikepdf.open(io.BytesIO(soft_seal().seal(one_page(), CORNER))) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        (annotation,) = pdf.pages[0].Annots
        assert field.objgen == annotation.objgen
        assert field.Subtype == "/Widget"
        assert field.FT == "/Sig"
        assert field.F == 4 + 128  # §12.5.3: Print, Locked
        assert field.P.objgen == pdf.pages[0].obj.objgen
        assert pdf.Root.AcroForm.SigFlags == 1 + 2  # §12.7.3: SignaturesExist, AppendOnly
        form = field.AP.N
        assert form.Subtype == "/Form"
        assert [float(each) for each in form.Matrix] == [1, 0, 0, 1, 0, 0]


def test_an_invisible_field_has_no_size_and_no_appearance() -> None:
    with pikepdf.open(io.BytesIO(soft_seal().seal(one_page(), Invisible()))) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert [float(each) for each in field.Rect] == [0, 0, 0, 0]  # §12.7.5.5
        assert "/AP" not in field
        assert field.F == 4 + 128


def test_the_moment_is_only_in_the_dictionary() -> None:
    sealed = soft_seal().seal(one_page(), CORNER)
    (embedded,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    kinds = {each["type"].native for each in embedded.signer_info["signed_attrs"]}
    assert "signing_time" not in kinds  # EN 319 142-1 §6.3
    assert not embedded.signer_info["unsigned_attrs"]
    assert embedded.self_reported_timestamp is not None
