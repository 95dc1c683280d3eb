"""What belongs into a backup besides database and documents, where it lies, and what stays out.

Configuration and policies, and no secret: neither PIN nor private key nor a secret that is shared
with others. Whoever gets hold of a backup reads what was sealed, and can sign nothing.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from gateway.backup.model import LeftOut
from gateway.config import Config
from gateway.declarations.library import load_declarations
from gateway.freezes.file_names import FOLDER, FREEZE, UNFREEZE, UNSIGNED
from gateway.regular_files import opened_regular, read_regular
from strictyaml import MistakesError

MOST_BYTES: Final = 256 * 1024 * 1024
CONFIG_MEMBER: Final = "configuration/config.yaml"
CHECKPOINT_MEMBER: Final = "audit/checkpoint"
LOG_KEY_MEMBER: Final = "audit/log-key.txt"
OFFICERS_MEMBER: Final = "configuration/first-officers.json"
DOCUMENTS: Final = "documents/"
COPIES: Final = "bundles/"
POLICIES: Final = "configuration/policies/"
CONNECTORS: Final = "configuration/connectors/"
PARTNERS: Final = "configuration/bridge/partners/"

_CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})
_YAML = frozenset({".yaml", ".yml"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".svg", ".pdf"})
_FREEZES = (FREEZE, UNFREEZE, UNSIGNED)
_SECRET_FILE = re.compile(rb"""secretFile["']?\s*:\s*["']?([^\s"'},]+)""")


def configured_files(config: Config, config_file: Path) -> Iterator[tuple[str, Path]]:
    """Every file of the configuration that a backup takes: its member's name, and where it is."""
    yield CONFIG_MEMBER, config_file
    for member, path in _single_files(config).items():
        if path.is_file() and _is_public(path):
            yield member, path
    secrets = _secret_files(config)
    for prefix, directory in _directories(config).items():
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path not in secrets and _belongs(prefix, path, config):
                yield f"{prefix}{path.relative_to(directory)}", path


def place_of(member: str, config: Config) -> Path | None:
    """Where a member of the configuration is put back; None: this installation has no such place.

    `member` has neither `..` nor an empty part (`gateway.backup.reading`).
    """
    single = _single_files(config).get(member)
    if single is not None:
        return single
    for prefix, directory in _directories(config).items():
        if member.startswith(prefix):
            return directory / member.removeprefix(prefix)
    return None


def is_freeze(member: str) -> bool:
    """Whether it is a file from the folder `freezes`."""
    path = PurePosixPath(member)
    return (
        member.startswith(POLICIES) and path.parent.name == FOLDER and path.name.endswith(_FREEZES)
    )


def state_place_of(member: str, config: Config) -> Path | None:
    """The same of a member of the state; the database has its own way."""
    if member in (CHECKPOINT_MEMBER, LOG_KEY_MEMBER):
        return config.checkpoint_file if member == CHECKPOINT_MEMBER else config.log_key_file
    if member.startswith(COPIES):
        return config.bundle_copies / member.removeprefix(COPIES)
    if member.startswith(DOCUMENTS):
        return config.documents_directory / member.removeprefix(DOCUMENTS)
    return None


def left_out(config: Config) -> tuple[LeftOut, ...]:
    """What the operator keeps by other ways."""
    return tuple(LeftOut(what=what, why=why) for what, why in _left_out(config))


def _left_out(config: Config) -> Iterator[tuple[str, str]]:
    yield from _of_tokens(config)
    if config.store.password_file is not None:
        yield str(config.store.password_file), "the database's password"
    if config.http.tls is not None:
        yield str(config.http.tls.key), "a private key: keep it, or have a new certificate"
    if config.bridge is not None:
        for each in config.bridge.companies:
            for key in filter(None, (each.signing_key, each.encryption_key, each.client_key)):
                yield str(key), f"a private key of {each.company} on the network"
    yield str(config.policies.secrets), "secrets of calling systems (secretFile), if there are any"
    if config.connectors is not None:
        yield "what connectors name as secrets", "passwords and keys of others' systems"
    yield "keys of officers and calling systems", "they are not on this machine"


def _of_tokens(config: Config) -> Iterator[tuple[str, str]]:
    for token in config.hsm.tokens:
        name = token.token_name
        yield f"keys on token {name}", "they never leave it: use the HSM's own backup"
        pin = token.pin.file or token.pin.credential
        if pin is not None:
            yield f"PIN of token {name} ({pin})", "a secret: keep it where PINs are kept"
        for path in token.environment.values():
            yield str(path), "the module's own configuration, which only the signer reads"


def _single_files(config: Config) -> dict[str, Path]:
    tls, bridge = config.http.tls, config.bridge
    found = {
        OFFICERS_MEMBER: config.policies.root,
        "configuration/tls/certificate.pem": None if tls is None else tls.certificate,
        "configuration/tls/client-ca.pem": None if tls is None else tls.client_ca,
    }
    if bridge is not None:
        found["configuration/bridge/ca.pem"] = bridge.ca
        found["configuration/bridge/persons-root.pem"] = bridge.persons_root
        for each in bridge.companies:
            member = f"configuration/bridge/{each.organisation}-client.pem"
            found[member] = each.client_certificate
    return {member: path for member, path in found.items() if path is not None}


def _directories(config: Config) -> dict[str, Path]:
    found = {POLICIES: config.policies.place}
    if config.connectors is not None:
        found[CONNECTORS] = config.connectors
    if config.bridge is not None:
        found[PARTNERS] = config.bridge.trusted_roots
    return found


def _belongs(prefix: str, path: Path, config: Config) -> bool:
    if prefix == CONNECTORS:
        return path.suffix in _YAML
    if prefix == POLICIES and path.parent.name == FOLDER and path.name.endswith(_FREEZES):
        return True
    if prefix == POLICIES and config.policies.bundles is not None:
        return path.suffix == ".sealbundle"
    if path.suffix in _CERTIFICATES:
        return _is_public(path)
    return prefix == POLICIES and path.suffix in _YAML | _PICTURES


def _secret_files(config: Config) -> frozenset[Path]:
    """What policies and connectors name as a secret, whatever it is called."""
    found = set[Path]()
    if config.policies.directory is not None:
        for path in config.policies.directory.rglob("*.y*ml"):
            named = _SECRET_FILE.findall(read_regular(path, most_bytes=MOST_BYTES))
            found |= {config.policies.secrets / name.decode() for name in named}
    with suppress(MistakesError):  # what cannot be read names nothing, and only YAML is taken
        found |= set(load_declarations(config.connectors).readable)
    return frozenset(found)


def _is_public(path: Path) -> bool:
    with opened_regular(path) as file:
        return b"PRIVATE KEY" not in file.read(MOST_BYTES)
