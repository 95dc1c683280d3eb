"""Signature containers: who signed given bytes, and whether somebody whom we trust says who it is.

A container is CMS SignedData, detached, with signed attributes (RFC 5652 §5): content type, message
digest and, where it is there, signing-certificate-v2 (RFC 5035). Paths are built and judged by
`cryptography`. Whether a certificate was revoked is not looked at: that is on-line work.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
)

from cloud_bridge.names import same_name
from cloud_bridge.plain_der import is_plain_der
from cloud_bridge.purposes import may_be_for_documents

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class ContainerError(Exception):
    """Nobody signed this; the message says what does not hold."""


class UntrustedError(Exception):
    """Nobody whom we trust says who signed; the message says why not."""


class RootMissingError(UntrustedError):
    """None of the roots has issued it, or what is above it: another root may vouch for it."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who made a container.

    Attributes:
        certificate: whose key signed.
        others: certificates that came along.
        names: organisation and common name of the certificate's subject.
    """

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    names: frozenset[str]

    def bears(self, name: str) -> bool:
        """Whether this is a name of the certificate, by whichever width it is written."""
        return any(same_name(name, each) for each in self.names)

    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificate and those that came along above it; of several the one that lasts."""
        found = [self.certificate]
        # Behind a root come no others: one of its name is an older root's word for the same key.
        while found[-1].subject != found[-1].issuer and (
            above := [
                each
                for each in self.others
                if each.subject == found[-1].issuer and each not in found
            ]
        ):
            found.append(max(above, key=lambda each: each.not_valid_after_utc))
        return tuple(found)

    def lead_to(self, roots: Sequence[bytes], *, at: datetime) -> None:
        """Whether the certificate was valid at a moment, and leads to one of the roots (DER).

        Raises:
            RootMissingError: none of the roots has anything to do with it.
            UntrustedError: it was not or does not, or its key may not sign documents.
        """
        if not roots:
            raise RootMissingError("there is no root that we trust for partners")
        try:
            trusted = [x509.load_der_x509_certificate(each) for each in roots]
            self._refuse_without_root(trusted)
            store = Store(trusted)
            builder = PolicyBuilder().store(store).time(at)
            policies = builder.extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNS_DOCUMENTS
            )
            policies.build_client_verifier().verify(self.certificate, list(self.others))
        except (MemoryError, RootMissingError):
            raise
        except Exception as error:
            words = f"its certificate does not lead to a root that we trust: {error}"
            raise UntrustedError(words) from error

    def _refuse_without_root(self, roots: Sequence[x509.Certificate]) -> None:
        highest = self.chain()[-1]
        if not any(highest == each or _is_named_above(each, highest) for each in roots):
            issuer = highest.issuer.rfc4514_string()
            raise RootMissingError(
                f"its certificate does not lead to a root that we trust: {issuer} vouches for it, "
                "which is none of them"
            )


