"""All commands by name; what a command needs is loaded when it runs."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gateway import __version__
from gateway.cli.later import LaterCommand
from gateway.cli.table import ALONE, GROUPS, Group, Lines


def _later(commands: Lines) -> dict[str, LaterCommand]:
    return {
        name: LaterCommand(name, f"gateway.cli.{function}", line)
        for name, (function, line) in commands.items()
    }


def _group(name: str, group: Group) -> TyperGroup:
    within = {each: _group(each, inner) for each, inner in group.groups.items()}
    commands = {**_later(group.commands), **within}
    return TyperGroup(name=name, help=group.line, no_args_is_help=True, commands=commands)


class _Everything(TyperGroup):
    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**given)
        self.commands.update(_later(ALONE))
        for name, group in GROUPS.items():
            self.add_command(_group(name, group))


app = typer.Typer(
    name="sealgate",
    cls=_Everything,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealgate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    """Sealgate: seals documents with keys in your HSM, as your policies allow."""
