"""`sealgate hsm rotate`: another key for a seal, with no document refused meanwhile."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.hsm.certified import Certified, certified
from gateway.cli.hsm.import_certificate import ChainArgument, ImportReport, RootOption, tell
from gateway.cli.hsm.in_force_here import key_before, keys_in_force
from gateway.cli.hsm.seals_here import seal_here
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.where import PoliciesOption
from gateway.cli.terminal import fail, out, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.keys.errors import KeyActError
from gateway.keys.faults import Fault
from gateway.keys.files import clear_unfinished, exchange, write_new
from gateway.keys.journal import KeyJournal
from gateway.keys.switching import NotSwitchedError, Switch, switched
from gateway.regular_files import read_regular
from gateway.seals.in_force import read_sources

_POLL_SECONDS = 0.2
_MOST_BYTES = 16 * 1024 * 1024


class RotateReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm rotate --json` prints.

    Attributes:
        ok: the seal has the new key, as far as this command could see to it.
        seal: which.
        already: the seal had the new key when this began: it is run again.
        old_key: the key before; null: it is run again, and neither note nor record tells.
        new_key: the key from now on.
        faults: what stands against the certificate.
        file: the YAML file that was changed; empty when nothing was.
        certificate: the certificate's file; likewise.
        in_force: a running gateway has recorded it; null: nobody waited.
        old_key_is_free: no other seal has the key before, so that it may be retired.
    """

    ok: bool
    seal: str
    old_key: str | None
    new_key: str
    already: bool = False
    faults: tuple[Fault, ...] = ()
    file: str = ""
    certificate: str = ""
    in_force: bool | None = None
    old_key_is_free: bool = False


def rotate(
    seal: Annotated[str, typer.Argument(help="The seal's name.")],
    chain: ChainArgument,
    to: Annotated[str, typer.Option(help="Required. The next key's id under hsm.keys.")],
    root: RootOption,
    wait: Annotated[
        float,
        typer.Option(min=0.0, max=600.0, help="Seconds to wait until a running gateway has it."),
    ] = 30.0,
    directory: PoliciesOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give a seal another key and its certificate, while documents come in.

    The certificate is checked as by import-certificate. Then key and certificate change in one
    step; documents under way are finished with the key that they began with, and the old key stays
    on the token. If it was cut off, run it again. Exits 0 when that is done, 1 when something
    stands against the certificate or no gateway took it in time, 2 when it could not be done.
    """
    settings = configuration(config)
    place, files, found = seal_here(seal, directory, config)
    told = certified(
        settings.hsm, to, chain, root, company=files.bundle.companies[found.company].title
    )
    report = RotateReport(
        ok=not told.faults, seal=seal, old_key=found.key, new_key=to, faults=told.faults
    )
    if report.ok:
        with told_errors(NotSwitchedError, KeyActError, OSError):
            if found.key == to:
                report = _again(report, told, place / found.certificate, settings)
                bundle = files.bundle
            else:
                switch = switched(
                    read_sources(place), files.library, files.bundle, seal=found, key=to
                )
                report, bundle = _given(report, told, switch, place, settings), switch.bundle
            _clear(place)
        others = [each.key for each in bundle.seals.values()]
        is_free = report.old_key is not None and report.old_key not in others
        report = msgspec.structs.replace(report, old_key_is_free=is_free)
        if settings.policies.directory == place and wait:
            taken = _in_force(settings, seal, to, wait)
            report = msgspec.structs.replace(report, in_force=taken, ok=taken)
    if as_json:
        tell_json(report)
    else:
        _tell(report, told, settings)
    raise typer.Exit(0 if report.ok else 1)


def _again(
    report: RotateReport, told: Certified, certificate: Path, settings: Config
) -> RotateReport:
    """The files are as they are to be: what is left to do is the gateway's."""
    if told.fingerprint_in(certificate) != told.fingerprint:
        raise fail(
            f"seal {report.seal!r} has key {report.new_key!r} already, with another certificate; a "
            "renewed one for the same key is taken by `sealgate hsm import-certificate`"
        )
    meant = KeyJournal(settings.key_acts, clock=SystemClock()).meant_switch(report.seal)
    if meant is not None and meant.key == report.new_key:
        before = meant.previous
    else:
        before = key_before(settings, seal=report.seal, key=report.new_key)
    return msgspec.structs.replace(report, already=True, old_key=before)


def _given(
    report: RotateReport, told: Certified, switch: Switch, place: Path, settings: Config
) -> RotateReport:
    certificate, file = place / switch.certificate, place / switch.file
    content = b"".join(each.public_bytes(Encoding.PEM) for each in told.path)
    before = read_regular(file, most_bytes=_MOST_BYTES)
    KeyJournal(settings.key_acts, clock=SystemClock()).note_switch(
        report.seal,
        key=report.new_key,
        public_key=told.public_key,
        certificate=told.fingerprint,
        previous=str(report.old_key),
    )
    # Nobody reads the certificate before the YAML names it, and that changes in one step.
    if not certificate.exists():
        write_new(certificate, content)
    elif certificate.read_bytes() != content:
        old = told.fingerprint_in(certificate) or "unread"
        kept = certificate.with_name(f"{certificate.name}.kept-{old[:16]}")
        exchange(certificate, content, kept=kept)
    kept = file.with_name(f"{file.name}.kept-{report.old_key}")
    kept.unlink(missing_ok=True)  # of an earlier time with this key
    text = switch.text.replace("\n", "\r\n") if b"\r\n" in before else switch.text
    exchange(file, text.encode(), kept=kept)
    return msgspec.structs.replace(report, file=str(file), certificate=str(certificate))


def _clear(place: Path) -> None:
    """Delete what a run that was killed had begun to write; files whose end it was are there."""
    for directory in (place, *(each for each in place.rglob("*") if each.is_dir())):
        clear_unfinished(directory)


def _in_force(settings: Config, seal: str, key: str, wait: float) -> bool:
    clock = SystemClock()
    until = clock.monotonic() + wait
    while keys_in_force(settings).get(seal) != key:
        if clock.monotonic() >= until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _tell(report: RotateReport, told: Certified, settings: Config) -> None:
    checked = ImportReport(
        ok=not report.faults,
        seal=report.seal,
        key=report.new_key,
        faults=report.faults,
        certificate=told.fingerprint,
        not_after=told.not_after,
    )
    tell(checked, signed=False)
    if not report.file and not report.already:
        return
    lines = [
        f"done     seal {report.seal} had key {report.new_key} already; its files are as they were"
        if report.already
        else f"policies {report.file} names key {report.new_key} instead of {report.old_key}"
    ]
    match report.in_force:
        case True:
            lines.append("in force a running gateway has recorded it")
        case False:
            lines.append(
                "WAITING  no gateway has recorded it yet. Until then it seals with the old key. "
                f"Does it have {report.new_key}? USR1 has it read hsm.keys again; its log says why "
                "policies are refused. Then run this again"
            )
        case None if settings.policies.directory is None:
            lines.append("next     have the officers sign a bundle with it")
        case None:
            pass
    if report.old_key_is_free:
        lines.append(f"then     sealgate hsm retire {report.old_key}")
    elif report.old_key is not None:
        lines.append(f"kept     other seals have key {report.old_key} as well")
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
