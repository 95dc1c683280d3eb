"""The proof that a token holds the keys that another holds, before it may sign for it."""

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.answers import error_of
from hsm.checking import PublicKey, software_check
from hsm.errors import BadSignatureError, KeyStoreError, OtherKeysError, SignerUnavailableError
from hsm.interfaces import KeyDescription
from hsm.sentences import signed_in_test
from hsm.wire import Failure, ProveKey, Signature, decode_from_signer, encode
from processes.channel import AsyncChannel

_CURE = (
    "copy the key from the first token by the vendor's backup or cloning, or take the token out "
    "of hsm.replicas"
)


async def prove(
    channel: AsyncChannel, found: Sequence[KeyDescription], wanted: Sequence[KeyDescription]
) -> None:
    """Compare the public keys, and have every key sign; nothing else may use the channel meanwhile.

    Args:
        channel: to a signer that has greeted.
        found: the keys that it says its token has.
        wanted: the keys that it must be, of the token that serves already.

    Raises:
        OtherKeysError: one is another key, or does not sign.
        KeyStoreError: the token failed.
        SignerUnavailableError: the signer does not speak as this version does.
        ChannelClosedError, msgspec.DecodeError: from the channel.
    """
    compare(found, wanted)
    asked = dict(enumerate(wanted, start=1))
    for number, key in asked.items():
        channel.send(encode(ProveKey(number=number, key=key.id)))
    while asked:
        match decode_from_signer(await channel.receive()):
            case Signature(number=number, value=value) if number in asked:
                check_proof(asked.pop(number), value)
            case Failure() as failure:
                error = error_of(failure)
                raise error if isinstance(error, KeyStoreError) else KeyStoreError(str(error))
            case _:
                raise SignerUnavailableError("the signer does not speak as this version does")


def compare(found: Sequence[KeyDescription], wanted: Sequence[KeyDescription]) -> None:
    """Compare mechanisms and public keys. Where a key was made may differ.

    Raises:
        OtherKeysError: they are not the same.
    """
    there = {key.id: key for key in found}
    for key in wanted:
        other = there.get(key.id)
        if other is None or (other.mechanism, other.public_key) != (key.mechanism, key.public_key):
            if other is None:
                raise OtherKeysError(
                    f"key {key.id!r} is not the first token's, as there is none here: {_CURE}; if "
                    "config.yaml says that it is retired, send USR1 to the gateway"
                )
            said = _print_of(other)
            raise OtherKeysError(
                f"key {key.id!r} is not the first token's: its public key is {said} here and "
                f"{_print_of(key)} there: {_CURE}"
            )


def check_proof(key: KeyDescription, signature: bytes) -> None:
    """Verify the signature of the first sentence under this public key.

    Raises:
        OtherKeysError: it does not verify.
    """
    public_key = load_der_public_key(key.public_key)
    if not isinstance(public_key, PublicKey):
        raise OtherKeysError(f"key {key.id!r} is of a type that no mechanism uses")
    try:
        software_check(key.mechanism, public_key)(signature, signed_in_test(key.mechanism, 0))
    except BadSignatureError:
        raise OtherKeysError(
            f"key {key.id!r} has the first token's public key, but what it signs does not verify "
            f"with it: {_CURE}"
        ) from None


def _print_of(key: KeyDescription) -> str:
    return f"SHA-256 {hashlib.sha256(key.public_key).hexdigest()} ({key.mechanism})"