def who_signed(container: bytes, *parts: bytes) -> Signer:
    """Who signed the bytes, told in parts one after the other.

    Raises:
        ContainerError: it cannot be read, or its signature is not one over these bytes.
    """

    def digest(name: str) -> bytes:
        hashing = hashlib.new(name)
        for each in parts:
            hashing.update(each)
        return hashing.digest()

    try:
        return _who_signed(container, digest)
    except InvalidSignature:
        raise ContainerError(
            "the signature is not one of its certificate over these bytes"
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # hostile DER makes the parsers raise anything
        raise ContainerError(f"its signature container cannot be read: {error}") from error


def covered(content: bytes, start: int, end: int, *, container: bytes) -> tuple[bytes, bytes]:
    """All of a revision but the hexadecimal string that its container stands in.

    Args:
        content: the document.
        start: where what the revision added begins.
        end: where it ends.
        container: as it was told.

    Raises:
        ContainerError: the container is not in the bytes that the revision added, written in one
            piece and with nothing but zeros behind it.
    """
    digits = container.hex().encode()
    added = content[start:end]
    at = max(added.find(digits), added.find(digits.upper()))
    closes = added.find(b">", at)
    if at < 1 or added[at - 1 : at] != b"<" or added[at + len(digits) : closes].strip(b"0"):
        raise ContainerError("its container is not in the document")
    return content[: start + at - 1], content[start + closes + 1 : end]


def _who_signed(container: bytes, digest: Callable[[str], bytes]) -> Signer:
    content_info = cms.ContentInfo.load(container, strict=True)
    if content_info["content_type"].native != "signed_data":
        raise ValueError("it is no SignedData")
    data = content_info["content"]
    if data["encap_content_info"]["content"].native is not None:
        raise ValueError("it is not detached")
    if len(data["signer_infos"]) != 1:
        raise ValueError("it has not exactly one signer")
    info = data["signer_infos"][0]
    certificates = [
        x509.load_der_x509_certificate(each.chosen.dump()) for each in data["certificates"]
    ]
    named = [each for each in certificates if _is_named(each, info["sid"])]
    if not named:
        raise ValueError("the signer's certificate did not come along")
    _verify_attributes(info, named[0], digest)
    others = tuple(each for each in certificates if each != named[0])
    return Signer(certificate=named[0], others=others, names=_names(named[0]))


def _names(certificate: x509.Certificate) -> frozenset[str]:
    return frozenset(
        str(each.value)
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for each in certificate.subject.get_attributes_for_oid(kind)
    )


def _is_named_above(root: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether a certificate names a root as its issuer: by name, and by key where it names one."""
    if certificate.issuer != root.subject:
        return False
    try:
        named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        own = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return True
    return named.value.key_identifier in {None, own.value.key_identifier}


def _is_named(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "issuer_and_serial_number":
        return bool(
            sid.chosen["serial_number"].native == certificate.serial_number
            and sid.chosen["issuer"].dump() == certificate.issuer.public_bytes()
        )
    known = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return bool(sid.chosen.native == known.value.digest)


def _verify_attributes(
    info: cms.SignerInfo, signer: x509.Certificate, digest: Callable[[str], bytes]
) -> None:
    # As it came: once it is read, asn1crypto encodes all of it anew, longer than all the rest.
    written: bytes = info["signed_attrs"].dump()
    attributes: dict[str, Any] = {}
    for each in info["signed_attrs"]:
        if each["type"].native in attributes:
            raise ValueError("a signed attribute is there twice")
        attributes[each["type"].native] = each["values"]
    name = info["digest_algorithm"]["algorithm"].native
    _hash(name)
    if attributes["content_type"].native != ["data"]:
        raise ValueError("it says that it signs something else than data")
    if attributes["message_digest"].native != [digest(name)]:
        raise InvalidSignature
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"][0]["certs"][0]
        named = _hash(first["hash_algorithm"]["algorithm"].native)
        if first["cert_hash"].native != signer.fingerprint(named):
            raise ValueError("it names another certificate than the one that came with it")
    # RFC 5652 §5.4: what is signed is the explicit SET OF, not the implicit tag that stands there.
    encoded = written if is_plain_der(written) else info["signed_attrs"].dump(force=True)
    _verify_value(info, b"\x31" + encoded[1:], signer, name)


def _verify_value(
    info: cms.SignerInfo, signed: bytes, signer: x509.Certificate, digest_name: str
) -> None:
    algorithm, value = info["signature_algorithm"], info["signature"].native
    key = signer.public_key()
    match key, algorithm.signature_algo:
        case rsa.RSAPublicKey(), "rsassa_pkcs1v15":
            key.verify(value, signed, padding.PKCS1v15(), _named_hash(algorithm, digest_name))
        case rsa.RSAPublicKey(), "rsassa_pss":
            parameters = algorithm["parameters"]
            generator = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
            scheme = padding.PSS(
                mgf=padding.MGF1(_hash(generator)),
                salt_length=int(parameters["salt_length"].native),
            )
            name = parameters["hash_algorithm"]["algorithm"].native
            key.verify(value, signed, scheme, _hash(name))
        case ec.EllipticCurvePublicKey(), "ecdsa":
            key.verify(value, signed, ec.ECDSA(_named_hash(algorithm, digest_name)))
        case _, kind:
            raise ValueError(f"{kind} is no signature that we take, or not of that key")


def _named_hash(algorithm: Any, digest_name: str) -> hashes.HashAlgorithm:  # noqa: ANN401 - asn1crypto is untyped
    """The algorithm's own hash; bare `rsaEncryption` has none and means that of the digest."""
    bare = algorithm["algorithm"].native == "rsassa_pkcs1v15"
    return _hash(digest_name if bare else algorithm.hash_algo)


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise ValueError(f"{name} is no digest that we take")
    return _HASHES[name]


def _may_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("its key may not sign documents")


def _is_no_authority(
    _policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints | None
) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("it is an authority's, not an organisation's")


def _is_for_documents(
    _policy: Policy, _certificate: x509.Certificate, extended: x509.ExtendedKeyUsage | None
) -> None:
    if not may_be_for_documents(extended):
        raise ValueError("it was issued for other things than documents (extendedKeyUsage)")


_SIGNS_DOCUMENTS: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_no_authority)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_for_documents)
)
