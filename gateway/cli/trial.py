"""A trial installation in one directory: token, keys, demo CA, seals, policies, one calling system.

Every step keeps what is there already, so `init` can be run again and finishes what broke off.
Files are 0600 and directories 0700.
"""

import base64
import os
import secrets
import string
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from gateway.audit.checkpoint import LogKey
from gateway.cli.trial_pki import TrialCA, pem
from gateway.config import Config, load_config
from hsm.ceremony import generate_keys, initialise_token, write_softhsm_config
from hsm.interfaces import KeyDescription
from hsm.pin import Pin

SOFTHSM_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
)
_SEALS = {
    "receipt-east": ("示例物流（华东）有限公司", "回单专用章"),
    "receipt-south": ("示例物流（华南）有限公司", "回单专用章"),
}
_PIN_DIGITS = 12
CLIENT_KEY_ID = "tms-2026"


class TrialError(Exception):
    """The trial cannot be set up; the message has the cure."""


class Trial:
    """The directory and what is where in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.config_file = self.directory / "config.yaml"
        self.policies = self.directory / "policies"
        self.hsm = self.directory / "hsm"
        self.pin_file = self.hsm / "pin"
        self.clients = self.directory / "clients"
        self.client_key = self.clients / "tms.key.pem"
        self.ca_file = self.directory / "demo-ca.pem"

    def set_up(self, *, now: datetime, tell: Callable[[str], None]) -> Config:
        """Make what is missing; gives the configuration.

        Raises:
            TrialError: SoftHSM is not installed.
            KeyRoomError: the token refused.
        """
        os.umask(0o077)
        for directory in (self.directory, self.hsm, self.clients, self.policies / "certificates"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_once(self.config_file, lambda: self._template("config.yaml"))
        config = load_config(self.config_file)
        tell(f"configuration  {self.config_file}")
        keys = {key.id: key for key in self._make_keys(config)}
        tell(f"keys           {', '.join(sorted(keys))} on token {config.hsm.token_label}")
        self._make_certificates(keys, now)
        tell(f"certificates   by a demo CA, {self.ca_file}")
        self._make_client_key()
        for name, text in self._policy_files():
            if not (self.policies / name).exists():
                _write(self.policies / name, text)
        tell(f"policies       {self.policies}")
        self._write_log_key(config, keys)
        tell(f"audit log key  {config.log_key_file}")
        return config

    def _make_keys(self, config: Config) -> tuple[KeyDescription, ...]:
        write_softhsm_config(self.hsm / "softhsm2.conf", tokens=self.hsm / "tokens")
        self._write_once(self.pin_file, _new_pin)
        self._write_once(self.hsm / "so-pin", _new_pin)
        pin = Pin(self.pin_file.read_text(encoding="ascii"))
        so_pin = Pin((self.hsm / "so-pin").read_text(encoding="ascii"))
        initialise_token(config.hsm, so_pin=so_pin, pin=pin)
        return generate_keys(config.hsm, pin=pin, rsa_bits=2048)

    def _make_certificates(self, keys: dict[str, KeyDescription], now: datetime) -> None:
        paths = {name: self.policies / "certificates" / f"{name}.pem" for name in _SEALS}
        if self.ca_file.exists() and all(path.exists() for path in paths.values()):
            return
        # One CA for all of them: when one is missing, all are made anew.
        authority = TrialCA(now=now)
        for name, (company, purpose) in _SEALS.items():
            certificate = authority.issue(
                keys[name].public_key, common_name=f"{company} {purpose}", organisation=company
            )
            _write(paths[name], certificate)
        _write(self.ca_file, pem([authority.certificate]))

    def _make_client_key(self) -> None:
        def new_key() -> str:
            return (
                Ed25519PrivateKey.generate()
                .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                .decode()
            )

        self._write_once(self.client_key, new_key)

    def _policy_files(self) -> Iterator[tuple[str, str]]:
        key = load_pem_private_key(self.client_key.read_bytes(), password=None)
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        values = {"public_key": base64.b64encode(raw).decode(), "key_id": CLIENT_KEY_ID}
        folder = files("gateway.cli") / "trial_files" / "policies"
        for source in sorted(folder.iterdir(), key=lambda each: each.name):
            text = source.read_text(encoding="utf-8")
            yield source.name, string.Template(text).safe_substitute(values)

    def _write_log_key(self, config: Config, keys: dict[str, KeyDescription]) -> None:
        (config.state_directory / "audit").mkdir(mode=0o700, parents=True, exist_ok=True)
        (key,) = (each for each in config.hsm.keys if each.purpose == "checkpoint")
        public = load_der_public_key(keys[key.id].public_key)
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        text = LogKey(config.audit.origin, raw).encoded()
        self._write_once(config.log_key_file, lambda: f"{text}\n")

    def _template(self, name: str) -> str:
        text = (files("gateway.cli") / "trial_files" / name).read_text(encoding="utf-8")
        module = next((path for path in SOFTHSM_MODULES if path.exists()), None)
        if module is None:
            raise TrialError("SoftHSM2 is not installed: apt-get install softhsm2, then init again")
        return string.Template(text).substitute(directory=self.directory, module=module)

    def _write_once(self, path: Path, content: Callable[[], str]) -> None:
        if not path.exists():
            _write(path, content())


def _new_pin() -> str:
    return "".join(secrets.choice(string.digits) for _ in range(_PIN_DIGITS))


def _write(path: Path, text: str) -> None:
    # Written aside and renamed: an init that breaks off leaves no half a PIN behind.
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    temporary.replace(path)
