"""The token in a measuring process: opened as the signer opens it, without pool and checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11

from gateway.config import load_config
from hsm.config import HSMConfig, KeyConfig
from hsm.pin import read_pin
from hsm.token.login import log_in
from hsm.token.module import Module


def hsm_of(config_file: Path) -> HSMConfig:
    """The `hsm:` section of an installation."""
    return load_config(config_file).hsm


def key_of(hsm: HSMConfig, key: str) -> KeyConfig:
    """What is configured of a key."""
    (found,) = (each for each in hsm.keys if each.id == key)
    return found


@contextmanager
def open_token(hsm: HSMConfig) -> Iterator[pkcs11.Token]:
    """Load the module with locking and log in; the token, from which any thread opens sessions."""
    pin = read_pin(hsm.pin, ask=lambda _question: "", question="")
    with Module(hsm.module, environment=hsm.environment, serialize=hsm.serialize) as module:
        token = module.token(label=hsm.token_label, slot=hsm.slot)
        with log_in(token, pin):
            yield token
