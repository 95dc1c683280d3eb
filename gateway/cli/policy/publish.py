"""`sealgate policy publish`: from the officers' directory into force in one step."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from gateway.bundles.acceptance import Standing
from gateway.bundles.authority import MOST_ROOT_BYTES, Authority
from gateway.bundles.reading import read
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.people_keys import FOUND, ModuleOption, PinFileOption, people_keys
from gateway.cli.policy.activating import USUAL_SECONDS, SecondsOption, WaitOption, activate
from gateway.cli.policy.bundles_here import newest_here
from gateway.cli.policy.changes import print_diff
from gateway.cli.policy.checking import looked_through
from gateway.cli.policy.printing import print_check, say
from gateway.cli.policy.publishing import next_bundle, signed_by, told_refusals
from gateway.cli.terminal import fail, told_errors
from gateway.clock import SystemClock
from gateway.desk.answering import compared
from gateway.desk.policy_files import NothingToReadError
from gateway.regular_files import read_regular


def publish(
    directory: Annotated[Path, typer.Argument(help="The officers' directory.")],
    key: Annotated[
        list[str], typer.Option(help=f"An officer's key, once for each who must sign, as {FOUND}.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether this is what was meant.")
    ] = False,
    wait: WaitOption = False,
    seconds: SecondsOption = USUAL_SECONDS,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check, test, build, sign and activate policies in one step: for trials and CI.

    Tells who gains and who loses what before anything is signed, and asks; where nobody can be
    asked, --yes is needed. It takes the keys of several officers at once: officers who each keep
    their own use build, sign and activate. Exits 0 when the bundle lies where the gateway takes it
    within `refresh_seconds` (with --wait: when it is in force), or when nothing is different; 1
    when it may not come into force or was not wanted; 2 when that could not be told.
    """
    settings = configuration(config)
    bundles, root = settings.policies.bundles, settings.policies.root
    if bundles is None or root is None:
        raise fail(
            f"{config} names a directory of policies, which the gateway reads by itself: there "
            "is nothing to publish. For officers to sign, name policies.bundles and policies.root"
        )
    now = SystemClock().now()
    with (
        told_errors(NothingToReadError, SQLAlchemyError),
        told_refusals(),
        people_keys(module=pkcs11_module, pin_file=pin_file) as keys,
    ):
        signers = [keys.found(each) for each in key]
        authority = Authority.read(read_regular(root, most_bytes=MOST_ROOT_BYTES))
        standing = newest_here(settings, bundles=bundles, root=authority, at=now)
        before = None if standing is None else standing.bundle
        report = looked_through(directory, settings, before=before, strict=False)
        print_check(report)
        if not report.ok:
            raise typer.Exit(1)
        data = next_bundle(directory, standing=standing, at=now)
        _show(data, standing, now)
        if not yes:
            _ask()
        data = signed_by(signers, data, standing=standing, root=authority, at=now)
        activate(data, settings, seconds=seconds if wait else None)


def _show(data: bytes, standing: Standing | None, now: datetime) -> None:
    """What it would change; leaves when that is nothing."""
    sealed = read(data)
    if standing is None:
        say("the group's first bundle: nothing was allowed before")
        return
    if sealed.manifest.content == standing.manifest.content:
        say(f"nothing is different from number {standing.manifest.sequence}: nothing was signed")
        raise typer.Exit(0)
    print_diff(compared(standing.bundle, sealed.bundle, at=now))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise fail("nobody can be asked here whether this is what was meant: add --yes")
    if not typer.confirm("Sign and activate this?"):
        raise typer.Exit(1)
