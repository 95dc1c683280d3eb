"""Keys in a PKCS#11 token: the one implementation of KeyStore."""

import os
import time
from collections.abc import Callable
from typing import Self

import pkcs11

from hsm.config import HSMConfig
from hsm.errors import (
    DigestLengthError,
    KeyStoreError,
    PinRefusedError,
    TokenFailedError,
    UnknownKeyError,
)
from hsm.interfaces import KeyDescription
from hsm.pin import Pin
from hsm.token.faults import Fault, fault_of, name_of
from hsm.token.key_objects import LoadedKey, load_key
from hsm.token.login import log_in
from hsm.token.mechanisms import encode
from hsm.token.module import Module
from hsm.token.sessions import PoolStatistics, SessionPool

# The longest raw signature, RSA-4096; the binding would allocate 8 KiB for each signature.
_SIGNATURE_BYTES = 512


class PKCS11KeyStore:
    """The keys of one token, behind a pool of sessions. See `hsm.interfaces.KeyStore`."""

    def __init__(self, *, pool: SessionPool, module: Module, keys: tuple[LoadedKey, ...]) -> None:
        self._pool = pool
        self._module = module
        self._keys = {key.description.id: key for key in keys}
        self._described = tuple(key.description for key in keys)
        self._process = os.getpid()

    @classmethod
    def open(
        cls, config: HSMConfig, *, pin: Pin, monotonic: Callable[[], float] = time.monotonic
    ) -> Self:
        """Load the module, log in, open the sessions, and read every configured key.

        Raises:
            PinRefusedError: the token refused the PIN; never tried again in this process.
            TokenAbsentError: module, slot, token or key is not where the configuration says.
            KeyStoreError: the token cannot do what the configuration asks, or failed.
        """
        module = Module(config.module, environment=config.environment, serialize=config.serialize)

        def log_in_to_token() -> pkcs11.Session:
            # Found anew each time: after a reload the slot may have another number, and the flags
            # that tell of wrong PINs are those of now.
            token = module.token(label=config.token_label, slot=config.slot)
            return log_in(token, pin)

        try:
            pool = SessionPool(
                # With one session to lend there is one thread in the module at a time.
                size=1 if config.serialize else config.sessions,
                reinitialise=module.initialise,
                log_in=log_in_to_token,
                reload_seconds=config.reload_seconds,
                monotonic=monotonic,
            )
        except BaseException as error:
            module.release()
            if isinstance(error, pkcs11.PKCS11Error):
                raise _at_start(error, config) from error
            raise
        try:
            with pool.lend() as session:
                keys = tuple(load_key(session.raw, key) for key in config.keys)
        except BaseException as error:
            pool.close()
            module.release()
            if isinstance(error, pkcs11.PKCS11Error):
                raise _at_start(error, config) from error
            raise
        return cls(pool=pool, module=module, keys=keys)

    def describe(self) -> tuple[KeyDescription, ...]:
        """Every configured key, as read at start."""
        return self._described

    def sign(self, key: str, digest: bytes) -> bytes:
        """Sign a digest; see `KeyStore.sign`. An `ed25519` key is unknown here."""
        loaded = self._find(key)
        if loaded.rules.digest_length is None:
            raise UnknownKeyError(
                f"key {key!r} ({loaded.description.mechanism}) signs messages, not digests"
            )
        if len(digest) != loaded.rules.digest_length:
            raise DigestLengthError(
                f"key {key!r} ({loaded.description.mechanism}) signs digests of "
                f"{loaded.rules.digest_length} bytes, not {len(digest)}"
            )
        return self._sign_with_cure(loaded, digest)

    def sign_message(self, key: str, message: bytes) -> bytes:
        """Sign a message; see `KeyStore.sign_message`. Other than `ed25519` keys are unknown."""
        loaded = self._find(key)
        if loaded.rules.digest_length is not None:
            raise UnknownKeyError(
                f"key {key!r} ({loaded.description.mechanism}) signs digests, not messages"
            )
        return self._sign_with_cure(loaded, message)

    def sign_once(self, key: str, signed: bytes) -> bytes:
        """Sign without retry or reload: for the self-test, which wants to see every error.

        Args:
            key: the key's id.
            signed: a digest of the right length, or for `ed25519` the message.

        Raises:
            pkcs11.PKCS11Error: as the token gave it.
        """
        return self._attempt(self._find(key), signed)

    def statistics(self) -> PoolStatistics:
        """Say how the sessions are doing."""
        return self._pool.statistics()

    def close(self) -> None:
        """Wait for running signatures and give the sessions back, the login last."""
        if os.getpid() != self._process:
            return  # a fork: the sessions are the parent's
        self._pool.close()
        self._module.release()

    def _find(self, key: str) -> LoadedKey:
        try:
            return self._keys[key]
        except KeyError:
            raise UnknownKeyError(
                f"no key is called {key!r}; configured are {', '.join(self._keys)}"
            ) from None

    def _sign_with_cure(self, key: LoadedKey, signed: bytes) -> bytes:
        """Sign; at most one retry on another session, and at most one more after a reload.

        Signing twice does no harm: a signature that nobody saw is a signature wasted.
        """
        retried = reloaded = False
        while True:
            generation = self._pool.generation
            try:
                return self._attempt(key, signed)
            except pkcs11.PKCS11Error as error:
                fault = fault_of(error)
                if fault in (Fault.PERMANENT, Fault.PIN):
                    raise _in_our_words(error, key) from error
                if fault is Fault.RETRY and not retried:
                    retried = True
                elif not reloaded and self._pool.reload(seen=generation):
                    reloaded = True
                elif not retried:
                    retried = True  # too early for a reload: what is left is another session
                else:
                    raise _in_our_words(error, key) from error

    def _attempt(self, key: LoadedKey, signed: bytes) -> bytes:
        if os.getpid() != self._process:
            # Spec (2.40 §2.1.1): a child has to initialise and log in for itself; ours has no PIN.
            raise TokenFailedError("the key store was opened before a fork: use it in the parent")
        rules = key.rules
        with self._pool.lend() as session:
            raw = session.private_key(key.description.label).sign(
                rules.prefix + signed,
                mechanism=rules.raw,
                mechanism_param=rules.parameter,
                buffer_size=_SIGNATURE_BYTES,
            )
            signature = encode(rules, raw)
            # Inside the loan, so that a session which gave a bad signature is thrown away.
            key.check(signature, signed)
        return signature


def _in_our_words(error: pkcs11.PKCS11Error, key: LoadedKey) -> KeyStoreError:
    what = f"key {key.description.id!r}: the token answered {name_of(error)}"
    match fault_of(error):
        case Fault.PIN:
            return PinRefusedError(f"{what}; it is not asked again: look at the token's PIN")
        case Fault.PERMANENT:
            return KeyStoreError(
                f"{what}, which no retry can cure: check that the key on the token may be used "
                f"with {key.description.mechanism}"
            )
        case Fault.RETRY | Fault.RELOAD:
            return TokenFailedError(
                f"{what}, also on another session: the token may be away or busy; try again later"
            )


def _at_start(error: pkcs11.PKCS11Error, config: HSMConfig) -> KeyStoreError:
    if isinstance(error, pkcs11.SessionCount):
        return KeyStoreError(
            f"the token has no room for {config.sessions} sessions and one for the login: lower "
            "hsm.sessions, or look who else has sessions open"
        )
    return TokenFailedError(
        f"the token answered {name_of(error)} while it was opened: check the device with the "
        "vendor's own tool"
    )
