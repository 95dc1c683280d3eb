"""`sealgate init`: a trial installation, ready to serve."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.terminal import out, told_errors
from gateway.cli.trial.installation import Trial, TrialError
from gateway.clock import SystemClock
from hsm.errors import KeyRoomError
from strictyaml import MistakesError


def init(
    directory: Annotated[
        Path, typer.Option("--directory", "-d", help="Where the installation goes.")
    ] = Path("var"),
    unsigned: Annotated[
        bool,
        typer.Option(
            "--unsigned",
            help="Let the gateway read the YAML as it is saved, without officers' signatures: for "
            "development.",
        ),
    ] = False,
    company: Annotated[
        Literal["logistics", "carrier", "buyer"],
        typer.Option(
            help="logistics: seals receipts; carrier and buyer: two companies that sign contracts "
            "with each other, each with a CA and officers of its own."
        ),
    ] = "logistics",
) -> None:
    """Make a trial installation: SoftHSM token, demo certificates, seals, policies.

    Its officers' keys lie beside it, so that one person can try what takes two. Nothing that is
    there already is touched, so it can be run again.
    """
    trial = Trial(directory, company)
    with told_errors(TrialError, KeyRoomError, MistakesError, OSError):
        trial.set_up(
            now=SystemClock().now(),
            tell=lambda line: out.print(f"  {line}", markup=False, soft_wrap=True),
            signed=not unsigned,
        )
    out.print(f"ready: sealgate serve --config {trial.config_file}", soft_wrap=True)
