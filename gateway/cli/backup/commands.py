"""`sealgate backup create | verify | restore | list`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from gateway.backup.creating import create as create_backup
from gateway.backup.errors import BackupError, BackupRefusedError
from gateway.backup.model import Manifest
from gateway.backup.restoring import PutBack
from gateway.backup.restoring import restore as put_back
from gateway.backup.shelf import Shelf, the_backup
from gateway.backup.verifying import Verified
from gateway.backup.verifying import verify as verify_backup
from gateway.cli.backup.log_key import ask_token
from gateway.cli.backup.telling import as_json, tell_losses, tell_verified
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import err, fail, out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.store.errors import StateInUseError

_PLACE = Path("/var/backups/sealgate")
_TROUBLE = (BackupError, SQLAlchemyError, OSError)

_Backup = Annotated[Path, typer.Argument(help="The backup; of a directory, the newest one in it.")]
_Checkpoint = Annotated[
    Path | None,
    typer.Option(help="A signed tree head that was kept elsewhere, to hold the log against."),
]
_Scratch = Annotated[
    Path | None,
    typer.Option(help="A directory with room for the database; by default the backup's own."),
]


def create(
    to: Annotated[
        Path | None,
        typer.Option("--to", help="The directory for it; by default `backups.directory`."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Afterwards delete this node's older ones, but for so many."),
    ] = None,
    as_json_: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Back up database, log, documents, policies and configuration as of one moment.

    The gateway goes on sealing meanwhile. What was written is read once more and verified before
    it gets its name. No PIN and no private key is in it: the HSM's keys have the HSM's own backup.
    Exits 0 when there is a backup, 1 when what is kept here does not verify, 2 when none could be
    made.
    """
    installation = configuration(config)
    shelf = Shelf(to or installation.backups.directory)
    tell = _silent if as_json_ else _line
    with told_errors(*_TROUBLE), _refusals_are_findings():
        made = create_backup(installation, config.absolute(), shelf, clock=SystemClock(), tell=tell)
        gone = [] if keep is None else shelf.keep(keep, node=installation.store.node)
    if as_json_:
        tell_json({"path": str(made.path), **as_json(made.verified), "size": made.size})
        return
    out.print("[bold green]backed up[/]", end="  ")
    out.print(f"{made.path}, {made.size >> 10:,} KiB", markup=False, soft_wrap=True)
    tell_verified(made.verified)
    for path in gone:
        out.print(f"  deleted {path.name}", markup=False)
    out.print("Keep by other ways, for it is not in the backup:")
    for each in made.verified.manifest.left_out:
        out.print(f"  {printable(each.what)}: {each.why}", markup=False, soft_wrap=True)


def verify(
    backup: _Backup = _PLACE,
    checkpoint: _Checkpoint = None,
    scratch: _Scratch = None,
    as_json_: JSONOption = False,
) -> None:
    """Read a backup from its beginning to its end, and say whether it is whole.

    Every digest, the audit log up to its signed tree head, the database and every document that it
    points at. Needs neither a gateway nor its configuration. Exits 0 when it is whole, 1 when it
    is not, 2 when that could not be told.
    """
    with told_errors(*_TROUBLE), _refusals_are_findings():
        path = the_backup(backup)
        verified = _verified(path, checkpoint, scratch)
    if as_json_:
        tell_json({"path": str(path), **as_json(verified)})
        return
    out.print("[bold green]whole[/]", end="  ")
    out.print(str(path), markup=False, soft_wrap=True)
    tell_verified(verified)


