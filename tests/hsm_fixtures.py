"""Fresh SoftHSM tokens for tests, and a way to run a few lines against one in a process of its own.

Login, C_Initialize and a crash are the process's, so what disturbs them runs in a new one.
"""

import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from hsm.ceremonies.ceremony import generate_keys, initialise_token, write_softhsm_config
from hsm.config import HSMConfig
from hsm.pin import Pin

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN_LABEL = "sealgate-test"  # noqa: S105 - "token" is the field's word for the device
PIN = "49152-user"
SO_PIN = "65537-officer"

KEYS = (
    {"id": "rsa", "label": "rsa-key", "mechanism": "rsa-pkcs1-sha256"},
    {"id": "pss", "label": "pss-key", "mechanism": "rsa-pss-sha256"},
    {"id": "p256", "label": "p256-key", "mechanism": "ecdsa-p256-sha256"},
    {"id": "p384", "label": "p384-key", "mechanism": "ecdsa-p384-sha384"},
    {"id": "log", "label": "log-key", "mechanism": "ed25519", "purpose": "checkpoint"},
)

_PRELUDE = """
import sys
from hsm.config import HSMConfig
config = HSMConfig.model_validate_json(sys.argv[1])
"""


_OPEN = textwrap.dedent(
    """
    import ctypes, os, pathlib
    import pkcs11
    from hsm import errors
    from hsm.pin import Pin, read_pin
    from hsm.token.pkcs11 import PKCS11KeyStore
    from hsm.self_test import health_check

    now = 1000.0
    pin = read_pin(config.pin, ask=input, question="")
    store = PKCS11KeyStore.open(config, pin=pin, monotonic=lambda: now)
    pool = store._pool
    module = ctypes.CDLL(str(config.module))

    def outcome():
        try:
            health_check(store)
        except errors.KeyRoomError as error:
            return type(error).__name__
        return "signed"

    def session():
        return pool._idle[-1]     # the one that is lent next

    def counts():
        s = pool.statistics()
        return s.discarded, s.reloads, s.failed_reloads
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """A token of its own with one key of each mechanism.

    Attributes:
        config: ready for `open_key_store`; the PIN is in a file.
        directory: holds softhsm2.conf, `tokens/` and `pin`.
    """

    config: HSMConfig
    directory: Path

    @property
    def files(self) -> Path:
        """The directory of the token itself: move it away and the token is gone."""
        (found,) = (self.directory / "tokens").iterdir()
        return found

    def reconfigured(self, **changes: object) -> HSMConfig:
        """Give the same configuration, but for some keys of it."""
        return HSMConfig.model_validate(self.config.model_dump() | changes)

    def run(self, script: str, config: HSMConfig | None = None, *arguments: object) -> str:
        """Run Python in a new process, where `config` is there already; gives what it printed."""
        finished = subprocess.run(
            [
                sys.executable,
                "-c",
                _PRELUDE + textwrap.dedent(script),
                (config or self.config).model_dump_json(),
                *map(str, arguments),
            ],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


def soft_token_in(directory: Path) -> SoftToken:
    """Describe the token that is, or will be, in this directory."""
    return SoftToken(
        directory=directory,
        config=HSMConfig.model_validate(
            {
                "module": MODULE,
                "token_label": TOKEN_LABEL,
                "pin": {"file": directory / "pin"},
                "keys": KEYS,
                "self_test_seconds": 0.0,
                "environment": {"SOFTHSM2_CONF": directory / "softhsm2.conf"},
            }
        ),
    )


def blank_soft_token(directory: Path, **changes: object) -> SoftToken:
    """A place for a token that is to be made: configuration and PIN are there."""
    directory.mkdir(exist_ok=True)
    place = soft_token_in(directory)
    return _furnish(SoftToken(config=place.reconfigured(**changes), directory=directory))


def copy_soft_token(original: SoftToken, directory: Path) -> SoftToken:
    """Copy a token: quicker than making keys, and SoftHSM's tokens are only files."""
    shutil.copytree(original.directory / "tokens", directory / "tokens")
    return _furnish(soft_token_in(directory))


def _furnish(token: SoftToken) -> SoftToken:
    write_softhsm_config(token.directory / "softhsm2.conf", tokens=token.directory / "tokens")
    pin = token.directory / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN + "\n", encoding="utf-8")
    return token


def story(token: SoftToken, script: str, *arguments: object) -> str:
    """Run a script that finds the store opened: `store`, its `pool`, and the raw `module`."""
    return token.run(_OPEN + textwrap.dedent(script), None, *arguments)


@pytest.fixture(scope="session")
def soft_token_original(tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    """The token that the others are copied from. Nothing is tried on it."""
    token = _furnish(soft_token_in(tmp_path_factory.mktemp("token")))
    initialise_token(token.config, so_pin=Pin(SO_PIN), pin=Pin(PIN))
    generate_keys(token.config, pin=Pin(PIN), rsa_bits=2048)
    return token


@pytest.fixture
def soft_token(soft_token_original: SoftToken, tmp_path: Path) -> SoftToken:
    """A token for this test alone."""
    return copy_soft_token(soft_token_original, tmp_path)
