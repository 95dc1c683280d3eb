"""Signs from several threads before anybody relies on it: a health check must sign.

What is signed are the fixed sentences of `hsm.sentences`.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import pkcs11

from hsm.config import HSMConfig
from hsm.errors import KeyRoomError, KeyStoreError
from hsm.interfaces import KeyDescription, KeyStore
from hsm.sentences import signed_in_test
from hsm.token.faults import name_of

THREADS = 4


class SignsOnce(Protocol):
    """A key store that lets its errors through, instead of curing them by a retry."""

    def describe(self) -> tuple[KeyDescription, ...]:
        """Every configured key."""
        ...

    def sign_once(self, key: str, signed: bytes) -> bytes:
        """Sign a digest, or the message for ed25519."""
        ...


def health_check(store: KeyStore) -> None:
    """Sign once with every key; opening a session would prove nothing (docs/hsm.md).

    Raises:
        KeyStoreError: as `KeyStore.sign`.
    """
    for key in store.describe():
        signed = signed_in_test(key.mechanism, 0)
        if key.mechanism == "ed25519":
            store.sign_message(key.id, signed)
        else:
            store.sign(key.id, signed)


def self_test(
    store: SignsOnce, config: HSMConfig, *, monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Sign once with every key, then from several threads with one seal key of each mechanism.

    Raises:
        KeyStoreError: a signature failed; the store MUST NOT serve.
    """
    threads = min(THREADS, config.sessions)
    for key in store.describe():
        failed = _failure(store, key, 0)
        if failed is not None:
            raise KeyStoreError(f"self-test: key {key.id!r} does not sign: {_said(failed)}")
    for key in _one_of_each(store.describe(), config):
        failed = _stress(store, key, threads, config.self_test_seconds, monotonic)
        if failed is not None:
            raise KeyStoreError(
                f"self-test: key {key.id!r} failed with {threads} threads in the module though it "
                f"signed alone: {_said(failed)}. The module may not be made for threads: set "
                "hsm.serialize: true, and tell the vendor"
            )


def _one_of_each(keys: tuple[KeyDescription, ...], config: HSMConfig) -> Iterable[KeyDescription]:
    seals = {key.id for key in config.keys if key.purpose == "seal"}
    return {key.mechanism: key for key in keys if key.id in seals}.values()


def _stress(
    store: SignsOnce,
    key: KeyDescription,
    threads: int,
    seconds: float,
    monotonic: Callable[[], float],
) -> Exception | None:
    failures: list[Exception] = []
    until = monotonic() + seconds

    def sign_until_then(first: int) -> None:
        number = first
        while monotonic() < until and not failures:
            # Each thread signs something else, or a signature that went to the wrong thread
            # would verify.
            failed = _failure(store, key, number)
            if failed is not None:
                failures.append(failed)
            number += threads

    crowd = [threading.Thread(target=sign_until_then, args=(n,)) for n in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return failures[0] if failures else None


def _failure(store: SignsOnce, key: KeyDescription, number: int) -> Exception | None:
    try:
        store.sign_once(key.id, signed_in_test(key.mechanism, number))
    except (KeyRoomError, pkcs11.PKCS11Error) as error:
        return error
    return None


def _said(error: Exception) -> str:
    return name_of(error) if isinstance(error, pkcs11.PKCS11Error) else str(error)
