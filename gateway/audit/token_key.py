"""The log's key as the token has it. A log that its token cannot sign for must not grow."""

from collections.abc import Iterable
from typing import Final

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

RESTART_SIGNER: Final = (
    "The signer was started before config.yaml was changed, or reads another one: restart its "
    "service (`systemctl restart sealgate-signer`), and see that `sealgate hsm serve` and "
    "`sealgate serve` are given the same file. If the id was changed by mistake, put it back"
)
"""What to do about `missing_at_signer`."""


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


def missing_at_signer(key: LogKey, keys: Iterable[KeyDescription], *, name: str) -> str | None:
    """Why the signer that answers is not the one of this configuration; None: it has the key.

    Its keys have other names than config.yaml gives them where it was started before that was
    changed, or with another file: a service of its own goes on with what it read.

    Args:
        key: the log's, as the state has it.
        keys: those that the signer says it has.
        name: the id of the one with the purpose `checkpoint`, as config.yaml has it.
    """
    known = list(keys)
    if any(each.id == name for each in known):
        return None
    found = (each.id for each in known if _is_of(key, each))
    same = next(found, None)
    has = f"it has {_named(known)}" if same is None else f"it has the log's key as {same!r}"
    return f"hsm.keys calls the log's key {name!r}, and the signer knows no key of that id: {has}"


def _is_of(key: LogKey, described: KeyDescription) -> bool:
    return key_on_token([described], name=described.id, origin=key.origin) == key


def _named(keys: Iterable[KeyDescription]) -> str:
    return ", ".join(each.id for each in keys) or "none"


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
    keys = tuple(keys)
    missing = None if name is None else missing_at_signer(key, keys, name=name)
    if missing is not None:
        raise OtherLogKeyError(f"{missing}. {RESTART_SIGNER}")
    if name is None or key_on_token(keys, name=name, origin=origin) != key:
        raise OtherLogKeyError(
            f"key {name!r} on token {hsm.token_name!r} is not the key of the log {origin}, so no "
            "tree head could be signed: put the HSM's own backup of this installation back, or "
            "name the right token under hsm; if the state is another installation's, move the "
            "state directory away and restore the right backup. `sealgate doctor` says which"
        )
