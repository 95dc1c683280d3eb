"""What the gateway may see: its code, its state, the policies. Not the PIN, not the token."""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config
from processes.confinement import (
    CAP_DAC_OVERRIDE,
    CAP_NET_BIND_SERVICE,
    die_with_parent,
    forbid_inspection,
    give_up_privileges,
    see_only,
)
from processes.errors import ConfinementError

if TYPE_CHECKING:
    from gateway.declarations.library import Declarations

_ROOMS = ("gateway", "hsm", "policies", "processes", "strictyaml", "connectors", "cloud_bridge")
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/proc",
    "/sys/devices/system/cpu",
    "/etc/ssl/certs",  # not /etc/ssl, which has other services' private keys
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/pki/ca-trust/extracted",
    "/etc/crypto-policies",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/mime.types",
)


def confine_gateway(config: Config, config_file: Path) -> bool:
    """Close the gateway process to everything that it has no business with (landlock(7)).

    Landlock also keeps it from tracing or reading the memory of the signer, which is outside. As
    root it could still read that through the kernel's (/proc/kcore), and the signer's environment
    (CAP_PERFMON), so it gives root's privileges up. What it starts (the document workers) is
    confined with it. Gives whether it is in force.

    Raises:
        ConfinementError: the configuration demands it and this kernel cannot, or the PIN lies in
            a place that the gateway needs.
    """
    die_with_parent()
    forbid_inspection()
    secrets = tuple(secret_paths(config))
    # Listen at a port below 1024, and write to a state directory of the service's user though
    # root started it.
    give_up_privileges(keep=(CAP_NET_BIND_SERVICE, CAP_DAC_OVERRIDE))
    confined = see_only(
        readable=[*_code(), *map(Path, _SYSTEM), *_named_in(config), config_file],
        writable=[
            *_kept_in(config),
            *_written_in(config),
            Path("/dev/null"),
            Path("/dev/urandom"),
        ],
        listed=[config.backups.directory],
    )
    seen = [path for path in secrets if _is_open(path)]
    if config.processes.require_confinement and (not confined or seen):
        why = f"it could still read {seen[0]}" if seen else "this kernel has no Landlock"
        raise ConfinementError(
            f"the gateway cannot be kept from the signer's secrets: {why}. Move them out of its "
            "directories or use a kernel with Landlock (Linux 5.13), or unset "
            "processes.require_confinement"
        )
    return confined and not seen


def secret_paths(config: Config) -> Iterator[Path]:
    """What only the signer may read. Ask before confining: some of it says where the rest is."""
    for token in config.hsm.tokens:
        pin = token.pin
        if pin.file is not None:
            yield pin.file
        if pin.credential is not None and "CREDENTIALS_DIRECTORY" in os.environ:
            yield Path(os.environ["CREDENTIALS_DIRECTORY"], pin.credential)
        for path in token.environment.values():
            yield path
            yield from _soft_tokens(path)


def _soft_tokens(softhsm_conf: Path) -> Iterator[Path]:
    # SoftHSM keeps its keys in files that only the PIN encrypts: whoever has them can guess it.
    try:
        lines = softhsm_conf.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "directories.tokendir":
            yield Path(value.strip())


def _is_open(path: Path) -> bool:
    # Neither stat(2) nor access(2) asks Landlock; only an open does.
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except FileNotFoundError:
        # It may come later: then it counts whether the gateway sees into the place.
        return path != path.parent and _is_open(path.parent)
    except OSError:
        return False
    return True


def _code() -> Iterator[Path]:
    yield Path(sys.prefix)
    yield Path(sys.base_prefix)
    # Our rooms one by one: in a checkout the folder that holds them also holds `var`.
    for room in _ROOMS:
        spec = find_spec(room)
        yield from map(Path, (spec and spec.submodule_search_locations) or ())


def _kept_in(config: Config) -> Iterator[Path]:
    yield config.state_directory
    if config.store.documents is not None:
        config.store.documents.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield config.store.documents


def _declared_in(config: Config) -> "Declarations":
    from gateway.declarations.library import (  # noqa: PLC0415 - for who has connectors only
        load_declarations,
    )

    return load_declarations(config.connectors)


def _written_in(config: Config) -> Iterator[Path]:
    if config.connectors is not None:
        yield from _declared_in(config).writable


def _named_in(config: Config) -> Iterator[Path]:
    yield from config.policies.readable
    if config.connectors is not None:
        yield config.connectors
        yield from _declared_in(config).readable
    if config.bridge is not None:
        yield from config.bridge.readable
    if config.store.password_file is not None:
        yield config.store.password_file
    if config.documents.stamp_font is not None:
        yield config.documents.stamp_font
    if config.http.tls is not None:
        tls = config.http.tls
        yield from (path for path in (tls.certificate, tls.key, tls.client_ca) if path is not None)
