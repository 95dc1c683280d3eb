"""The commands, and the errors that they tell in a line."""

from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import (
    approvals,
    approvals_proof,
    audit,
    doctor,
    hsm,
    init,
    inspect,
    policy,
    policy_bundle,
    policy_keys,
    seal,
    serve,
    stops,
    verify,
)
from gateway.cli.shared import new_app

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
approvals_proof.add_to(approvals.app)
policy_bundle.add_to(policy.app)
policy_keys.add_to(policy.app)
app.add_typer(policy.app, name="policy")
app.add_typer(approvals.app, name="approvals")
app.add_typer(audit.app, name="audit")
app.add_typer(hsm.app, name="hsm")
app.command("freeze")(stops.freeze)
app.command("unfreeze")(stops.unfreeze)
app.command("freezes")(stops.freezes)
app.command("doctor")(doctor.doctor)
