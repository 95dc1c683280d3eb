"""Why a partner's keys are believed: its card is signed with its seal.

The signature is CMS SignedData over the card's JSON, detached (RFC 5652 §5), as the signing cycle
makes it: signed attributes with content type, message digest and, where it is there,
signing-certificate-v2. The certificate must lead to a root that the partner's gateway trusts, and
bear the organisation's name. Whether it was revoked is not looked at: that is on-line work, and the
roots are the operator's choice.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec
from asn1crypto import cms, tsp
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
    VerificationError,
)

from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.model import Card, SignedCard

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
LARGEST_CARD: Final = 64 << 10
"""Bytes of card and proof together."""


class CardBook(Protocol):
    """Cards that were believed: checked, or pinned."""

    def card(self, organisation: str, serial: int) -> Card | None:
        """An organisation's card of that serial; None: there is none that we believe."""
        ...


def card_bytes(card: Card) -> bytes:
    """The JSON that the seal signs."""
    return msgspec.json.encode(card)


def check_card(signed: SignedCard, *, roots: Sequence[bytes], at: datetime) -> Card:
    """The card, if it is to be believed at a moment.

    Args:
        signed: the card and its proof.
        roots: certificates that we trust to say who an organisation is, DER.
        at: when certificates and card must count, aware.

    Raises:
        RecordBrokenError: `card-untrusted`; the message says which of it does not hold.
    """
    if len(signed.card) + len(signed.proof) > LARGEST_CARD:
        raise _untrusted(signed, f"it is larger than {LARGEST_CARD} bytes")
    try:
        card = msgspec.json.decode(signed.card, type=Card)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _untrusted(signed, f"it is no card: {error}") from error
    try:
        signer, others = _who_signed(signed)
    except InvalidSignature:
        raise _untrusted(
            signed, "the signature is not one of its certificate over this card"
        ) from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise _untrusted(signed, f"its proof cannot be read: {error}") from error
    _lead_to_a_root(signed, signer, others, roots, at)
    names = _names(signer)
    if card.name not in names:
        told = ", ".join(sorted(names)) or "no name"
        raise _untrusted(signed, f"it is {card.name}'s, but its certificate is of {told}")
    if not _counts(card, at):
        raise _untrusted(signed, "it does not count yet, or no longer")
    return card


def _counts(card: Card, at: datetime) -> bool:
    if card.issued_at.tzinfo is None or card.expires_at.tzinfo is None:
        return False
    return card.issued_at <= at < card.expires_at


def _who_signed(signed: SignedCard) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The certificate whose signature the proof holds, and the others that came with it."""
    content_info = cms.ContentInfo.load(signed.proof, strict=True)
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
    signer = next(each for each in certificates if _is_named(each, info["sid"]))
    _verify_attributes(info, signed.card, signer)
    return signer, [each for each in certificates if each != signer]


def _is_named(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "issuer_and_serial_number":
        return bool(
            sid.chosen["serial_number"].native == certificate.serial_number
            and sid.chosen["issuer"].dump() == certificate.issuer.public_bytes()
        )
    known = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return bool(sid.chosen.native == known.value.digest)


def _verify_attributes(info: cms.SignerInfo, card: bytes, signer: x509.Certificate) -> None:
    attributes: dict[str, cms.SetOf] = {}
    for each in info["signed_attrs"]:
        if each["type"].native in attributes:
            raise ValueError("a signed attribute is there twice")
        attributes[each["type"].native] = each["values"]
    digest_name = info["digest_algorithm"]["algorithm"].native
    if digest_name not in _HASHES:
        raise ValueError(f"{digest_name} is no digest that we take")
    if attributes["content_type"].native != ["data"]:
        raise ValueError("it says that it signs something else than data")
    if attributes["message_digest"].native != [hashlib.new(digest_name, card).digest()]:
        raise InvalidSignature
    if "signing_certificate_v2" in attributes:
        _refuse_other_certificate(attributes["signing_certificate_v2"][0], signer)
    signed_bytes = b"\x31" + info["signed_attrs"].dump(force=True)[1:]
    _verify_signature(info, signed_bytes, signer, digest_name)


def _refuse_other_certificate(named: tsp.SigningCertificateV2, signer: x509.Certificate) -> None:
    first = named["certs"][0]
    name = first["hash_algorithm"]["algorithm"].native
    if first["cert_hash"].native != signer.fingerprint(_HASHES[name]):
        raise ValueError("it names another certificate than the one that came with it")


def _verify_signature(
    info: cms.SignerInfo, signed: bytes, signer: x509.Certificate, digest_name: str
) -> None:
    algorithm = info["signature_algorithm"]
    value = info["signature"].native
    key = signer.public_key()
    kind = algorithm.signature_algo
    if kind == "rsassa_pss":
        parameters = algorithm["parameters"]
        name = parameters["hash_algorithm"]["algorithm"].native
        generator = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    else:
        name = generator = (
            digest_name if kind == algorithm["algorithm"].native else (algorithm.hash_algo)
        )
    if name not in _HASHES or generator not in _HASHES:
        raise ValueError(f"{name} is no digest that we take")
    match key, kind:
        case rsa.RSAPublicKey(), "rsassa_pkcs1v15":
            key.verify(value, signed, padding.PKCS1v15(), _HASHES[name])
        case rsa.RSAPublicKey(), "rsassa_pss":
            salt = int(algorithm["parameters"]["salt_length"].native)
            scheme = padding.PSS(mgf=padding.MGF1(_HASHES[generator]), salt_length=salt)
            key.verify(value, signed, scheme, _HASHES[name])
        case ec.EllipticCurvePublicKey(), "ecdsa":
            key.verify(value, signed, ec.ECDSA(_HASHES[name]))
        case _:
            raise ValueError(f"{kind} is no signature that we take, or not of that key")


def _lead_to_a_root(
    signed: SignedCard,
    signer: x509.Certificate,
    others: list[x509.Certificate],
    roots: Sequence[bytes],
    at: datetime,
) -> None:
    if not roots:
        raise _untrusted(signed, "there is no root that we trust for partners")
    try:
        store = Store([x509.load_der_x509_certificate(each) for each in roots])
        verifier = (
            PolicyBuilder()
            .store(store)
            .time(at)
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNS_DOCUMENTS
            )
            .build_client_verifier()
        )
        verifier.verify(signer, others)
    except (VerificationError, ValueError) as error:
        raise _untrusted(
            signed, f"its certificate does not lead to a root that we trust: {error}"
        ) from error


def _may_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("its key may not sign documents")


def _is_no_authority(
    _policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints | None
) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("it is an authority's, not an organisation's")


_SIGNS_DOCUMENTS: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_no_authority)
)


def _names(certificate: x509.Certificate) -> set[str]:
    return {
        str(each.value)
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for each in certificate.subject.get_attributes_for_oid(kind)
    }


def _untrusted(signed: SignedCard, why: str) -> RecordBrokenError:
    digest = hashlib.sha256(signed.card).hexdigest()
    return RecordBrokenError(
        f"card {digest[:16]}… is not to be believed: {why}", fault="card-untrusted"
    )
