"""`sealgate envelope verify` and `compare`: what a transcript proves, without anybody's help."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from cryptography.hazmat.primitives.serialization import Encoding
from rich.text import Text

from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.findings import TranscriptFindings
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.transcript_file import LARGEST
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.plain_json import decode
from gateway.cli.envelope.reporting import Report, is_unreadable, report_of
from gateway.cli.files.reading import name_of, read_file
from gateway.cli.files.verify import roots_in
from gateway.cli.options import JSONOption
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.clock import SystemClock

_MOST_DOCUMENT_BYTES: Final = 256 * 1024 * 1024
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_STYLES: Final[Mapping[str | None, str]] = {"completed": "bold green", "voided": "bold red"}
_HOW_TO_GET_ONE: Final = (
    "a transcript is the record of an envelope as a JSON file, which `sealgate envelope transcript "
    "ID` fetches from a gateway that takes part, as does any of the other companies"
)
_A_TRANSCRIPT: Final = "the transcript"
_RIGHT_KEY: Final = (
    "ask the network's operator for its key (`sealgate network identity`), by another way than the "
    "one on which the file came, and give it with --network-key. If yours is right, the file is "
    "not of that network, and proves nothing"
)
_RIGHT_ROOTS: Final = (
    "ask each company for the certificate of the CA of its seals, by another way than the one on "
    "which the file came, and give all with --roots, which may be repeated"
)
_OF_A_PDF: Final = "The signatures on a PDF are judged by `sealgate verify FILE`."


def verify(
    file: Annotated[Path, typer.Argument(help="A transcript.", metavar="FILE")],
    documents: Annotated[
        list[Path] | None,
        typer.Option(
            "--documents",
            "-d",
            help="The envelope's PDFs as you have them, or a folder with them; may be repeated.",
        ),
    ] = None,
    roots: Annotated[
        list[Path] | None,
        typer.Option(
            "--roots", help="PEM of the CAs of the organisations' seals; may be repeated."
        ),
    ] = None,
    network_key: Annotated[
        str | None,
        typer.Option(help="The network's key as you know it; by default that in the file."),
    ] = None,
    as_json: JSONOption = False,
) -> None:
    """Judge a transcript and its documents, without a network or a gateway.

    Exits 0 when everything holds, 1 when something does not, 2 when that could not be told: a file
    cannot be read, it is by another network's key than yours, or no root of yours vouches for the
    companies.
    """
    if network_key is not None and not _KEY.fullmatch(network_key):
        raise fail(
            f"--network-key {network_key!r} is no key: 43 characters of base64url, as "
            "`sealgate network identity` prints it"
        )
    if not roots:
        raise fail("there is nothing to judge by: name the CAs of the seals with --roots")
    trusted = [root.public_bytes(Encoding.DER) for path in roots for _, root in roots_in(path)]
    content = _read(_A_TRANSCRIPT, file, LARGEST)
    found = transcript.verify(
        content,
        roots=trusted,
        at=SystemClock().now(),
        documents=_documents(documents or [], content),
        network_key=network_key,
    )
    report = report_of(found)
    if as_json:
        tell_json(report)
    else:
        _print(file, report, found)
    raise typer.Exit({"valid": 0, "not-valid": 1}.get(report.verdict, 2))


def compare(
    mine: Annotated[Path, typer.Argument(help="Your transcript.", metavar="MINE")],
    theirs: Annotated[Path, typer.Argument(help="The other company's.", metavar="THEIRS")],
) -> None:
    """Hold two companies' transcripts of one envelope against each other.

    Exits 0 when they are the same, 1 when they differ, 2 when that could not be told.

    Each is judged by itself with `sealgate envelope verify`.
    """
    try:
        difference = transcript.compare(_transcript(mine), _transcript(theirs))
    except RecordBrokenError as error:
        raise fail(str(error)) from error
    if difference is None:
        _say("the same", style="bold green")
        return
    _say(f"{difference.kind}: {difference.words}", style="bold red")
    raise typer.Exit(1)


def _transcript(file: Path) -> bytes:
    content = _read(_A_TRANSCRIPT, file, LARGEST)
    try:
        transcript.read(content)
    except RecordBrokenError as error:
        raise fail(f"{name_of(file)}: {error}; {_HOW_TO_GET_ONE}") from error
    return content


def _read(what: str, file: Path, most_bytes: int) -> bytes:
    content = read_file(file, most_bytes)
    if isinstance(content, str):
        raise fail(f"{what} {name_of(file)}: {content}")
    return content


def _documents(named: Iterable[Path], content: bytes) -> dict[str, bytes]:
    """The documents that were given, by their names; of folders, those that the terms name."""
    found: dict[str, bytes] = {}
    for path in named:
        files = _of_the_terms(path, content) if path.is_dir() else [path]
        for file in files:
            if file.name in found:
                raise fail(f"two files are called {file.name}: give the one or the other")
            found[file.name] = _read("the document", file, _MOST_DOCUMENT_BYTES)
    return found


def _of_the_terms(folder: Path, content: bytes) -> list[Path]:
    try:
        terms = decode(transcript.read(content).record.terms, dict[str, Any])
        names = [str(each["name"]) for each in terms["documents"]]
    except (RecordBrokenError, msgspec.ValidationError, KeyError, TypeError):
        return []  # what is wrong with the transcript is told by whoever judges it
    return [folder / name for name in names if Path(name).name == name and _is_file(folder / name)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _print(file: Path, report: Report, found: TranscriptFindings) -> None:
    label, style = {
        "valid": ("valid", "bold green"),
        "not-valid": ("NOT VALID", "bold red"),
    }.get(report.verdict, ("could not tell", "bold yellow"))
    _say(f"{label:<14} {name_of(file)}", style=style)
    if report.comes_to is not None:
        _say(f"  {'state':<12} {report.comes_to}", style=_STYLES.get(report.status, "bold yellow"))
    if found.is_untold:
        _print_what_is_lacking(found)
    else:
        for each in report.findings:
            place = f"entry {each.entry}: " if each.entry else ""
            fault = "" if is_unreadable(found) else f"{each.fault}: "
            _fact("why", f"{place}{fault}{each.words}")
        if is_unreadable(found):
            _print_what_one_is(found)
        if found.state is not None:
            _print_state(report, found.state)
    for caveat in report.caveats:
        _say(f"note: {caveat}")


def _print_what_one_is(found: TranscriptFindings) -> None:
    _fact("do", f"name a transcript: {_HOW_TO_GET_ONE}")
    if any("a PDF" in each.words for each in found.findings):
        _fact("do", _OF_A_PDF)


def _print_what_is_lacking(found: TranscriptFindings) -> None:
    """Which key or roots would tell, and where they come from."""
    if found.other_network and found.network is not None:
        told = f"{found.network.name} by the key {found.network.signing_key}"
        _fact("why", f"the file is of the network {told}; that is not the key that you gave")
        _fact("do", _RIGHT_KEY)
    for each in found.rootless:
        who = f"{each.name}, {each.organisation}"
        _fact("why", f"no root that you gave vouches for who calls itself {who}: {each.words}")
    only_a_seal = not found.other_network and not found.rootless
    for finding in found.findings if only_a_seal else ():
        _fact("why", f"no root that you gave vouches for the seal on {finding.words}")
    if found.rootless or only_a_seal:
        _fact("do", _RIGHT_ROOTS)


def _print_state(report: Report, state: EnvelopeState) -> None:
    _fact("envelope", f"{state.terms.envelope}  {state.terms.title}")
    _fact("status", f"{state.status}, after entry {state.sequence}, head {state.head}")
    for each in state.parties:
        when = "" if each.at is None else f", {each.at.isoformat(timespec='seconds')}"
        name = each.party.name or "whoever holds the goods"
        _fact("party", f"{each.party.id}: {name}: {each.state}{when}")
    for account, name in report.organisations.items():
        _fact("believed", f"{name}, {account}, by the seal on its card")
    for name, digest in state.current.items():
        given = ", as the file that was given" if name in report.documents else ""
        _fact("document", f"{name}: SHA-256 {digest}{given}")


def _fact(name: str, value: str) -> None:
    _say(f"  {name:<12} {printable(value)}")


def _say(line: str, *, style: str = "") -> None:
    out.print(Text(printable(line), style=style), soft_wrap=True)
