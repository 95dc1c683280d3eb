"""Reads what may be known of a key from the token: its public half, and where it came from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pkcs11
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, ObjectClass

from hsm.checking import PublicKey, software_check
from hsm.errors import KeyStoreError, TokenAbsentError
from hsm.interfaces import KeyDescription, Mechanism
from hsm.token.mechanisms import RULES, Rules

_CURVES: dict[Mechanism, ec.EllipticCurve] = {
    "ecdsa-p256-sha256": ec.SECP256R1(),
    "ecdsa-p384-sha384": ec.SECP384R1(),
}
_OCTET_STRING = 0x04
_SMALLEST_RSA_BITS = 2048


class WantedKey(Protocol):
    """A key that is to be loaded, such as `hsm.config.KeyConfig`."""

    @property
    def id(self) -> str:
        """What we call it."""
        ...

    @property
    def label(self) -> str:
        """CKA_LABEL."""
        ...

    @property
    def mechanism(self) -> Mechanism:
        """The one that it is used with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedKey:
    """A key that is ready for use.

    Attributes:
        description: what the world may know.
        rules: how the token is asked.
        check: the software check of each signature, `check(signature, signed)`.
    """

    description: KeyDescription
    rules: Rules
    check: Callable[[bytes, bytes], None]


def load_key(session: pkcs11.Session, key: WantedKey) -> LoadedKey:
    """Read the key pair, or the private key and its certificate, from the token.

    Raises:
        TokenAbsentError: there is no such key, it is of another type, or its public half is
            nowhere on the token.
        KeyStoreError: the token cannot do the mechanism, or the key wants a PIN for each use.
        pkcs11.PKCS11Error: the token failed.
    """
    private = _only(session, ObjectClass.PRIVATE_KEY, key)
    if private is None:
        raise TokenAbsentError(
            f"key {key.id!r}: token {session.token.label!r} has no private key labelled "
            f"{key.label!r}: check hsm.keys, or make the key with `sealgate init`"
        )
    return load_private(session, private, key)


def load_private(session: pkcs11.Session, private: pkcs11.Object, key: WantedKey) -> LoadedKey:
    """The rest of `load_key`, for a private key that is found already."""
    rules = RULES[key.mechanism]
    _refuse_what_cannot_work(session, private, key, rules)
    public_key = _public_key(session, private, key, rules)
    return LoadedKey(
        description=KeyDescription(
            id=key.id,
            label=key.label,
            mechanism=key.mechanism,
            public_key=public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            local=_flag(private, Attribute.LOCAL),
            sensitive=_flag(private, Attribute.ALWAYS_SENSITIVE),
            never_extractable=_flag(private, Attribute.NEVER_EXTRACTABLE),
        ),
        rules=rules,
        check=software_check(key.mechanism, public_key),
    )


def _only(
    session: pkcs11.Session,
    object_class: ObjectClass,
    key: WantedKey,
    *,
    identifier: bytes | None = None,
) -> pkcs11.Object | None:
    wanted = {Attribute.LABEL: key.label} if identifier is None else {Attribute.ID: identifier}
    found = list(session.get_objects({Attribute.CLASS: object_class, **wanted}))
    if len(found) > 1:
        kind = object_class.name.lower().replace("_", " ")
        raise TokenAbsentError(
            f"key {key.id!r}: the token has {len(found)} objects of class {kind!r} for label "
            f"{key.label!r}: which one is meant cannot be told, delete or relabel the others"
        )
    return found[0] if found else None


def _refuse_what_cannot_work(
    session: pkcs11.Session, private: pkcs11.Object, key: WantedKey, rules: Rules
) -> None:
    key_type = KeyType(private[Attribute.KEY_TYPE])
    if key_type is not rules.key_type:
        raise TokenAbsentError(
            f"key {key.id!r}: {key.label!r} on the token is of type {key_type.name}, which "
            f"{key.mechanism} cannot use: correct the mechanism or the label in hsm.keys"
        )
    if rules.raw not in session.token.slot.get_mechanisms():
        cure = (
            "use rsa-pkcs1-sha256 for this key, or a firmware that has RSASSA-PSS"
            if key.mechanism == "rsa-pss-sha256"
            else "choose another mechanism, or ask the vendor for a firmware that has it"
        )
        raise KeyStoreError(
            f"key {key.id!r}: the token does not offer CKM_{rules.raw.name}, which "
            f"{key.mechanism} needs: {cure}"
        )
    if not _flag(private, Attribute.SIGN):
        raise KeyStoreError(
            f"key {key.id!r}: {key.label!r} may not sign (CKA_SIGN is false): it was made for "
            "another use, take or make another key"
        )
    if _flag(private, Attribute.ALWAYS_AUTHENTICATE):
        raise KeyStoreError(
            f"key {key.id!r}: {key.label!r} wants the PIN for every use (CKA_ALWAYS_AUTHENTICATE): "
            "that is for a person at a card, make a key without it"
        )


