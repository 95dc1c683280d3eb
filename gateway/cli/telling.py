"""How the commands tell what they found: in words that cannot harm a terminal, or as JSON."""

import msgspec
import typer


def printable(text: str) -> str:
    """The text with everything that a terminal might obey replaced by U+FFFD.

    File names, certificates and policies may come from strangers; escape sequences and marks that
    turn the direction of writing could make a verdict look like another.
    """
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)


def tell_json(value: object) -> None:
    """One JSON document, UTF-8 and indented, on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
