"""The commands, and the errors that they tell in a line."""

from gateway.cli import audit, doctor, hsm, init, inspect, policy, seal, serve, verify
from gateway.cli.shared import new_app

app = new_app()
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("seal")(seal.seal)
app.command("verify")(verify.verify)
app.command("inspect")(inspect.inspect)
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(hsm.app, name="hsm")
app.command("doctor")(doctor.doctor)
