"""The files of a support bundle, each made of what may be told."""

import platform
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Final

import msgspec

from gateway import __version__
from gateway.cli.doctor.doctor import examine
from gateway.cli.doctor.model import Finding
from gateway.cli.support import figures, machine
from gateway.cli.support.redaction import GONE, settings, text
from gateway.cli.support.settings_told import TOLD
from gateway.clock import Clock
from gateway.config import Config, load_config
from strictyaml import MistakesError

_SYSTEM: Final = ("ID", "VERSION_ID")
_OF_OTHERS: Final = frozenset({"freezes"})
"""What people wrote as their reason is told in these; of them only that there is something."""
_README: Final = """\
A support bundle of Sealgate, made by allow-list: it has what is listed here and nothing else.

versions.json   of Sealgate, Python, the libraries, the system, and the database's revision
findings.json   what `sealgate doctor` found
config.json     which settings are made; values only of those that are numbers or choices
units.json      what systemd says of the services
journal/        the last lines of each service
metrics.json    what the gateway measures; names that people gave are numbered
database.json   revision, size of the audit log, how many rows are in which state

Of messages only the words of the program itself are left, with moments and small numbers.
Names, business numbers, paths, addresses, digests and everything secret are `…`. A name that is
also a word of the program would be left, so read it before you send it.
"""


def files_of(config_file: Path, *, clock: Clock, lines: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file. A part that cannot be had says why, and the others follow."""
    yield "README.txt", _README.encode()
    yield "versions.json", _json(_part(versions))
    yield "findings.json", _json(_part(lambda: findings(config_file, clock=clock)))
    config = _config(config_file)
    if config is not None:
        yield "config.json", _json(settings(config.model_dump(mode="json"), TOLD))
        yield "metrics.json", _json(_part(lambda: figures.metrics(config)))
        yield "database.json", _json(_part(lambda: figures.database(config)))
    yield "units.json", _json(_part(machine.states))
    for unit in machine.UNITS:
        written = [msgspec.json.encode(each) for each in machine.journal(unit, lines=lines)]
        if written:
            yield f"journal/{unit}.jsonl", b"\n".join(written) + b"\n"


def versions() -> dict[str, Any]:
    """Of all that runs."""
    return {
        "sealgate": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "openssl": ssl.OPENSSL_VERSION,
        "sqlite": sqlite3.sqlite_version,
        "system": _system(),
        "libraries": dict(_libraries()),
    }


def findings(config_file: Path, *, clock: Clock) -> list[dict[str, Any]]:
    """What the doctor finds, with the words that may be told."""
    return [_told(each) for each in examine(config_file, clock=clock)]


def _told(finding: Finding) -> dict[str, Any]:
    part = text(finding.part)
    return {
        "part": part,
        "state": finding.state,
        "owner": finding.owner,
        "message": GONE if finding.part in _OF_OTHERS else text(finding.message),
        "cure": None if finding.cure is None else text(finding.cure),
    }


def _part(make: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are wanted
        return {"missing": f"{type(error).__name__}: {text(str(error))}"}


def _config(config_file: Path) -> Config | None:
    try:
        return load_config(config_file)
    except (MistakesError, OSError, UnicodeDecodeError):
        return None  # the findings say so


def _system() -> dict[str, str]:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return {}
    return {name: release[name] for name in _SYSTEM if name in release}


def _libraries() -> Iterator[tuple[str, str]]:
    for wanted in requires("sealgate") or ():
        name = "".join(mark if mark.isalnum() or mark in "-_." else " " for mark in wanted).split()[
            0
        ]
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
