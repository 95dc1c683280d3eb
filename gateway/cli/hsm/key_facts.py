"""What the signer says of its keys, as the commands tell it."""

import asyncio
import hashlib

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.wiring.machine.launching import start_signer
from hsm.client import Admit, SignerClient
from hsm.config import HSMConfig
from hsm.interfaces import KeyDescription
from hsm.replicas.proving import prove
from hsm.wire import Greeting
from processes.channel import AsyncChannel
from processes.keeper import OwnSigner

_ED25519_BITS = 256


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One key.

    Attributes:
        id: its name in config.yaml.
        label: CKA_LABEL.
        mechanism: the one that it is used with.
        purpose: `seal` or `checkpoint`.
        bits: of the RSA modulus or the curve's field.
        local: it was generated on the token.
        sensitive: it was never readable in the clear.
        never_extractable: it could never be wrapped out.
        public_key_sha256: of the SubjectPublicKeyInfo, hex.
    """

    id: str
    label: str
    mechanism: str
    purpose: str
    bits: int
    local: bool
    sensitive: bool
    never_extractable: bool
    public_key_sha256: str


def ask_signer(
    config: HSMConfig, *, pin: str | None, same_as: tuple[KeyDescription, ...] | None = None
) -> tuple[KeyDescription, ...]:
    """Start a signer of our own, have it test itself, and end it; gives the keys that it has.

    It works while the gateway runs, as long as the token has room for the sessions. With `same_as`
    it has to prove that its keys are those of another token.

    Raises:
        KeyStoreError: why the signer cannot serve.
        SignerUnavailableError: it said nothing in time.
    """
    admit = None if same_as is None else _admitting(same_as)
    return asyncio.run(_ask_signer(config, pin, admit))


def _admitting(wanted: tuple[KeyDescription, ...]) -> Admit:
    async def admit(channel: AsyncChannel, greeting: Greeting) -> None:
        await prove(channel, greeting.keys, wanted)

    return admit


async def _ask_signer(
    config: HSMConfig, pin: str | None, admit: Admit | None
) -> tuple[KeyDescription, ...]:
    source = OwnSigner(lambda: start_signer(config, pin))
    try:
        async with SignerClient(
            source,
            deadline_seconds=config.deadline_seconds,
            restart=config.restart,
            admit=admit,
        ) as client:
            return client.keys
    finally:
        source.stop()


def facts_of(key: KeyDescription, config: HSMConfig) -> KeyFacts:
    """The description in a form that can be told."""
    (configured,) = (each for each in config.keys if each.id == key.id)
    return KeyFacts(
        id=key.id,
        label=key.label,
        mechanism=key.mechanism,
        purpose=configured.purpose,
        bits=_bits(key.public_key),
        local=key.local,
        sensitive=key.sensitive,
        never_extractable=key.never_extractable,
        public_key_sha256=hashlib.sha256(key.public_key).hexdigest(),
    )


def _bits(public_key: bytes) -> int:
    key = load_der_public_key(public_key)
    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return key.key_size
    return _ED25519_BITS
