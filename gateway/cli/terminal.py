"""How the commands tell what they found: in words that cannot harm a terminal, or as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import typer
from rich.console import Console, ConsoleDimensions

_WIDEST: Final = 4000


class _Output(Console):
    """Folds lines for a terminal; a program that reads them gets each whole, however long."""

    @property
    def size(self) -> ConsoleDimensions:
        """In columns and lines."""
        size = super().size
        return size if self.is_terminal else size._replace(width=_WIDEST)

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size


out = _Output(highlight=False)
err = _Output(stderr=True, highlight=False)


def printable(text: str) -> str:
    """The text with everything that a terminal might obey replaced by U+FFFD.

    File names, certificates and policies may come from strangers; escape sequences and marks that
    turn the direction of writing could make a verdict look like another.
    """
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)


def tell_json(value: object) -> None:
    """One JSON document, UTF-8 and indented, on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def fail(message: str, *, code: int = 2) -> typer.Exit:
    """Say what is wrong on standard error; raise what this gives."""
    err.print("[bold red]error[/]", end=" ")
    # A path may hold brackets, which are no markup.
    err.print(_printable_lines(message), markup=False, soft_wrap=True)
    return typer.Exit(code)


@contextmanager
def told_errors(*kinds: type[Exception], code: int = 2) -> Iterator[None]:
    """Turn expected errors into one line and an exit code."""
    try:
        yield
    except kinds as error:
        err.print("[bold red]error[/]", end=" ")
        err.print(_printable_lines(_sentence(error)), markup=False, soft_wrap=True)
        raise typer.Exit(code) from error


def _printable_lines(text: str) -> str:
    """What others wrote may hold what moves the cursor."""
    return "\n".join(map(printable, text.split("\n")))


def _sentence(error: Exception) -> str:
    """What an error says, without the marks of the library that raised it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    # SQLAlchemy adds the statement and a link; it is not loaded here, as few commands need it.
    cause = getattr(error, "orig", None)
    if cause is not None:
        return (
            f"the database cannot be used: {cause}. If another version wrote it, start the gateway "
            "once; otherwise see `sealgate doctor`"
        )
    return str(error)
