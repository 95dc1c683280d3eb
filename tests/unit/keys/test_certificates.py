"""What stands against a seal's certificate is found before anything is written."""

from datetime import timedelta
from typing import get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.keys.certificates import Judged, judge
from gateway.keys.faults import CURES, FaultName
from gateway.keys.presented import Presented, UnreadableError
from hsm.interfaces import KeyDescription
from tests.seal_authority import SealAuthority, pem, usage

_COMPANY = "示例物流（华东）有限公司"


def _described(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> KeyDescription:
    return KeyDescription(
        id="receipt-east",
        label="receipt-east",
        mechanism="ecdsa-p256-sha256",
        public_key=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        local=True,
        sensitive=True,
        never_extractable=True,
    )


@pytest.fixture(scope="module")
def authority() -> SealAuthority:
    return SealAuthority()


@pytest.fixture(scope="module")
def key() -> KeyDescription:
    return _described(ec.generate_private_key(ec.SECP256R1()).public_key())


def _judged(
    authority: SealAuthority,
    key: KeyDescription,
    *certificates: x509.Certificate,
    root: x509.Certificate | None = None,
) -> Judged:
    root = root or authority.root.certificate
    presented = Presented(certificates=certificates, root=root)
    return judge(presented, key=key, company=_COMPANY, at=authority.now)


def _names(judged: Judged) -> list[FaultName]:
    return [each.name for each in judged.faults]


def test_a_good_chain_in_any_order_has_no_fault(
    authority: SealAuthority, key: KeyDescription
) -> None:
    leaf = authority.issue(key.public_key)
    below, root = authority.below.certificate, authority.root.certificate
    for given in ((leaf, below), (below, leaf), (root, below, leaf)):
        judged = _judged(authority, key, *given)
        assert judged.faults == ()
        assert judged.path == (leaf, below)


def test_of_two_certificates_for_the_key_the_one_that_lasts_longer_is_taken(
    authority: SealAuthority, key: KeyDescription
) -> None:
    old = authority.issue(key.public_key, ends=timedelta(days=2))
    new = authority.issue(key.public_key)
    assert _judged(authority, key, old, new, authority.below.certificate).path[0] == new


@pytest.mark.parametrize(
    "organisation", ["示例物流(华东)有限公司", "示例物流（华东） 有限公司", _COMPANY]
)
def test_brackets_of_another_width_are_the_same_company(
    authority: SealAuthority, key: KeyDescription, organisation: str
) -> None:
    leaf = authority.issue(key.public_key, organisation=organisation)
    assert _names(_judged(authority, key, leaf, authority.below.certificate)) == []


def test_another_company_is_told(authority: SealAuthority, key: KeyDescription) -> None:
    leaf = authority.issue(key.public_key, organisation="示例物流（华南）有限公司")
    judged = _judged(authority, key, leaf, authority.below.certificate)
    assert _names(judged) == ["certificate-of-other-company"]
    assert "华南" in judged.faults[0].message


def test_a_second_company_in_the_name_is_told(
    authority: SealAuthority, key: KeyDescription
) -> None:
    leaf = authority.issue(key.public_key, organisation="示例物流（华东）有限公司,O=别的公司")
    judged = _judged(authority, key, leaf, authority.below.certificate)
    assert _names(judged) == ["certificate-of-other-company"]


@pytest.mark.parametrize(
    ("uses", "faults"),
    [
        ([ExtendedKeyUsageOID.TIME_STAMPING], ["certificate-usage"]),
        (
            [ExtendedKeyUsageOID.OCSP_SIGNING, ExtendedKeyUsageOID.SERVER_AUTH],
            ["certificate-usage"],
        ),
        ([ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH], []),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], []),
    ],
)
def test_a_certificate_for_other_things_than_documents_is_told(
    authority: SealAuthority,
    key: KeyDescription,
    uses: list[x509.ObjectIdentifier],
    faults: list[FaultName],
) -> None:
    extended = x509.ExtendedKeyUsage(uses)
    leaf = authority.issue(
        key.public_key, change=lambda built: built.add_extension(extended, critical=False)
    )
    assert _names(_judged(authority, key, leaf, authority.below.certificate)) == faults


def test_a_certificate_for_another_key_is_told_and_nothing_else(
    authority: SealAuthority, key: KeyDescription
) -> None:
    other = _described(ec.generate_private_key(ec.SECP256R1()).public_key())
    leaf = authority.issue(other.public_key, organisation="another")
    assert _names(_judged(authority, key, leaf)) == ["certificate-not-for-key"]


def test_a_cas_certificate_is_no_seals(authority: SealAuthority, key: KeyDescription) -> None:
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    leaf = authority.issue(
        key.public_key, change=lambda built: built.add_extension(constraints, critical=True)
    )
    judged = _judged(authority, key, leaf, authority.below.certificate)
    assert _names(judged) == ["certificate-is-a-ca"]
    leaf = authority.issue(key.public_key, uses=usage(digital_signature=True, key_cert_sign=True))
    judged = _judged(authority, key, leaf, authority.below.certificate)
    assert _names(judged) == ["certificate-is-a-ca"]


def test_a_certificate_for_encryption_only_is_told(
    authority: SealAuthority, key: KeyDescription
) -> None:
    leaf = authority.issue(key.public_key, uses=usage(key_agreement=True))
    judged = _judged(authority, key, leaf, authority.below.certificate)
    assert _names(judged) == ["certificate-usage"]


