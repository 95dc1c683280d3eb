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
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.transcript import Finding, TranscriptFindings
from cloud_bridge.envelopes.transcript_file import LARGEST
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.plain_json import decode
from gateway.cli.files.reading import name_of, read_file
from gateway.cli.files.verify import roots_in
from gateway.cli.options import JSONOption
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.clock import SystemClock

_MOST_DOCUMENT_BYTES: Final = 256 * 1024 * 1024
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_UNREADABLE: Final = "unreadable"
_BY_THE_FILE: Final = (
    "The network's key was taken from the file: what organisations said is proved by their seals, "
    "what the network said is not. Name its key with --network-key."
)
_COMES_TO: Final = {
    "draft": "NOT SENT: nobody has seen it",
    "signing": "NOT COMPLETED: {missing}",
    "completed": "completed: everybody has signed",
    "declined": "DECLINED by {declined}: it was never completed",
    "withdrawn": "WITHDRAWN by who sent it: it was never completed",
    "expired": "EXPIRED before everybody had signed: it was never completed",
    "voided": "VOID: it was completed, and then cancelled by envelope {voided_by}",
}
_MAY_BE_NEWER: Final = (
    "This is how it stood after the last entry in the file. What came later is not in it: of a "
    "contract that counts ask a party or the network for a transcript of today."
)
_VOID_BY_THE_NETWORK: Final = (
    "That it is void is the network's word. What proves it is the transcript of the envelope that "
    "cancels it, signed by all who signed this one: verify that, too."
)
_STYLES: Final = {"completed": "bold green", "voided": "bold red"}
_CANCELS: Final = (
    "This is a cancellation agreement: where it is completed, envelope {voids} is void."
)
_NO_SIGNATURES: Final = (
    "The signatures on the documents themselves are judged by `sealgate verify FILE`."
)


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `--json` prints. Keys are only ever added."""

    verdict: str
    envelope: str | None
    title: str | None
    status: str | None
    comes_to: str | None
    voided_by: str | None
    voids: str | None
    sequence: int
    head: str
    network: str | None
    network_key: str
    organisations: Mapping[str, str]
    parties: tuple[Mapping[str, Any], ...]
    digests: Mapping[str, str]
    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    caveats: tuple[str, ...]


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
    cannot be read, or there is no root to judge by.
    """
    if network_key is not None and not _KEY.fullmatch(network_key):
        raise fail(
            f"--network-key {network_key!r} is no key: 43 characters of base64url, as "
            "`sealgate network identity` prints it"
        )
    if not roots:
        raise fail("there is nothing to judge by: name the CAs of the seals with --roots")
    trusted = [root.public_bytes(Encoding.DER) for path in roots for _, root in roots_in(path)]
    content = _read(file, LARGEST)
    found = transcript.verify(
        content,
        roots=trusted,
        at=SystemClock().now(),
        documents=_documents(documents or [], content),
        network_key=network_key,
    )
    report = _report(found)
    if as_json:
        tell_json(report)
    else:
        _print(file, report, found.state)
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
        difference = transcript.compare(_read(mine, LARGEST), _read(theirs, LARGEST))
    except RecordBrokenError as error:
        raise fail(str(error)) from error
    if difference is None:
        _say("the same", style="bold green")
        return
    _say(f"{difference.kind}: {difference.words}", style="bold red")
    raise typer.Exit(1)


def _read(file: Path, most_bytes: int) -> bytes:
    content = read_file(file, most_bytes)
    if isinstance(content, str):
        raise fail(f"{name_of(file)}: {content}")
    return content


def _documents(named: Iterable[Path], content: bytes) -> dict[str, bytes]:
    """The documents that were given, by their names; of folders, those that the terms name."""
    found: dict[str, bytes] = {}
    for path in named:
        files = _of_the_terms(path, content) if path.is_dir() else [path]
        for file in files:
            if file.name in found:
                raise fail(f"two files are called {file.name}: give the one or the other")
            found[file.name] = _read(file, _MOST_DOCUMENT_BYTES)
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


def _report(found: TranscriptFindings) -> Report:
    state = found.state
    unreadable = any(each.fault == _UNREADABLE for each in found.findings)
    verdict = "could-not-tell" if unreadable else "valid" if found.holds else "not-valid"
    by_the_file = (_BY_THE_FILE,) if found.network_key == "file" else ()
    return Report(
        verdict=verdict,
        envelope=None if state is None else state.terms.envelope,
        title=None if state is None else state.terms.title,
        status=None if state is None else state.status,
        comes_to=None if state is None else _comes_to(state, found.voided_by),
        voided_by=found.voided_by or None,
        voids=None if state is None else state.terms.voids,
        sequence=0 if state is None else state.sequence,
        head="" if state is None else state.head,
        network=None if found.network is None else found.network.name,
        network_key=found.network_key,
        organisations=found.believed,
        parties=() if state is None else tuple(_parties(state)),
        digests={} if state is None else state.current,
        documents=found.documents,
        findings=found.findings,
        caveats=(*by_the_file, *_of_its_state(state), _NO_SIGNATURES),
    )


def _comes_to(state: EnvelopeState, voided_by: str) -> str:
    """What became of the envelope, in words that nobody takes for another end."""
    declined = ", ".join(each.party.id for each in state.parties if each.state == "declined")
    missing = "the network has not said that everybody has signed"
    if state.missing:
        missing = f"{', '.join(state.missing)} had not signed"
    words = _COMES_TO[state.status]
    return words.format(missing=missing, declined=declined, voided_by=voided_by)


def _of_its_state(state: EnvelopeState | None) -> Iterable[str]:
    if state is None:
        return
    if state.status in {"signing", "completed"}:
        yield _MAY_BE_NEWER
    if state.status == "voided":
        yield _VOID_BY_THE_NETWORK
    if state.terms.voids is not None:
        yield _CANCELS.format(voids=state.terms.voids)


def _parties(state: EnvelopeState) -> Iterable[Mapping[str, Any]]:
    for each in state.parties:
        yield {
            "id": each.party.id,
            "kind": each.party.kind,
            "name": each.party.name,
            "account": each.party.account,
            "state": each.state,
            "at": each.at,
        }


def _print(file: Path, report: Report, state: EnvelopeState | None) -> None:
    label, style = {
        "valid": ("valid", "bold green"),
        "not-valid": ("NOT VALID", "bold red"),
    }.get(report.verdict, ("could not tell", "bold yellow"))
    _say(f"{label:<14} {name_of(file)}", style=style)
    if state is not None and report.comes_to is not None:
        _say(f"  {'state':<12} {report.comes_to}", style=_STYLES.get(state.status, "bold yellow"))
    for each in report.findings:
        place = f"entry {each.entry}: " if each.entry else ""
        _fact("why", f"{place}{each.fault}: {each.words}")
    if state is not None:
        _print_state(report, state)
    for caveat in report.caveats:
        _say(f"note: {caveat}")


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
