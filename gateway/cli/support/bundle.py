"""`sealgate support-bundle`: one file for those who help, without anybody's business in it."""

import hashlib
import io
import os
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.support.parts import files_of
from gateway.cli.terminal import out, printable, tell_json, told_errors
from gateway.clock import SystemClock


class Made(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `support-bundle --json` prints; `files` are bytes by name."""

    file: str
    bytes: int
    sha256: str
    files: dict[str, int]


def support_bundle(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to make; it must not be there yet."),
    ] = None,
    lines: Annotated[
        int, typer.Option(min=0, max=100_000, help="Of each service's journal, the last ones.")
    ] = 500,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make one file for those who help: what is wrong, without names, numbers or secrets.

    It has versions, the doctor's findings, settings, the services' state and last lines, metrics
    and counts, each by allow-list. Nothing is sent; read it before you send it. Works while the
    gateway runs, and when it does not. Exits 2 when the file cannot be written.
    """
    now = SystemClock().now()
    target = output or Path(f"sealgate-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    files = dict(files_of(config, clock=SystemClock(), lines=lines))
    data = _archive(files, at=now)
    with told_errors(OSError):
        _write_anew(target, data)
    made = Made(
        file=str(target),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        files={name: len(content) for name, content in files.items()},
    )
    if as_json:
        tell_json(made)
        return
    out.print(printable(f"{target}: {len(data):,} bytes"), markup=False, soft_wrap=True)
    for name, size in made.files.items():
        out.print(f"  {name}  {size:,}", markup=False, soft_wrap=True)
    out.print("nothing was sent; read it before you send it")


def _archive(files: dict[str, bytes], *, at: datetime) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"sealgate-support/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(at.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def _write_anew(target: Path, data: bytes) -> None:
    # Never over another file, and for its owner alone.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
