"""Whether a certificate may become a seal's: everything is looked at before anything is written."""

import asyncio
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from cloud_bridge.purposes import may_be_for_documents
from gateway.keys.faults import Fault, FaultName
from gateway.keys.presented import Presented
from hsm.interfaces import KeyDescription

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)

_HASHES = {"sha256", "sha384", "sha512"}
_LEAST_RSA_BITS = 2048
_LEAST_CURVE_BITS = 256
_MOST_ISSUERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found.

    Attributes:
        path: the seal's certificate and its issuers upwards, without the root.
        faults: everything that stands against it; none: it may be taken.
    """

    path: tuple[x509.Certificate, ...]
    faults: tuple[Fault, ...]


def judge(presented: Presented, *, key: KeyDescription, company: str, at: datetime) -> Judged:
    """Look at a certificate and its chain in every way.

    Args:
        presented: what the CA gave, and the root that is trusted.
        key: the seal's, as the token describes it.
        company: the title of the seal's company.
        at: now.
    """
    own = [each for each in presented.certificates if _public(each) == key.public_key]
    if not own:
        first = presented.certificates[0].subject.rfc4514_string()
        told = f"none of the certificates is for key {key.id!r}; the first one is for {first}"
        return Judged(path=(), faults=(Fault.of("certificate-not-for-key", told),))
    # A CA that renews may put the old one beside it.
    leaf = max(own, key=lambda each: each.not_valid_after_utc)
    path, broken = _upwards(leaf, presented)
    faults = [
        *broken,
        *_usage(leaf),
        *_company(leaf, company),
        *_validity("the certificate", "certificate-expired", leaf, at),
        *_algorithms("the certificate", leaf),
    ]
    for issuer in (*path[1:], presented.root):
        of = f"the issuer {issuer.subject.rfc4514_string()}"
        faults += [
            *_issues(of, issuer),
            *_validity(of, "chain-expired", issuer, at),
            *_strength(of, issuer),
        ]
    for issuer in path[1:]:
        faults += _hash(f"the issuer {issuer.subject.rfc4514_string()}", issuer)
    if not faults:
        faults += _by_another_implementation(path, presented.root, at)
    return Judged(path=path, faults=tuple(faults))


def _upwards(
    leaf: x509.Certificate, presented: Presented
) -> tuple[tuple[x509.Certificate, ...], list[Fault]]:
    """The path up to the root, and why it does not get there."""
    root, path = presented.root, [leaf]
    while not _issued_by(path[-1], root):
        top = path[-1]
        wanted = top.issuer.rfc4514_string()
        if top.issuer == root.subject:
            told = f"{top.subject.rfc4514_string()} bears the root's name, but not its signature"
            return tuple(path), [Fault.of("chain-of-another-root", told)]
        if top.issuer == top.subject:
            told = f"it ends at {wanted}, which is not the root that was given"
            return tuple(path), [Fault.of("chain-of-another-root", told)]
        found = [each for each in presented.certificates if _issued_by(top, each)]
        if not found or len(path) > _MOST_ISSUERS:
            told = f"the certificate of the issuer {wanted} is missing"
            return tuple(path), [Fault.of("chain-incomplete", told)]
        path.append(found[0])
    if path[-1] == root:  # a root that issued itself is no part of what is handed on
        path.pop()
    return tuple(path), []


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _usage(leaf: x509.Certificate) -> Iterator[Fault]:
    constraints = _extension(leaf, x509.BasicConstraints)
    usage = _extension(leaf, x509.KeyUsage)
    if (constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign):
        told = "it is a CA's: whoever has its key could issue certificates"
        yield Fault.of("certificate-is-a-ca", told)
    if usage is None:
        yield Fault.of(
            "certificate-usage", "it does not say what its key may be used for (keyUsage)"
        )
    elif not (usage.digital_signature or usage.content_commitment):
        told = "its keyUsage has neither digitalSignature nor nonRepudiation"
        yield Fault.of("certificate-usage", told)
    extended = _extension(leaf, x509.ExtendedKeyUsage)
    if not may_be_for_documents(extended):
        told = "its extendedKeyUsage is for other things than documents; verifiers would refuse it"
        yield Fault.of("certificate-usage", told)


def _company(leaf: x509.Certificate, company: str) -> Iterator[Fault]:
    named = [
        str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    ]
    if {_plain(each) for each in named} != {_plain(company)}:
        told = " and ".join(repr(each) for each in named) or "no organisation"
        yield Fault.of(
            "certificate-of-other-company", f"it names {told}, the seal is {company!r}'s"
        )


def _plain(name: str) -> str:
    """As people compare names: width of letters and brackets, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _validity(
    of: str, expired: FaultName, certificate: x509.Certificate, at: datetime
) -> Iterator[Fault]:
    if at < certificate.not_valid_before_utc:
        told = f"{of} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        yield Fault.of("certificate-not-yet-valid", told)
    if at > certificate.not_valid_after_utc:
        told = f"{of} expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        yield Fault.of(expired, told)


def _issues(of: str, issuer: x509.Certificate) -> Iterator[Fault]:
    constraints = _extension(issuer, x509.BasicConstraints)
    usage = _extension(issuer, x509.KeyUsage)
    if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
        yield Fault.of("chain-issuer-may-not-issue", f"{of} is no CA's certificate")


def _algorithms(of: str, certificate: x509.Certificate) -> Iterator[Fault]:
    yield from _hash(of, certificate)
    yield from _strength(of, certificate)


def _hash(of: str, certificate: x509.Certificate) -> Iterator[Fault]:
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        found = None
    name = "an unknown algorithm" if found is None else found.name
    if name not in _HASHES:
        yield Fault.of("certificate-algorithm", f"{of} is signed with {name}")


def _strength(of: str, certificate: x509.Certificate) -> Iterator[Fault]:
    match certificate.public_key():
        case RSAPublicKey(key_size=bits) if bits >= _LEAST_RSA_BITS:
            return
        case EllipticCurvePublicKey(key_size=bits) if bits >= _LEAST_CURVE_BITS:
            return
        case RSAPublicKey(key_size=bits) | EllipticCurvePublicKey(key_size=bits):
            told = f"{of} has a key of {bits} bits"
        case other:
            told = f"{of} has a key of a kind that is not taken ({type(other).__name__})"
    yield Fault.of("certificate-algorithm", told)


def _by_another_implementation(
    path: Iterable[x509.Certificate], root: x509.Certificate, at: datetime
) -> Iterator[Fault]:
    """Name constraints, path lengths, policies, critical extensions (RFC 5280 §6)."""
    leaf, *issuers = map(_as_asn1, path)
    context = ValidationContext(trust_roots=[_as_asn1(root)], moment=at, allow_fetching=False)
    validator = CertificateValidator(leaf, issuers, context)
    try:
        asyncio.run(validator.async_validate_usage(set()))  # type: ignore[no-untyped-call]
    except (PathBuildingError, PathValidationError) as error:
        yield Fault.of("chain-refused", str(error))


def _as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _public(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):
        return None  # of a kind that no token here has


def _extension(certificate: x509.Certificate, kind: type[ExtensionT]) -> ExtensionT | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
