"""A person's own key in a token: a card, a stick, or a place in an HSM that is theirs.

People sign what they approve and what they stop in a process of their own, on a machine of their
own. Nothing here is used by the gateway or its signer, which redeems grants (`hsm.signer`).
"""

from dataclasses import dataclass
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.types import SignMixin

from hsm.config import PinSource
from hsm.errors import (
    DigestLengthError,
    KeyStoreError,
    TokenAbsentError,
    TokenFailedError,
    UnknownKeyError,
)
from hsm.interfaces import KeyDescription, Mechanism
from hsm.key_uri import KeyPlace
from hsm.pin import Pin, SecretsHandler, read_pin
from hsm.token.faults import name_of
from hsm.token.key_objects import LoadedKey, load_private
from hsm.token.login import log_in
from hsm.token.mechanisms import RULES, encode
from hsm.token.module import Module

KEY: str = "person"
"""What the one key of a `PersonalKey` is called."""

_MECHANISMS: dict[KeyType, Mechanism] = {
    KeyType.EC_EDWARDS: "ed25519",
    KeyType.EC: "ecdsa-p256-sha256",
}
_PIN_CURE = "look which PIN it was, then run the command again"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The key as `load_private` wants it."""

    id: str
    label: str
    mechanism: Mechanism


class PersonalKey:
    """One key, Ed25519 or on P-256, and the session that uses it; implements `hsm.KeyStore`.

    MUST be used by one thread at a time.
    """

    def __init__(self, session: pkcs11.Session, private: SignMixin, loaded: LoadedKey) -> None:
        self._session = session
        self._private = private
        self._loaded = loaded

    def describe(self) -> tuple[KeyDescription, ...]:
        """See `KeyStore`."""
        return (self._loaded.description,)

    def sign(self, key: str, digest: bytes) -> bytes:
        """See `KeyStore`."""
        if len(digest) != self._loaded.rules.digest_length:
            raise DigestLengthError(f"{len(digest)} bytes are no digest that this key signs")
        return self._signed(key, digest)

    def sign_message(self, key: str, message: bytes) -> bytes:
        """See `KeyStore`."""
        if self._loaded.rules.digest_length is not None:
            raise UnknownKeyError("this key signs digests, not messages")
        return self._signed(key, message)

    def close(self) -> None:
        """Log out."""
        self._session.close()

    def _signed(self, key: str, signed: bytes) -> bytes:
        if key != KEY:
            raise UnknownKeyError(f"no key is called {key!r}")
        rules = self._loaded.rules
        try:
            raw = self._private.sign(rules.prefix + signed, mechanism=rules.raw)
        except pkcs11.PKCS11Error as error:
            raise TokenFailedError(
                f"the token answered {name_of(error)} and has signed nothing: put it in again, and "
                "run the command once more"
            ) from error
        signature = encode(rules, raw)
        self._loaded.check(signature, signed)
        return signature


class PersonalTokens:
    """The tokens of those who sign in this process: each module is loaded once, whoever signs."""

    def __init__(self, *, ask_pin: SecretsHandler) -> None:
        self._ask_pin = ask_pin
        self._modules: dict[Path, Module] = {}
        self._keys: list[PersonalKey] = []

    def open(self, place: KeyPlace) -> PersonalKey:
        """Log in and find the key.

        Raises:
            PinUnreadableError, PinRefusedError: nobody is logged in.
            TokenAbsentError: module, token or key is not there, or there are several.
            KeyStoreError: the key is of another kind, or may not sign.
        """
        token = _token(self._module(place.module), place)
        asked = place.pin_file is None
        source = PinSource(ask=True) if asked else PinSource(file=_full(place.pin_file))
        pin = read_pin(source, ask=self._ask_pin, question=f"PIN of token {token.label!r}: ")
        key = _opened(token, place, pin)
        self._keys.append(key)
        return key

    def close(self) -> None:
        """Log out everywhere."""
        while self._keys:
            self._keys.pop().close()
        for module in self._modules.values():
            module.release()
        self._modules.clear()

    def _module(self, named: Path | None) -> Module:
        if named is None:
            raise TokenAbsentError(
                "no PKCS#11 module is named: add ?module-path=/… to the URI, or --pkcs11-module"
            )
        path = _full(named)
        if path not in self._modules:
            if not path.is_file():
                raise TokenAbsentError(
                    f"there is no PKCS#11 module {path}: the token's vendor says where its .so is"
                )
            try:
                self._modules[path] = Module(path, environment={}, serialize=True)
            except TokenAbsentError as error:
                raise TokenAbsentError(
                    f"the PKCS#11 module {path} cannot be used: try it with the vendor's own tool; "
                    "SoftHSM2 wants SOFTHSM2_CONF in the environment"
                ) from error
        return self._modules[path]


def _full(path: Path | None) -> Path:
    return Path() if path is None else path.absolute()


def _token(module: Module, place: KeyPlace) -> pkcs11.Token:
    present = module.tokens()
    found = [token for token in present if place.token.items() <= _said_of(token).items()]
    if len(found) == 1:
        return found[0]
    wanted = ";".join(f"{word}={value}" for word, value in place.token.items()) or "token"
    there = ", ".join(f"token={token.label} serial={_serial(token)}" for token in present)
    raise TokenAbsentError(
        f"the module has {len(found) or 'no'} {wanted}; it has: {there or 'no token at all'}. "
        "Name one by token= and serial=, and look whether it is put in"
    )


def _said_of(token: pkcs11.Token) -> dict[str, str]:
    return {
        "token": token.label,
        "serial": _serial(token),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
    }


def _serial(token: pkcs11.Token) -> str:
    return token.serial.decode(errors="replace").strip()


def _opened(token: pkcs11.Token, place: KeyPlace, pin: Pin) -> PersonalKey:
    try:
        session = log_in(token, pin, cure=_PIN_CURE)
        try:
            private = _private_key(session, place)
            wanted = _Wanted(
                id=KEY,
                label=private[Attribute.LABEL],
                mechanism=_mechanism_of(private),
            )
            loaded = load_private(session, private, wanted)
        except BaseException:
            session.close()
            raise
    except pkcs11.PKCS11Error as error:
        raise TokenFailedError(
            f"token {token.label!r} answered {name_of(error)}: try it with the vendor's own tool"
        ) from error
    return PersonalKey(session, private, loaded)


def _private_key(session: pkcs11.Session, place: KeyPlace) -> SignMixin:
    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if place.label is not None:
        wanted[Attribute.LABEL] = place.label
    if place.identifier is not None:
        wanted[Attribute.ID] = place.identifier
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        every = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        there = ", ".join(sorted(f"object={key[Attribute.LABEL]}" for key in every))
        raise TokenAbsentError(
            f"{len(found) or 'no'} private keys of token {session.token.label!r} are meant; it has "
            f"{there or 'none'}. Name one by object= or id="
        )
    private = found[0]
    if not isinstance(private, SignMixin):
        raise KeyStoreError(f"{private[Attribute.LABEL]!r} may not sign: CKA_SIGN is false")
    return private


def _mechanism_of(private: pkcs11.Object) -> Mechanism:
    mechanism = _MECHANISMS.get(KeyType(private[Attribute.KEY_TYPE]))
    if mechanism is None or private[Attribute.EC_PARAMS] not in RULES[mechanism].curve:
        raise KeyStoreError(
            f"{private[Attribute.LABEL]!r} is neither an Ed25519 key nor one on P-256: people sign "
            "with these, make such a key on the token"
        )
    return mechanism
