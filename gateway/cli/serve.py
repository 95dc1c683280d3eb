"""`sealgate serve`: run the gateway until it is told to stop."""

import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.wiring.machine.launching import launch


def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway until TERM or Ctrl-C stops it.

    HUP reads the policies again at once; they are read every few seconds anyway. USR1 has another
    signer started, with the keys that config.yaml names now. Logs are JSON on standard error.
    """
    raise typer.Exit(launch(configuration(config), config.absolute()))
