"""A signed bundle to where the gateway takes it, and what became of it there."""

import hashlib
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.bundles.reading import peek
from gateway.cli.files.whole_files import write_whole
from gateway.cli.policy.activation_watch import ActivationWatch, Outcome
from gateway.cli.terminal import fail, out
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.seals.last_good import SUFFIX

USUAL_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1

WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait until the running gateway says what became of it.")
]
SecondsOption = Annotated[float, typer.Option(min=0, help="How long to wait at most.")]


def deliver(data: bytes, bundles: Path) -> Path:
    """Put the bundle where the gateway takes it within `refresh_seconds`; gives the file.

    Raises:
        BundleFileError: it is no bundle.
        OSError: it cannot be written.
    """
    target = bundles / f"{peek(data).sequence:06}{SUFFIX}"
    write_whole(target, data)
    return target


def activate(data: bytes, installation: Config, *, seconds: float | None) -> None:
    """Deliver it and tell; with `seconds`, once the gateway has recorded what became of it.

    Raises:
        typer.Exit: it was refused (1), nothing is on record of it in time, or the installation
            takes no bundles (2).
        BundleFileError, OSError, SQLAlchemyError: see `deliver` and `ActivationWatch`.
    """
    bundles = installation.policies.bundles
    if bundles is None:
        raise fail(
            "this gateway reads a directory of policies, so no bundle can come into force: name "
            "policies.bundles and policies.root in config.yaml first"
        )
    if seconds is None:
        target = deliver(data, bundles)
        out.print(f"{target}: see what becomes of it with `sealgate doctor`", markup=False)
        return
    manifest = peek(data)
    digest = hashlib.sha256(data).hexdigest()
    with ActivationWatch.of(installation, manifest, file_digest=digest) as watch:
        outcome = watch.already()
        if outcome is None:
            deliver(data, bundles)
            outcome = _awaited(watch, seconds)
    told = f"number {manifest.sequence} in {bundles}"
    if outcome is None:
        raise fail(
            f"{told}: after {seconds:g} s nothing is on record of it: the gateway does not run, "
            "or could not read or record it; `sealgate doctor` and the gateway's log say why"
        )
    if not outcome.in_force:
        raise fail(f"{told}: {outcome.told}", code=1)
    out.print(f"{told}: {outcome.told}", markup=False, soft_wrap=True)


def _awaited(watch: ActivationWatch, seconds: float) -> Outcome | None:
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while (outcome := watch.outcome()) is None and clock.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return outcome
