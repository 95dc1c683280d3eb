"""Has a token make the keys of a plan that it has not: what is there is compared, never changed."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
import pkcs11
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, ObjectClass

from hsm.ceremonies.ceremony import make_pair
from hsm.ceremonies.planned import CeremonyPlan, FoundKey, FoundToken, PlannedKey
from hsm.config import HSMConfig
from hsm.errors import KeyRoomError, KeyStoreError, TokenAbsentError, TokenFailedError
from hsm.pin import Pin
from hsm.token.faults import name_of
from hsm.token.key_objects import load_key
from hsm.token.login import log_in
from hsm.token.module import Module

_WANTED: Mapping[Attribute, bool] = MappingProxyType(
    {
        Attribute.LOCAL: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.ALWAYS_SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.NEVER_EXTRACTABLE: True,
        Attribute.SIGN: True,
        Attribute.SIGN_RECOVER: False,
        Attribute.DECRYPT: False,
        Attribute.UNWRAP: False,
        Attribute.DERIVE: False,
    }
)
_MAY_BE_SILENT = frozenset({Attribute.SIGN_RECOVER, Attribute.DERIVE})
"""Attributes that many tokens do not keep. Of the others a token that says nothing is refused."""
_ED25519_BITS = 256
_NO_RSA_BITS: Final = 3072  # what an RSA key would have; no other key is made by it


def look(config: HSMConfig, plan: CeremonyPlan, *, pin: Pin) -> FoundToken:
    """Say what the token has of the plan; changes nothing.

    Raises:
        PinRefusedError: the token refused the PIN.
        TokenAbsentError: it is not there, or is another one than the plan's.
        TokenFailedError: it answered with an error.
    """
    with _module(config) as module:
        token = _token(module, config, plan)
        with _told(), log_in(token, pin) as session:
            return _found(token, tuple(_looked_at(session, each) for each in plan.keys))


def make_missing(
    config: HSMConfig, plan: CeremonyPlan, *, pin: Pin, made: Callable[[FoundKey], None]
) -> FoundToken:
    """Make what is missing, one key after the other; a second run goes on where one broke off.

    Nothing is made if any key of the plan is there and is not what was planned.

    Args:
        config: the `hsm:` section; its keys do not matter.
        plan: the keys.
        pin: the user PIN.
        made: is told each key that was made, before the next is begun.

    Raises:
        KeyStoreError: as `look`; or a key is another one, or came out other than it was ordered.
    """
    with _module(config) as module:
        token = _token(module, config, plan)
        with _told(), log_in(token, pin, read_write=True) as session:
            before = [_looked_at(session, each) for each in plan.keys]
            _refuse_others(before)
            after = []
            for planned, found in zip(plan.keys, before, strict=True):
                if found.state != "missing":
                    after.append(found)
                    continue
                make_pair(
                    session,
                    label=planned.label,
                    mechanism=planned.mechanism,
                    rsa_bits=planned.bits or _NO_RSA_BITS,
                )
                new = _looked_at(session, planned)
                _refuse_others([new])
                after.append(msgspec.structs.replace(new, state="made"))
                made(after[-1])
            return _found(token, tuple(after))


def _refuse_others(found: list[FoundKey]) -> None:
    told = [f"key {each.id!r}: {why}" for each in found for why in each.differences]
    if told:
        raise KeyStoreError(
            "the token has keys that are not what was planned: "
            + "; ".join(told)
            + ". Choose other labels, or have the vendor's tool delete what is not in use"
        )


def _module(config: HSMConfig) -> Module:
    return Module(config.module, environment=config.environment, serialize=config.serialize)


def _token(module: Module, config: HSMConfig, plan: CeremonyPlan) -> pkcs11.Token:
    token = module.token(label=config.token_label, slot=config.slot)
    if token.label != plan.token:
        raise TokenAbsentError(
            f"the ceremony is for token {plan.token!r}, and config.yaml leads to {token.label!r}: "
            "look which of the two is wrong"
        )
    return token


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors of the token, in our words."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise TokenFailedError(
            f"the token answered {name_of(error)}: look at the device, then run this again; keys "
            "that are made already are kept"
        ) from error


def _looked_at(session: pkcs11.Session, planned: PlannedKey) -> FoundKey:
    private = list(
        session.get_objects(
            {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: planned.label}
        )
    )
    missing = FoundKey(
        id=planned.id, label=planned.label, mechanism=planned.mechanism, state="missing"
    )
    if not private:
        return missing
    try:
        public = load_key(session, planned).description.public_key
    except KeyRoomError as error:
        return msgspec.structs.replace(missing, state="other", differences=(str(error),))
    attributes = {each.name: _flag(private[0], each) for each in _WANTED}
    bits = _bits(public)
    differences = [
        f"CKA_{each.name} is {_said(attributes[each.name])} instead of {_said(wanted)}"
        for each, wanted in _WANTED.items()
        if attributes[each.name] is not wanted
        and not (attributes[each.name] is None and each in _MAY_BE_SILENT)
    ]
    if planned.bits not in {None, bits}:
        differences.append(f"it has {bits} bits instead of {planned.bits}")
    return FoundKey(
        id=planned.id,
        label=planned.label,
        mechanism=planned.mechanism,
        state="other" if differences else "found",
        bits=bits,
        public_key_sha256=hashlib.sha256(public).hexdigest(),
        attributes=attributes,
        differences=tuple(differences),
    )


def _flag(item: pkcs11.Object, attribute: Attribute) -> bool | None:
    try:
        return bool(item[attribute])
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, pkcs11.FunctionFailed):
        return None


def _said(value: bool | None) -> str:  # noqa: FBT001 - it is what is said
    return "not told" if value is None else str(value).lower()


def _bits(public_key: bytes) -> int:
    key = load_der_public_key(public_key)
    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return key.key_size
    return _ED25519_BITS


def _found(token: pkcs11.Token, keys: tuple[FoundKey, ...]) -> FoundToken:
    return FoundToken(
        label=token.label,
        serial=token.serial.decode(errors="replace").strip(),
        manufacturer=str(token.manufacturer_id).strip(),
        model=str(token.model).strip(),
        firmware=".".join(str(each) for each in token.firmware_version),
        keys=keys,
    )
