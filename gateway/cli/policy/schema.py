"""`sealgate policy schema`: the published JSON Schema, of the version that is installed."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import fail
from policies.reading.schema import schema_text


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; by default print it.")
    ] = None,
) -> None:
    """Print the JSON Schema of policy files, for editors that check YAML.

    Name the file on the first line of yours: `# yaml-language-server: $schema=sealgate-v1.json`.
    """
    if output is None:
        typer.echo(schema_text(), nl=False)
        return
    try:
        output.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise fail(f"{output} cannot be written ({error.strerror}); name another file") from error