def _public_key(
    session: pkcs11.Session, private: pkcs11.Object, key: WantedKey, rules: Rules
) -> PublicKey:
    public = _only(session, ObjectClass.PUBLIC_KEY, key)
    if public is not None:
        return _from_object(public, key, rules)
    certificate = _only(session, ObjectClass.CERTIFICATE, key)
    identifier: bytes | None = _optional(private, Attribute.ID)
    if certificate is None and identifier:
        public = _only(session, ObjectClass.PUBLIC_KEY, key, identifier=identifier)
        if public is not None:
            return _from_object(public, key, rules)
        certificate = _only(session, ObjectClass.CERTIFICATE, key, identifier=identifier)
    if certificate is None:
        raise TokenAbsentError(
            f"key {key.id!r}: the token has neither a public key nor a certificate labelled "
            f"{key.label!r} or with the private key's CKA_ID, so signatures could not be checked: "
            "write the certificate to the token (pkcs11-tool --write-object … --type cert)"
        )
    return _from_certificate(certificate, key)


def _from_object(public: pkcs11.Object, key: WantedKey, rules: Rules) -> PublicKey:
    if rules.key_type is KeyType.RSA:
        modulus = int.from_bytes(public[Attribute.MODULUS])
        if modulus.bit_length() < _SMALLEST_RSA_BITS:
            raise KeyStoreError(
                f"key {key.id!r}: RSA with {modulus.bit_length()} bits is too short: make a key "
                f"of at least {_SMALLEST_RSA_BITS}"
            )
        exponent = int.from_bytes(public[Attribute.PUBLIC_EXPONENT])
        return RSAPublicNumbers(e=exponent, n=modulus).public_key()
    if public[Attribute.EC_PARAMS] not in rules.curve:
        raise TokenAbsentError(
            f"key {key.id!r}: {key.label!r} is on another curve than {key.mechanism} wants "
            f"(CKA_EC_PARAMS {public[Attribute.EC_PARAMS].hex()}): correct the mechanism"
        )
    point = _unwrapped(public[Attribute.EC_POINT])
    try:
        if rules.key_type is KeyType.EC_EDWARDS:
            return Ed25519PublicKey.from_public_bytes(point)
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[key.mechanism], point)
    except ValueError as error:
        raise KeyStoreError(
            f"key {key.id!r}: the token's CKA_EC_POINT is no public key: {error}"
        ) from error


def _unwrapped(point: bytes) -> bytes:
    # CKA_EC_POINT is a DER OCTET STRING (PKCS#11 2.40 §2.3.3), but some tokens give the bare point.
    # A bare uncompressed point starts with 0x04 too, so the length has to fit as well.
    bare_length = len(point) - 2
    if bare_length > 0 and point[0] == _OCTET_STRING and point[1] == bare_length:
        return point[2:]
    return point


def _from_certificate(certificate: pkcs11.Object, key: WantedKey) -> PublicKey:
    try:
        public_key = x509.load_der_x509_certificate(certificate[Attribute.VALUE]).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyStoreError(
            f"key {key.id!r}: the certificate on the token cannot be read: {error}"
        ) from error
    match public_key:
        case RSAPublicKey() if RULES[key.mechanism].key_type is KeyType.RSA:
            fits = public_key.key_size >= _SMALLEST_RSA_BITS
        case ec.EllipticCurvePublicKey() if key.mechanism in _CURVES:
            fits = public_key.curve.name == _CURVES[key.mechanism].name
        case Ed25519PublicKey():
            fits = key.mechanism == "ed25519"
        case _:
            fits = False
    if not fits or not isinstance(public_key, PublicKey):
        raise TokenAbsentError(
            f"key {key.id!r}: the certificate on the token is not for a key that {key.mechanism} "
            "can use (type, curve, or RSA below 2048 bits): correct the mechanism or the label"
        )
    return public_key


def _flag(item: pkcs11.Object, attribute: Attribute) -> bool:
    return bool(_optional(item, attribute))


def _optional(item: pkcs11.Object, attribute: Attribute) -> Any:  # noqa: ANN401 - by attribute
    try:
        return item[attribute]
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, pkcs11.FunctionFailed):
        return None  # an attribute that the token does not keep