@pytest.mark.parametrize("use", ["digital_signature", "content_commitment"])
def test_either_use_is_enough(authority: SealAuthority, key: KeyDescription, use: str) -> None:
    leaf = authority.issue(key.public_key, uses=usage(**{use: True}))
    assert _names(_judged(authority, key, leaf, authority.below.certificate)) == []


@pytest.mark.parametrize(
    ("begins", "ends", "name"),
    [(1, 9, "certificate-not-yet-valid"), (-9, -1, "certificate-expired")],
)
def test_a_certificate_out_of_its_time_is_told(
    authority: SealAuthority, key: KeyDescription, begins: int, ends: int, name: FaultName
) -> None:
    leaf = authority.issue(key.public_key, begins=timedelta(days=begins), ends=timedelta(days=ends))
    assert _names(_judged(authority, key, leaf, authority.below.certificate)) == [name]


def test_a_hash_that_is_not_taken_is_told(authority: SealAuthority, key: KeyDescription) -> None:
    by = authority.issuer("RSA", by=authority.root, key=rsa.generate_private_key(65537, 2048))
    leaf = authority.issue(key.public_key, by=by, hashed=SHA224())
    assert _names(_judged(authority, key, leaf, by.certificate)) == ["certificate-algorithm"]


def test_an_issuer_with_a_short_key_is_told(authority: SealAuthority, key: KeyDescription) -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    by = authority.issuer("Short", by=authority.root, key=short)
    leaf = authority.issue(key.public_key, by=by)
    judged = _judged(authority, key, leaf, by.certificate)
    assert _names(judged) == ["certificate-algorithm"]
    assert "1024 bits" in judged.faults[0].message


def test_a_missing_issuer_is_named(authority: SealAuthority, key: KeyDescription) -> None:
    judged = _judged(authority, key, authority.issue(key.public_key))
    assert _names(judged) == ["chain-incomplete"]
    assert "CN=Test Issuer" in judged.faults[0].message


def test_a_chain_to_another_root_is_told(authority: SealAuthority, key: KeyDescription) -> None:
    leaf, below = authority.issue(key.public_key), authority.below.certificate
    namesake = SealAuthority().root.certificate
    assert _names(_judged(authority, key, leaf, below, root=namesake)) == ["chain-of-another-root"]
    stranger = authority.issuer("Another Root").certificate
    given = (leaf, below, authority.root.certificate)
    assert _names(_judged(authority, key, *given, root=stranger)) == ["chain-of-another-root"]


def test_an_issuer_that_may_not_issue_is_told(
    authority: SealAuthority, key: KeyDescription
) -> None:
    by = authority.issuer("A signer", by=authority.root, ca=False)
    leaf = authority.issue(key.public_key, by=by)
    judged = _judged(authority, key, leaf, by.certificate)
    assert _names(judged) == ["chain-issuer-may-not-issue"]


def test_an_expired_issuer_is_told(authority: SealAuthority, key: KeyDescription) -> None:
    by = authority.issuer("Old", by=authority.root, ends=timedelta(days=-2))
    leaf = authority.issue(key.public_key, by=by)
    assert _names(_judged(authority, key, leaf, by.certificate)) == ["chain-expired"]


def test_what_only_the_whole_path_shows_is_told(
    authority: SealAuthority, key: KeyDescription
) -> None:
    short = authority.issuer("No CA below", by=authority.root, path_length=0)
    by = authority.issuer("Yet a CA below", by=short)
    leaf = authority.issue(key.public_key, by=by)
    judged = _judged(authority, key, leaf, by.certificate, short.certificate)
    assert _names(judged) == ["chain-refused"]


def test_several_faults_are_all_told(authority: SealAuthority, key: KeyDescription) -> None:
    leaf = authority.issue(
        key.public_key, organisation="other", uses=usage(), ends=timedelta(hours=-1)
    )
    assert set(_names(_judged(authority, key, leaf))) == {
        "chain-incomplete",
        "certificate-usage",
        "certificate-of-other-company",
        "certificate-expired",
    }


@pytest.mark.parametrize("form", ["pem", "der", "p7b", "p7b-pem"])
def test_what_a_ca_sends_is_read_in_every_usual_form(
    authority: SealAuthority, key: KeyDescription, form: str
) -> None:
    leaf, below = authority.issue(key.public_key), authority.below.certificate
    root = pem(authority.root.certificate)
    data = {
        "pem": lambda: pem(leaf, below),
        "der": lambda: leaf.public_bytes(Encoding.DER),
        "p7b": lambda: pkcs7.serialize_certificates([leaf, below], Encoding.DER),
        "p7b-pem": lambda: pkcs7.serialize_certificates([leaf, below], Encoding.PEM),
    }[form]()
    assert leaf in Presented.read(data, root).certificates


@pytest.mark.parametrize("data", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(authority: SealAuthority, data: bytes) -> None:
    with pytest.raises(UnreadableError) as told:
        Presented.read(data, pem(authority.root.certificate))
    assert told.value.fault.name == "certificate-unreadable"
    assert told.value.fault.cure


def test_every_fault_has_a_cure() -> None:
    assert set(CURES) == set(get_args(FaultName))
