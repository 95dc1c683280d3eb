"""Who may read and write the files that matter."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import Config
from gateway.freezes.file_names import FOLDER
from gateway.seals.last_good import SUFFIX
from gateway.wiring.machine.confining import secret_paths

_BY_OTHERS = 0o077
_WRITTEN_BY_OTHERS = 0o022
_READ_BY_ALL = 0o004
_SHOWN = 3
_TRIAL_KEYS = {
    "clients": "client keys",
    "officers": "officers' keys",
    "approvers": "approvers' keys",
}
"""Folders beside a trial's config.yaml, and what lies in them."""


def check_secret_files(config: Config, config_file: Path) -> Iterator[Finding]:
    """PIN, token and private keys: their owner's only."""
    yield from _only_owner("PIN file", _pin_files(config))
    yield from _only_owner("token files", _token_files(config))
    for folder, part in _TRIAL_KEYS.items():
        yield from _only_owner(part, sorted((config_file.parent / folder).glob("*.key.pem")))
    if config.http.tls is not None:
        yield from _only_owner("TLS key file", [config.http.tls.key])


def check_governing_files(config: Config, config_file: Path) -> Iterator[Finding]:
    """Configuration and policies: whoever can write them decides what is sealed."""
    # A signer that is a service of its own reads it as another user; nothing in it is secret.
    by_two = config.hsm.signer is not None
    yield from _written_by_owner("config file", [config_file], is_public=lambda _path: by_two)
    for path in config.policies.readable:
        every = [path, *sorted(path.rglob("*"))]
        yield from _written_by_owner("policy files", every, is_public=partial(_is_apart, config))


def check_signatures(config: Config) -> Iterator[Finding]:
    """Whether it takes officers' signatures to change what is sealed."""
    directory = config.policies.directory
    if directory is not None:
        yield warning(
            "signatures",
            f"no officer signs the policies: whoever may write to {directory} decides what is "
            "sealed",
            cure="For development only. In earnest name policies.bundles and policies.root, and "
            "have officers sign bundles.",
        )


def check_state_directory(config: Config) -> Iterator[Finding]:
    """The records and sealed documents."""
    directory = config.state_directory
    if directory.is_dir():
        yield from _only_owner("state directory", [directory])
        if not os.access(directory, os.W_OK | os.X_OK):
            yield failed(
                "state directory",
                f"this user may not write to {directory}",
                cure="Run the doctor as the user of the service, or give the directory to it.",
            )


def _pin_files(config: Config) -> list[Path]:
    file = config.hsm.pin.file
    # `init` leaves the security officer's PIN beside the user's.
    return [] if file is None else [file, file.with_name("so-pin")]


def _token_files(config: Config) -> list[Path]:
    # What lies in a closed directory is closed.
    return [path for path in secret_paths(config) if _is_there(path) and path.is_dir()]


def _only_owner(part: str, paths: Iterable[Path]) -> Iterator[Finding]:
    present = [path for path in paths if _is_there(path)]
    open_ = [path for path in present if _mode(path) & _BY_OTHERS]
    if open_:
        yield failed(
            part,
            f"others than the owner may get at {_listed(open_)}",
            cure=f"chmod go= {_names(open_)}; change what others may have read.",
        )
    elif present:
        yield ok(part, f"only the owner may read {_listed(present)}")


def _written_by_owner(
    part: str, paths: Iterable[Path], *, is_public: Callable[[Path], bool]
) -> Iterator[Finding]:
    present = [path for path in paths if _is_there(path)]
    written = [path for path in present if _mode(path) & _WRITTEN_BY_OTHERS]
    read = [path for path in present if _mode(path) & _READ_BY_ALL and not is_public(path)]
    if written:
        yield failed(
            part,
            f"others than the owner may write to {_listed(written)}",
            cure=f"chmod go-w {_names(written)}; see in version control what was changed.",
        )
    elif read:
        yield warning(part, f"everybody may read {_listed(read)}", cure=f"chmod o= {_names(read)}")
    elif present:
        more = f" and the {len(present) - 1} files below" if len(present) > 1 else ""
        yield ok(part, f"only the owner may write to {present[0]}{more}")


def _is_apart(config: Config, path: Path) -> bool:
    """Whether who may read it is no matter, or told of freezes (`doctor.freezes`)."""
    folder = config.policies.place / FOLDER
    return _is_signed(config, path) or folder in {path, *path.parents}


def _is_signed(config: Config, path: Path) -> bool:
    """Whether it is what officers signed, which belongs to IT and is read by the gateway's user.

    Nothing of it is secret: what systems sign with lies in files of its own.
    """
    policies = config.policies
    if policies.bundles is None:
        return False
    return path in {policies.bundles, policies.root} or path.suffix == SUFFIX


def _is_there(path: Path) -> bool:
    """Whether there is something; what lies in another user's closed directory is well kept."""
    try:
        return path.exists()
    except PermissionError:
        return False


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _listed(paths: list[Path]) -> str:
    shown = ", ".join(f"{path} ({_mode(path):04o})" for path in paths[:_SHOWN])
    more = len(paths) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _names(paths: list[Path]) -> str:
    return " ".join(map(str, paths[:_SHOWN])) + (" …" if len(paths) > _SHOWN else "")
