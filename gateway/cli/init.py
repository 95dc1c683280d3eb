"""`sealgate init`: a trial installation, ready to serve."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.shared import out, told_errors
from gateway.cli.trial import Trial, TrialError
from gateway.clock import SystemClock
from hsm.errors import KeyRoomError
from strictyaml import MistakesError


def init(
    directory: Annotated[
        Path, typer.Option("--directory", "-d", help="Where the installation goes.")
    ] = Path("var"),
) -> None:
    """Make a trial installation: SoftHSM token, keys, demo certificates, seals, policies.

    Nothing that is there already is touched, so it can be run again.
    """
    trial = Trial(directory)
    with told_errors(TrialError, KeyRoomError, MistakesError, OSError):
        trial.set_up(now=SystemClock().now(), tell=lambda line: out.print(f"  {line}"))
    out.print(f"ready: sealgate serve --config {trial.config_file}")
