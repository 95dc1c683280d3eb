"""A command that is loaded when it is wanted; until then it is a name and a line of help.

Each command loads a good part of the product, most of which the others have no use for, and an
officer who freezes a seal should not wait for what reads policies.
"""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from gateway.wiring.machine.collector import nothing_collected


class LaterCommand(TyperCommand):
    """Stands in for the command of a function, which is looked up when the command line names it.

    Args:
        name: as it is typed.
        function: `module:function`.
        line: the first of its help, which lists show.
    """

    def __init__(self, name: str, function: str, line: str) -> None:
        super().__init__(name, help=line)
        self._function = function

    def loaded(self) -> TyperCommand:
        """The command itself."""
        module, _, function = self._function.partition(":")
        alone = typer.Typer(add_completion=False)
        with nothing_collected():
            itself = getattr(import_module(module), function)
        alone.command(self.name, help=_flowing(itself.__doc__ or ""))(itself)
        command = get_command(alone)
        assert isinstance(command, TyperCommand)  # noqa: S101 - a Typer with one command is one
        return command

    def make_context(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as it came
        """The context of the command itself, which therefore is the one that runs."""
        return self.loaded().make_context(*arguments, **named)


def _flowing(text: str) -> str:
    """Paragraphs without the line ends of the source, for terminals of any width."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))
