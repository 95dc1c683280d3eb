"""`sealgate policy build | sign | root | show | activate | rollback`: from YAML into force."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy.exc import SQLAlchemyError

from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.authority import Authority
from gateway.bundles.building import build, rolled_back
from gateway.bundles.errors import BundleFileError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import SealedBundle, peek, read
from gateway.bundles.signing import signed
from gateway.cli.files.whole_files import write_whole
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.people_keys import FOUND, ModuleOption, PinFileOption, people_keys
from gateway.cli.policy.activating import USUAL_SECONDS, SecondsOption, WaitOption, activate
from gateway.cli.policy.publishing import officers_key, told_refusals
from gateway.cli.terminal import out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.regular_files import read_regular
from gateway.seals.in_force import read_sources
from gateway.seals.registry import files_below
from policies.loader import load_bundle

FileArgument = Annotated[Path, typer.Argument(help="The bundle file.")]
DirectoryArgument = Annotated[Path, typer.Argument(help="The officers' directory.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")]


class Shown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `policy show --json` prints; `signed_by` and `missing` count the bundle's own officers.

    `missing` is how many of them have yet to sign.
    """

    group: str
    sequence: int
    bundle: str
    previous: str | None
    built_at: datetime
    rollback: bool
    signed_by: tuple[str, ...]
    missing: int
    sources: int
    files: int


def build_bundle(
    directory: DirectoryArgument,
    output: OutputOption,
    after: Annotated[
        Path | None,
        typer.Option(help="The bundle file that is in force now; none for a group's first."),
    ] = None,
) -> None:
    """Make a bundle file from a directory of policies, for officers to sign.

    Exits 0 when it is made, 1 when the policies have mistakes, 2 when they cannot be read.
    """
    with told_refusals():
        data = build(
            read_sources(directory),
            file=files_below(directory),
            after=None if after is None else _manifest(after),
            at=SystemClock().now(),
        )
        write_whole(output, data)
    out.print(f"{output}: number {peek(data).sequence}, signed by nobody yet", markup=False)


def sign_bundle(
    file: FileArgument,
    key: Annotated[str, typer.Option(help=f"The officer's key, as {FOUND}.")],
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
) -> None:
    """Sign a bundle file as an officer, after compiling its sources once more.

    Exits 0 when it is signed, 1 when the key is no officer's or the bundle is not what its sources
    say, 2 when the file or the key cannot be read.
    """
    with told_refusals(), people_keys(module=pkcs11_module, pin_file=pin_file) as keys:
        sealed = _bundle(file)
        signer = officers_key(keys.found(key), Authority.of(sealed.bundle))
        write_whole(file, signed(sealed, signer=signer))
    out.print(f"{file}: signed with {signer.key_id}", markup=False)


def show_bundle(
    file: FileArgument,
    as_json: JSONOption = False,
) -> None:
    """Show what a bundle file is, and who has signed it.

    Exits 0 when enough of its own officers have signed, 1 when signatures are missing, 2 when it
    cannot be read.
    """
    with told_refusals():
        sealed = _bundle(file)
        authority = Authority.of(sealed.bundle)
        signers = authority.signers(sealed.statement)
    manifest = sealed.manifest
    shown = Shown(
        group=manifest.group,
        sequence=manifest.sequence,
        bundle=manifest.content,
        previous=manifest.previous,
        built_at=manifest.built_at,
        rollback=manifest.rollback,
        signed_by=tuple(sorted(signers)),
        missing=max(0, authority.signatures - len(signers)),
        sources=len(sealed.sources),
        files=len(sealed.files),
    )
    if as_json:
        tell_json(shown)
    else:
        for name, value in msgspec.to_builtins(shown).items():
            told = ", ".join(value) or "nobody" if isinstance(value, list | tuple) else value
            out.print(printable(f"{name:<10} {told}"), markup=False, soft_wrap=True)
    raise typer.Exit(1 if shown.missing else 0)


def write_root(directory: DirectoryArgument, output: OutputOption) -> None:
    """Write the first officers' keys to the file that `policies.root` names.

    Exits 0 when it is written, 1 when the directory names no officers or has mistakes, 2 when it
    cannot be read.
    """
    with told_refusals():
        write_whole(output, Authority.of(load_bundle(read_sources(directory))).written())
    out.print(f"{output}: compare its keys with the officers", markup=False)


def activate_bundle(
    file: FileArgument,
    wait: WaitOption = False,
    seconds: SecondsOption = USUAL_SECONDS,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hand a signed bundle to the gateway, which takes it within `refresh_seconds`.

    With --wait, exits 0 once it is in force, 1 when it is refused, 2 when nothing was recorded.
    """
    installation = configuration(config)
    with told_errors(SQLAlchemyError), told_refusals():
        with _naming(file):
            data = read_regular(file, most_bytes=MOST_BYTES)
            peek(data)
        activate(data, installation, seconds=seconds if wait else None)


def roll_back(
    earlier: Annotated[Path, typer.Argument(help="The bundle file whose policies come back.")],
    output: OutputOption,
    after: Annotated[Path, typer.Option(help="The bundle file that is in force now.")],
) -> None:
    """Make the next bundle from an earlier one's content, for officers to sign.

    Only what was in force before comes back this way. A seal's life goes forwards all the same.
    """
    with told_refusals():
        data = rolled_back(_bundle(earlier), after=_manifest(after), at=SystemClock().now())
        write_whole(output, data)
    out.print(f"{output}: number {peek(data).sequence}, signed by nobody yet", markup=False)


def _bundle(file: Path) -> SealedBundle:
    """Raises BundleFileError, OSError: both name the file."""
    with _naming(file):
        return read(read_regular(file, most_bytes=MOST_BYTES))


def _manifest(file: Path) -> Manifest:
    """Raises BundleFileError, OSError: both name the file."""
    with _naming(file):
        return peek(read_regular(file, most_bytes=MOST_BYTES))


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    try:
        yield
    except BundleFileError as error:
        raise BundleFileError(f"{file}: {error}") from error
