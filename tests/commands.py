"""Every command of the command line."""

from collections.abc import Iterator

from typer.core import TyperGroup
from typer.main import get_command

from gateway.cli.app import app
from gateway.cli.later import LaterCommand


def every_command() -> dict[str, LaterCommand]:
    """By what is typed after `sealgate`."""
    whole = get_command(app)
    assert isinstance(whole, TyperGroup)
    return dict(_below(whole, ()))


def _below(group: TyperGroup, path: tuple[str, ...]) -> Iterator[tuple[str, LaterCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _below(command, (*path, name))
        else:
            assert isinstance(command, LaterCommand)
            yield " ".join((*path, name)), command
