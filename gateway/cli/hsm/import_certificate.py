"""`sealgate hsm import-certificate`: a CA's certificate, checked, and put where its seal is."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.hsm.certified import Certified, certified
from gateway.cli.hsm.seals_here import seal_here
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.where import PoliciesOption
from gateway.cli.terminal import err, out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.keys.errors import KeyActError
from gateway.keys.faults import Fault
from gateway.keys.files import exchange, write_new
from gateway.keys.journal import KeyJournal

_KEPT = ".kept-"
ChainArgument = Annotated[
    Path,
    typer.Argument(
        help="What the CA sent: the seal's certificate and its issuers in any order, as PEM, DER "
        "or PKCS#7.",
        exists=True,
        dir_okay=False,
    ),
]
RootOption = Annotated[
    Path,
    typer.Option(help="Required. The CA's root, as you have it from the CA by another way."),
]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm import-certificate --json` prints.

    Attributes:
        ok: nothing stands against it.
        seal: whose certificate.
        key: its key's id.
        faults: what stands against it.
        certificate: SHA-256 of the DER, hex; empty when none is for the key.
        not_after: until when it is valid, ISO 8601; empty likewise.
        file: where it is; empty when it was only checked or refused.
        kept: where the one before is; empty when there was none.
    """

    ok: bool
    seal: str
    key: str
    faults: tuple[Fault, ...]
    certificate: str = ""
    not_after: str = ""
    file: str = ""
    kept: str = ""


def import_certificate(
    seal: Annotated[str, typer.Argument(help="The seal's name.")],
    chain: ChainArgument,
    root: RootOption,
    check: Annotated[bool, typer.Option("--check", help="Only check; write nothing.")] = False,
    directory: PoliciesOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check a certificate from the CA in every way, and give it to its seal.

    Chain, key, usage, algorithms, validity and company are looked at first, and everything that
    stands against it is told. Then it takes the place of the old one at once; the old one stays
    beside it. Exits 0 when it may be taken, 1 when something stands against it, 2 when that could
    not be told.
    """
    settings = configuration(config)
    place, files, found = seal_here(seal, directory, config)
    told = certified(
        settings.hsm, found.key, chain, root, company=files.bundle.companies[found.company].title
    )
    report = ImportReport(
        ok=not told.faults,
        seal=seal,
        key=found.key,
        faults=told.faults,
        certificate=told.fingerprint,
        not_after=told.not_after,
    )
    if report.ok and not check:
        journal = KeyJournal(settings.key_acts, clock=SystemClock())
        with told_errors(KeyActError, OSError):
            report = _given(report, told, place / found.certificate, journal)
    if as_json:
        tell_json(report)
    else:
        tell(report, signed=settings.policies.directory is None)
    raise typer.Exit(0 if report.ok else 1)


def _given(report: ImportReport, told: Certified, path: Path, journal: KeyJournal) -> ImportReport:
    content = b"".join(each.public_bytes(Encoding.PEM) for each in told.path)
    before = told.fingerprint_in(path)
    if before == told.fingerprint and path.read_bytes() == content:
        return msgspec.structs.replace(report, file=str(path))
    journal.note(
        "certificate",
        key=report.key,
        public_key=told.public_key,
        seal=report.seal,
        certificate=told.fingerprint,
        previous=before,
    )
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, content)
        return msgspec.structs.replace(report, file=str(path))
    kept = path.with_name(f"{path.name}{_KEPT}{(before or 'unread')[:16]}")
    exchange(path, content, kept=kept)
    return msgspec.structs.replace(report, file=str(path), kept=str(kept))


def tell(report: ImportReport, *, signed: bool) -> None:
    """For people; `signed`: officers sign bundles, so that more is to be done."""
    for fault in report.faults:
        err.print(f"[bold red]{fault.name}[/]", end="  ")
        err.print(f"{printable(fault.message)}\n  {fault.cure}", markup=False, soft_wrap=True)
    if report.faults:
        return
    lines = [
        f"good     for key {report.key} of seal {report.seal}, until {report.not_after[:10]}",
        f"SHA-256  {report.certificate}",
    ]
    if report.file:
        lines.append(f"file     {report.file}")
    if report.kept:
        lines.append(f"before   {report.kept}")
    if report.file:
        lines.append(
            "next     have the officers sign a bundle with it (sealgate policy build, sign)"
            if signed
            else "next     the gateway takes it by itself"
        )
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
