"""A trial installation in one directory: token, keys, demo CA, seals, policies, who asks and signs.

Every step keeps what is there already, so `init` can be run again and finishes what broke off.
Files are 0600 and directories 0700.
"""

import os
import secrets
import string
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from gateway.audit.checkpoint import LogKey
from gateway.cli.options import CLIENT_KEY_ID
from gateway.cli.trial.certificates import TrialCA, pem
from gateway.cli.trial.kits import KITS, LOGISTICS_NAME
from gateway.cli.trial.policies import TrialPolicies
from gateway.cli.trial.writing import write, write_once
from gateway.config import Config, load_config
from hsm.ceremonies.ceremony import generate_keys, initialise_token, write_softhsm_config
from hsm.interfaces import KeyDescription
from hsm.pin import Pin

SOFTHSM_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
)
_PIN_DIGITS = 12


class TrialError(Exception):
    """The trial cannot be set up; the message has the cure."""


class Trial:
    """The directory and what is where in it."""

    def __init__(self, directory: Path, kit: str = LOGISTICS_NAME) -> None:
        self.kit = KITS[kit]
        self.directory = directory.absolute()
        self.config_file = self.directory / "config.yaml"
        self.signed = TrialPolicies(self.directory, client_key_id=CLIENT_KEY_ID, kit=self.kit)
        self.policies = self.signed.sources
        self.hsm = self.directory / "hsm"
        self.pin_file = self.hsm / "pin"
        self.client_key = self.signed.client_key
        self.ca_file = self.directory / "demo-ca.pem"
        self.connectors = self.directory / "connectors"
        self.folder = self.directory / "folder"

    def set_up(self, *, now: datetime, tell: Callable[[str], None], signed: bool = True) -> Config:
        """Make what is missing; gives the configuration.

        Args:
            now: the moment.
            tell: is told each step in a line.
            signed: whether the gateway takes bundles that the officers have signed; else it reads
                the directory of YAML. Of an installation that is there it changes nothing.

        Raises:
            TrialError: SoftHSM is not installed.
            KeyRoomError: the token refused.
        """
        os.umask(0o077)
        connected = (self.connectors, self.folder / "inbox") if self.kit.connectors else ()
        for directory in (self.directory, self.hsm, self.policies / "certificates", *connected):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_once(self.config_file, lambda: self._config(signed=signed))
        config = load_config(self.config_file)
        tell(f"configuration  {self.config_file}")
        keys = {key.id: key for key in self._make_keys(config)}
        tell(f"keys           {', '.join(sorted(keys))} on token {config.hsm.token_label}")
        self._make_certificates(keys, now)
        tell(f"certificates   by a demo CA, {self.ca_file}")
        self.signed.write_sources(now, tell)
        self.signed.sign_first_bundle(config, now, tell)
        self._write_connectors(tell)
        self._write_log_key(config, keys)
        tell(f"audit log key  {config.log_key_file}")
        return config

    def _make_keys(self, config: Config) -> tuple[KeyDescription, ...]:
        write_softhsm_config(self.hsm / "softhsm2.conf", tokens=self.hsm / "tokens")
        write_once(self.pin_file, _new_pin)
        write_once(self.hsm / "so-pin", _new_pin)
        pin = Pin(self.pin_file.read_text(encoding="ascii"))
        so_pin = Pin((self.hsm / "so-pin").read_text(encoding="ascii"))
        initialise_token(config.hsm, so_pin=so_pin, pin=pin)
        return generate_keys(config.hsm, pin=pin, rsa_bits=2048)

    def _make_certificates(self, keys: dict[str, KeyDescription], now: datetime) -> None:
        paths = {name: self.policies / "certificates" / f"{name}.pem" for name in self.kit.seals}
        if self.ca_file.exists() and all(path.exists() for path in paths.values()):
            return
        # One CA for all of them: when one is missing, all are made anew.
        authority = TrialCA(now=now, name=self.kit.authority)
        for name, (company, purpose) in self.kit.seals.items():
            certificate = authority.issue(
                keys[name].public_key, common_name=f"{company} {purpose}", organisation=company
            )
            write(paths[name], certificate)
        write(self.ca_file, pem([authority.certificate]))

    def _write_log_key(self, config: Config, keys: dict[str, KeyDescription]) -> None:
        (config.state_directory / "audit").mkdir(mode=0o700, parents=True, exist_ok=True)
        (key,) = (each for each in config.hsm.keys if each.purpose == "checkpoint")
        public = load_der_public_key(keys[key.id].public_key)
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        text = LogKey(config.audit.origin, raw).encoded()
        write_once(config.log_key_file, lambda: f"{text}\n")

    def _write_connectors(self, tell: Callable[[str], None]) -> None:
        for name in self.kit.connectors:
            text = (self._files / "connectors" / name).read_text(encoding="utf-8")
            told = string.Template(text).safe_substitute(directory=self.directory)
            write_once(self.connectors / name, partial(str, told))
            inbox = self.folder / "inbox"
            tell(f"folder         {inbox}: drop WB-1_128000.pdf, see {self.connectors}")

    @property
    def _files(self) -> Traversable:
        return files("gateway.cli.trial") / "files" / self.kit.folder

    def _config(self, *, signed: bool) -> str:
        text = (self._files / "config.yaml").read_text(encoding="utf-8")
        module = next((path for path in SOFTHSM_MODULES if path.exists()), None)
        if module is None:
            raise TrialError("SoftHSM2 is not installed: apt-get install softhsm2, then init again")
        return string.Template(text).substitute(
            directory=self.directory,
            module=module,
            policies=self.signed.configured(signed=signed),
            **self.kit.values,
        )


def _new_pin() -> str:
    return "".join(secrets.choice(string.digits) for _ in range(_PIN_DIGITS))
