"""`sealgate serve`: run the gateway until it is told to stop."""

import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.terminal import new_app
from gateway.wiring.launching import launch


def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway: HTTP API, document workers, signer. TERM or Ctrl-C stops it cleanly.

    HUP reads the policies again at once; they are read every few seconds anyway. Logs are JSON on
    standard error.
    """
    raise typer.Exit(launch(configuration(config), config.absolute()))


app = new_app()
"""`sealgate` with this command alone."""
app.callback()(lambda: None)  # with a single command, typer would not want its name
app.command("serve")(serve)
