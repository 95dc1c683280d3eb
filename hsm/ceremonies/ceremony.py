"""Makes what `sealgate init` needs: a SoftHSM configuration, a token, and keys on it.

Each step keeps what is there already, so an init that broke off is started again. The PINs go to
the module's own functions: `softhsm2-util --pin` would show them to everybody who can run ps.
"""

import secrets
from pathlib import Path
from typing import Literal

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

from hsm.config import HSMConfig, KeyConfig
from hsm.errors import KeyStoreError, TokenAbsentError, TokenFailedError
from hsm.interfaces import KeyDescription, Mechanism
from hsm.pin import Pin
from hsm.token.faults import name_of
from hsm.token.key_objects import load_key
from hsm.token.login import log_in
from hsm.token.mechanisms import RULES
from hsm.token.module import CKR_OK, Module

RSABits = Literal[2048, 3072, 4096]

_LABEL_BYTES = 32


def write_softhsm_config(path: Path, *, tokens: Path) -> None:
    """Write softhsm2.conf and make the token directory, which only its owner may enter.

    Args:
        path: the file that SOFTHSM2_CONF will name.
        tokens: where SoftHSM keeps its tokens.

    Raises:
        KeyStoreError: there is another configuration in that place.
    """
    content = (
        f"directories.tokendir = {tokens}\n"
        "objectstore.backend = file\n"
        "log.level = ERROR\n"
        "slots.removable = false\n"
        "slots.mechanisms = ALL\n"
        # As real modules do: a child that was forked has to initialise for itself.
        "library.reset_on_fork = true\n"
    )
    if path.exists():
        if path.read_text(encoding="utf-8") != content:
            raise KeyStoreError(
                f"{path} exists and says something else than init would write: remove it if it is "
                "not in use, or choose another place"
            )
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    tokens.mkdir(mode=0o700, parents=True, exist_ok=True)


def initialise_token(config: HSMConfig, *, so_pin: Pin, pin: Pin) -> None:
    """Make the token that `config.token_label` names, on a blank slot. Erases nothing, ever.

    A token with that label is kept, keys and PIN and all; one that was left without a user PIN
    gets it now.

    Args:
        config: the `hsm:` section; it names the token by label.
        so_pin: the security officer's PIN, for a token that is to be made.
        pin: the user PIN that the token gets.

    Raises:
        KeyStoreError: no label, no blank slot, or the module refused.
    """
    label = config.token_label
    if label is None or len(label.encode()) > _LABEL_BYTES:
        raise KeyStoreError("to make a token, name it in hsm.token_label, in at most 32 bytes")
    with _module(config) as module:
        try:
            token = module.token(label=label, slot=None)
        except TokenAbsentError:
            _make_token(module, label, so_pin)
            token = module.token(label=label, slot=None)
        if token.flags & pkcs11.TokenFlag.USER_PIN_INITIALIZED:
            return
        try:
            with token.open(rw=True, so_pin=so_pin.reveal()) as session:
                session.init_pin(pin.reveal())
        except pkcs11.PKCS11Error as error:
            raise KeyStoreError(
                f"token {label!r} exists but has no user PIN, and setting it failed: "
                f"{name_of(error)}. Is the security officer's PIN the one of the first init?"
            ) from None


def generate_keys(
    config: HSMConfig, *, pin: Pin, rsa_bits: RSABits = 3072
) -> tuple[KeyDescription, ...]:
    """Make each configured key pair that is not there yet; gives all of them.

    Private keys are sensitive and not extractable, made on the token and used to sign only.

    Args:
        config: the `hsm:` section.
        pin: the user PIN.
        rsa_bits: length of new RSA keys. Keys that exist are not compared with it.

    Raises:
        PinRefusedError: the token refused the PIN.
        TokenAbsentError: no such token, or a key with that label is of another type.
        KeyStoreError: the token could not make a key.
    """
    with _module(config) as module:
        token = module.token(label=config.token_label, slot=config.slot)
        with log_in(token, pin, read_write=True) as session:
            try:
                return tuple(_keep_or_make(session, key, rsa_bits) for key in config.keys)
            except pkcs11.PKCS11Error as error:
                raise TokenFailedError(
                    f"the token could not make the keys: {name_of(error)}"
                ) from error


def _module(config: HSMConfig) -> Module:
    return Module(config.module, environment=config.environment, serialize=config.serialize)


def _make_token(module: Module, label: str, so_pin: Pin) -> None:
    slot = module.blank_slot()
    if slot is None:
        raise KeyStoreError(
            "there is no blank slot for a new token, and init erases none: free one with the "
            "vendor's tool"
        )
    code = module.initialise_blank_token(
        slot, so_pin=so_pin.reveal().encode(), label=label.encode().ljust(_LABEL_BYTES)
    )
    if code != CKR_OK:
        raise KeyStoreError(f"C_InitToken on slot {slot} answered 0x{code:08X}")
    # SoftHSM gives a new token its lasting slot number only then.
    module.initialise()


def _keep_or_make(session: pkcs11.Session, key: KeyConfig, rsa_bits: RSABits) -> KeyDescription:
    there = session.get_objects(
        {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: key.label}
    )
    if not list(there):
        make_pair(session, label=key.label, mechanism=key.mechanism, rsa_bits=rsa_bits)
    return load_key(session, key).description


def make_pair(
    session: pkcs11.Session, *, label: str, mechanism: Mechanism, rsa_bits: RSABits
) -> None:
    """Make a key pair on the token: sensitive, not extractable, to sign and for nothing else.

    Raises:
        pkcs11.PKCS11Error: the token refused.
    """
    rules = RULES[mechanism]
    # One CKA_ID for both halves, and later for the certificate: it is how tools match them.
    identifier = secrets.token_bytes(16)
    private = {
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.PRIVATE: True,
        Attribute.SIGN_RECOVER: False,
    }
    if rules.key_type is KeyType.RSA:
        session.generate_keypair(
            KeyType.RSA,
            rsa_bits,
            id=identifier,
            label=label,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template=private,
        )
        return
    curve = session.create_domain_parameters(
        rules.key_type, {Attribute.EC_PARAMS: rules.curve[0]}, local=True
    )
    curve.generate_keypair(
        id=identifier,
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        private_template=private,
    )
