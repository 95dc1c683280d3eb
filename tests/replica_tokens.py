"""Tokens that hold the same keys, as a backup or cloning makes them, and a signer on them."""

import contextlib
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, ObjectClass

from gateway.cli.trial.installation import Trial
from hsm.ceremonies.ceremony import initialise_token, write_softhsm_config
from hsm.config import HSMConfig, KeyConfig
from hsm.pin import Pin
from hsm.replicas.replicas import ReplicatedSigner
from hsm.token.login import log_in
from hsm.token.mechanisms import RULES
from hsm.token.module import Module
from tests.hsm_fixtures import PIN, SO_PIN, SoftToken, blank_soft_token
from tests.signer_fixtures import Source

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

KEYS = (
    {"id": "rsa", "label": "rsa-key", "mechanism": "rsa-pkcs1-sha256"},
    {"id": "p256", "label": "p256-key", "mechanism": "ecdsa-p256-sha256"},
    {"id": "log", "label": "log-key", "mechanism": "ed25519", "purpose": "checkpoint"},
)


def new_keys() -> dict[str, PrivateKey]:
    """One for each of KEYS, made in software: a token's own keys do not come out of it."""
    return {
        "rsa": generate_rsa(65537, 2048),
        "p256": generate_ec(SECP256R1()),
        "log": Ed25519PrivateKey.generate(),
    }


def token_with(
    keys: Mapping[str, PrivateKey],
    directory: Path,
    *,
    label: str,
    shown: Mapping[str, PrivateKey] | None = None,
) -> SoftToken:
    """A fresh token that these keys are written to; the public halves may be those of others.

    Args:
        keys: by id.
        directory: of its own.
        label: of the token.
        shown: whose public keys the token shows.
    """
    token = blank_soft_token(directory, token_label=label, keys=KEYS)
    initialise_token(token.config, so_pin=Pin(SO_PIN), pin=Pin(PIN))
    config = token.config
    with Module(config.module, environment=config.environment, serialize=False) as module:
        found = module.token(label=label, slot=None)
        with log_in(found, Pin(PIN), read_write=True) as session:
            for key in config.keys:
                session.create_object(_private_half(key, keys[key.id]))
                session.create_object(_public_half(key, (shown or keys)[key.id]))
    return token


def copied_token(original: SoftToken, directory: Path) -> SoftToken:
    """The same token once more, by its label: SoftHSM's tokens are only files."""
    label = original.config.token_label
    copied = blank_soft_token(directory, token_label=label, keys=original.config.keys)
    shutil.copytree(original.directory / "tokens", directory / "tokens", dirs_exist_ok=True)
    return copied


def restored_token(trial: Trial, place: Path) -> dict[str, object]:
    """A copy of a trial's token as `hsm.replicas` names it: a backup that was restored."""
    shutil.copytree(trial.hsm / "tokens", place / "tokens")
    write_softhsm_config(place / "softhsm2.conf", tokens=place / "tokens")
    module = re.search(r"  module: (.*)", trial.config_file.read_text(encoding="utf-8"))
    assert module is not None
    return {
        "module": module[1],
        "token_label": "sealgate-demo",
        "pin": {"file": str(trial.pin_file)},
        "environment": {"SOFTHSM2_CONF": str(place / "softhsm2.conf")},
    }


def with_replicas(first: SoftToken, *further: SoftToken, **changes: object) -> HSMConfig:
    """The first token's section, which names the others as its replicas."""
    replicas = [
        {
            "module": each.config.module,
            "token_label": each.config.token_label,
            "pin": each.config.pin.model_dump(),
            "environment": each.config.environment,
        }
        for each in further
    ]
    quick = {"restart": {"first_seconds": 0.05, "longest_seconds": 0.2}}
    return first.reconfigured(**{"replicas": replicas, **quick, **changes})


def sources_of(config: HSMConfig) -> list[Source]:
    """What starts each token's signers."""
    return [Source(each) for each in config.tokens]


@contextlib.asynccontextmanager
async def signing_with(
    config: HSMConfig, sources: Sequence[Any] | None = None, *, probe_seconds: float = 3600.0
) -> AsyncIterator[ReplicatedSigner]:
    """A signer on these tokens, which looks after none of them by itself unless it is told to."""
    own = sources_of(config) if sources is None else []
    try:
        async with ReplicatedSigner(
            own if sources is None else sources, config, probe_seconds=probe_seconds
        ) as signer:
            yield signer
    finally:
        for each in own:
            each.own.stop()


def states(signer: ReplicatedSigner) -> tuple[str, ...]:
    """How the tokens stand, in one word each."""
    return tuple(each.state for each in signer.standings)


def _named(key: KeyConfig) -> dict[Attribute, object]:
    identifier = hashlib.sha256(key.label.encode()).digest()[:16]
    return {Attribute.TOKEN: True, Attribute.LABEL: key.label, Attribute.ID: identifier}


def _private_half(key: KeyConfig, private: PrivateKey) -> dict[Attribute, object]:
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: RULES[key.mechanism].key_type,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
        **_named(key),
        **dict(_secret(key, private)),
    }


def _secret(key: KeyConfig, private: PrivateKey) -> Iterator[tuple[Attribute, bytes]]:
    if isinstance(private, RSAPrivateKey):
        numbers = private.private_numbers()
        for attribute, number in (
            (Attribute.MODULUS, numbers.public_numbers.n),
            (Attribute.PUBLIC_EXPONENT, numbers.public_numbers.e),
            (Attribute.PRIVATE_EXPONENT, numbers.d),
            (Attribute.PRIME_1, numbers.p),
            (Attribute.PRIME_2, numbers.q),
            (Attribute.EXPONENT_1, numbers.dmp1),
            (Attribute.EXPONENT_2, numbers.dmq1),
            (Attribute.COEFFICIENT, numbers.iqmp),
        ):
            yield attribute, _big(number)
        return
    yield Attribute.EC_PARAMS, RULES[key.mechanism].curve[0]
    if isinstance(private, EllipticCurvePrivateKey):
        yield Attribute.VALUE, private.private_numbers().private_value.to_bytes(32)
    else:
        yield Attribute.VALUE, private.private_bytes_raw()


def _public_half(key: KeyConfig, private: PrivateKey) -> dict[Attribute, object]:
    rules = RULES[key.mechanism]
    shared = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: rules.key_type,
        Attribute.VERIFY: True,
        **_named(key),
    }
    if isinstance(private, RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        exponent, modulus = _big(numbers.e), _big(numbers.n)
        return {**shared, Attribute.MODULUS: modulus, Attribute.PUBLIC_EXPONENT: exponent}
    point = (
        private.public_key().public_bytes_raw()
        if isinstance(private, Ed25519PrivateKey)
        else private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return {
        **shared,
        Attribute.EC_PARAMS: rules.curve[0],
        Attribute.EC_POINT: bytes([0x04, len(point)]) + point,  # DER OCTET STRING
    }


def _big(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