def restore(
    backup: Annotated[Path, typer.Argument(help="The backup.")],
    checkpoint: _Checkpoint = None,
    scratch: _Scratch = None,
    as_json_: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put a backup that verifies back onto an installation that has nothing yet.

    config.yaml must be there and says where everything goes. The token is asked whether the log's
    key is its own, and the first officers must be those that are here, if some are; other files of
    the configuration that are there already are left as they are. Run again after it was cut off.
    Exits 0 when all is back, 1 when the backup does not verify, 2 when it does not belong here or
    could not be put back.
    """
    installation = _configuration(config, backup)
    with told_errors(*_TROUBLE, StateInUseError), _refusals_are_findings():
        verified = _verified(backup, checkpoint, scratch)
        asked = ask_token(installation)
        done = put_back(
            backup,
            verified,
            installation,
            config.absolute(),
            on_token=asked.key,
            tell=_silent if as_json_ else _line,
        )
        newer = _newer(backup, verified.manifest)
    if as_json_:
        told = {
            "files": done.files,
            "kept": [str(path) for path in done.kept],
            "homeless": done.homeless,
            "logKeyIsTheTokens": None if asked.key is None else True,
            "newerBackups": [path.name for path in newer],
        }
        tell_json({"path": str(backup), **as_json(verified), **told})
        return
    _tell_put_back(backup, verified, done)
    if asked.key is None:
        err.print("[bold yellow]not compared with the token[/]", end=" ")
        why = f"{asked.why_not}. The gateway compares at its start, and refuses another log's"
        err.print(printable(why), markup=False, soft_wrap=True)
    tell_losses(verified, newer, installation)


def list_(
    directory: Annotated[Path, typer.Argument(help="Where they lie.")] = _PLACE,
    as_json_: JSONOption = False,
) -> None:
    """List the backups in a directory, the newest first.

    Their manifests are read and no contents: `sealgate backup verify` says whether one is whole.
    Exits 0 when there are some, 1 when there are none.
    """
    with told_errors(OSError):
        found = list(Shelf(directory).told())
    if as_json_:
        tell_json([_listed(path, said) for path, said in found])
    elif found:
        table = Table(box=None, pad_edge=False)
        for heading in ("backup", "node", "version", "records", "documents", "KiB"):
            table.add_column(heading, overflow="fold")
        for path, said in found:
            name, size = printable(path.name), f"{path.stat().st_size >> 10:,}"
            if isinstance(said, Manifest):
                numbers = f"{said.log.size:,}", f"{said.documents:,}"
                table.add_row(name, said.node, said.version, *numbers, size)
            else:
                table.add_row(name, "[bold red]unreadable[/]", "", "", "", size)
        out.print(table)
    if not found:
        raise fail(f"there is no backup in {directory}", code=1)


def _configuration(config: Path, backup: Path) -> Config:
    if config.exists():
        return configuration(config)
    raise fail(
        f"there is no {config}, which says where everything goes. Take it out of the backup and "
        f"look through it: tar -xOf {backup} configuration/config.yaml > {config}"
    )


def _verified(backup: Path, checkpoint: Path | None, scratch: Path | None) -> Verified:
    known = None if checkpoint is None else checkpoint.read_text(encoding="utf-8")
    return verify_backup(backup, scratch=scratch or backup.parent, checkpoint=known)


class _refusals_are_findings:  # noqa: N801 - it reads as `told_errors` does
    """A backup that does not verify is a finding (1), and no failure to look (2)."""

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Say it and leave."""
        if isinstance(error, BackupRefusedError):
            err.print("[bold red]not whole[/]", end=" ")
            err.print(printable(str(error)), markup=False, soft_wrap=True)
            raise typer.Exit(1) from error


def _newer(backup: Path, manifest: Manifest) -> list[Path]:
    return [
        path
        for path, said in Shelf(backup.parent).told()
        if isinstance(said, Manifest)
        and said.log_key == manifest.log_key
        and said.log.size > manifest.log.size
    ]


def _tell_put_back(backup: Path, verified: Verified, done: PutBack) -> None:
    out.print("[bold green]put back[/]", end="  ")
    out.print(f"{backup}, {done.files} files and the database", markup=False, soft_wrap=True)
    tell_verified(verified)
    for path in done.kept:
        out.print(f"  left as it is, and other than in the backup: {path}", markup=False)
    for name in done.homeless:
        out.print(f"  config.yaml names no place for it: {printable(name)}", markup=False)


def _listed(path: Path, said: Manifest | BackupError | OSError) -> dict[str, object]:
    told: dict[str, object] = {"path": str(path), "size": path.stat().st_size}
    if not isinstance(said, Manifest):
        return {**told, "wrong": str(said)}
    return {
        **told,
        "node": said.node,
        "version": said.version,
        "revision": said.revision,
        "createdAt": said.created_at,
        "records": said.log.size,
        "documents": said.documents,
    }


def _line(text: str) -> None:
    out.print(f"  {printable(text)}", markup=False, soft_wrap=True)


def _silent(_text: str) -> None:
    """A program reads the answer."""
