"""The commands, and the errors that they tell in a line."""

import typer

from gateway.cli import audit, doctor, hsm, init, inspect, policy, seal, serve, verify

app = typer.Typer(
    name="sealgate",
    help="Sealgate: seals documents with keys in your HSM, as your policies allow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("seal")(seal.seal)
app.command("verify")(verify.verify)
app.command("inspect")(inspect.inspect)
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(hsm.app, name="hsm")
app.command("doctor")(doctor.doctor)
