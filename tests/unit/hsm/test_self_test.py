"""Nobody relies on a module before it has signed, alone and in a crowd."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pkcs11
import pytest

from hsm.config import HSMConfig
from hsm.errors import BadSignatureError, KeyStoreError
from hsm.interfaces import KeyDescription
from hsm.self_test import self_test
from hsm.sentences import SENTENCES, sentence, signed_in_test
from tests.hsm_fixtures import soft_token_in


@dataclass
class Store:
    """Signs with nothing, and fails as it is told."""

    config: HSMConfig
    fail: Callable[["Store", str], None] = lambda _store, _key: None
    signed: dict[str, list[bytes]] = field(default_factory=dict)
    inside: int = 0
    crowd: threading.Barrier = field(default_factory=lambda: threading.Barrier(4))

    def describe(self) -> tuple[KeyDescription, ...]:
        return tuple(
            KeyDescription(
                id=key.id,
                label=key.label,
                mechanism=key.mechanism,
                public_key=b"",
                local=True,
                sensitive=True,
                never_extractable=True,
            )
            for key in self.config.keys
        )

    def sign_once(self, key: str, signed: bytes) -> bytes:
        self.signed.setdefault(key, []).append(signed)
        self.fail(self, key)
        return b""


def config(seconds: float) -> HSMConfig:
    return soft_token_in(Path("/nowhere")).config.model_copy(update={"self_test_seconds": seconds})


def test_every_key_signs_once_even_if_there_is_no_time_for_more() -> None:
    store = Store(config(0.0))
    self_test(store, store.config)
    assert {key: len(signed) for key, signed in store.signed.items()} == dict.fromkeys(
        ("rsa", "pss", "p256", "p384", "log"), 1
    )


def test_a_crowd_signs_with_each_type_of_seal_key() -> None:
    store = Store(config(1.0))
    looks = itertools.count()  # a clock that goes on with each look, however busy the machine is
    self_test(store, store.config, monotonic=lambda: next(looks) / 50)
    assert len(store.signed["log"]) == 1
    assert min(len(store.signed[key]) for key in ("rsa", "pss", "p256", "p384")) > 1


def test_a_key_that_does_not_sign_is_named() -> None:
    def fail(_store: Store, key: str) -> None:
        if key == "p384":
            raise pkcs11.MechanismInvalid

    store = Store(config(0.0), fail)
    with pytest.raises(KeyStoreError, match="key 'p384' does not sign: MechanismInvalid"):
        self_test(store, store.config)


@pytest.mark.parametrize("error", [pkcs11.GeneralError(), BadSignatureError("does not verify")])
def test_a_module_that_fails_in_a_crowd_is_told_to_serialise(error: Exception) -> None:
    def fail(store: Store, key: str) -> None:
        if key == "rsa" and len(store.signed["rsa"]) > 1:
            store.crowd.wait()  # four threads are in the module at once
            raise error

    store = Store(config(60.0), fail)
    with pytest.raises(KeyStoreError, match=r"'rsa' failed with 4 threads .*hsm.serialize: true"):
        self_test(store, store.config)


def test_what_is_signed_can_be_told_from_documents() -> None:
    known = {signed_in_test("rsa-pkcs1-sha256", number) for number in range(SENTENCES)}
    store = Store(config(0.01))
    self_test(store, store.config)
    assert set(store.signed["rsa"]) <= known
    assert len(known) == SENTENCES
    assert b"\n" not in sentence(0)  # so it is no checkpoint
