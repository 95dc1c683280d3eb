"""The log's key as the token has it. A log that its token cannot sign for must not grow."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from gateway.audit.checkpoint import LogKey
from gateway.audit.errors import OtherLogKeyError
from hsm.config import HSMConfig
from hsm.interfaces import KeyDescription


def checkpoint_key(hsm: HSMConfig) -> str | None:
    """The id of the key that signs tree heads; None: none is configured."""
    return next((each.id for each in hsm.keys if each.purpose == "checkpoint"), None)


def key_on_token(keys: Iterable[KeyDescription], *, name: str, origin: str) -> LogKey | None:
    """What the token signs tree heads with; None: it has no such key, or one of another kind.

    Args:
        keys: those that it has.
        name: the id of the one with the purpose `checkpoint`.
        origin: the log's name, as config.yaml has it.
    """
    for each in keys:
        if each.id == name:
            public = load_der_public_key(each.public_key)
            if isinstance(public, Ed25519PublicKey):
                return LogKey(origin, public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return None


def prove_of_token(
    key: LogKey, keys: Iterable[KeyDescription], *, hsm: HSMConfig, origin: str
) -> None:
    """Raise unless the token signs this log's tree heads.

    Args:
        key: the log's, as the state has it.
        keys: those that the token has.
        hsm: which of them is the log's.
        origin: the log's name, as config.yaml has it.

    Raises:
        OtherLogKeyError: it does not; nothing may be sealed.
    """
    if key.origin != origin:
        raise OtherLogKeyError(
            f"the state is of the log {key.origin}, and audit.origin is {origin}: put audit.origin "
            "back (a log never changes its name), or, if the state is another installation's, move "
            "the state directory away and restore the right backup"
        )
    name = checkpoint_key(hsm)
    if name is None or key_on_token(keys, name=name, origin=origin) != key:
        raise OtherLogKeyError(
            f"key {name!r} on token {hsm.token_name!r} is not the key of the log {origin}, so no "
            "tree head could be signed: put the HSM's own backup of this installation back, or "
            "name the right token under hsm; if the state is another installation's, move the "
            "state directory away and restore the right backup. `sealgate doctor` says which"
        )
