"""The commands, and the errors that they tell in a line."""

from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import audit, serve
from gateway.cli.doctor import doctor
from gateway.cli.files import inspect, verify
from gateway.cli.hsm import commands
from gateway.cli.officers import approvals, proof, stops
from gateway.cli.policy import bundle, keys, look
from gateway.cli.seal import seal
from gateway.cli.terminal import new_app
from gateway.cli.trial import init

app = new_app()


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


app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("seal")(seal.seal)
app.command("verify")(verify.verify)
app.command("inspect")(inspect.inspect)
proof.add_to(approvals.app)
bundle.add_to(look.app)
keys.add_to(look.app)
app.add_typer(look.app, name="policy")
app.add_typer(approvals.app, name="approvals")
app.add_typer(audit.app, name="audit")
app.add_typer(commands.app, name="hsm")
app.command("freeze")(stops.freeze)
app.command("unfreeze")(stops.unfreeze)
app.command("stops")(stops.stops)
app.command("doctor")(doctor.doctor)
