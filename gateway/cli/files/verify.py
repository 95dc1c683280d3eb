"""`sealgate verify`: whether the seals on files stand, judged without a network."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from rich.text import Text

from gateway.cli.files.reading import name_of, read_file
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.clock import SystemClock
from gateway.verification.model import FileJudgement, SignatureJudgement, Verdict, worst
from gateway.verification.verifier import Verifier, VerifierLimits

_EXIT_CODES: dict[Verdict, int] = {"valid": 0, "not-valid": 1, "could-not-tell": 2}
_LABELS: dict[Verdict, tuple[str, str]] = {
    "valid": ("valid", "bold green"),
    "not-valid": ("NOT VALID", "bold red"),
    "could-not-tell": ("could not tell", "bold yellow"),
}
_COVERAGES = {
    "entire-file": "the entire file",
    "entire-revision": "the entire file as it was then; what came later has its own signature",
    "part": "only a part of the file",
    "unclear": "unclear",
}
_PERMISSIONS = {
    "no-changes": "no changes allowed after it",
    "form-filling": "filling forms and signing allowed after it",
    "annotations": "annotations, filling forms and signing allowed after it",
}
_CAVEATS = (
    (
        "Times are what the signers claim: below PAdES B-T nothing proves them, and whoever has a "
        "stolen key can claim an earlier one."
    ),
    "Whether a certificate was revoked was not looked up (no network is used).",
)
DEMO_CA = "demo-ca.pem"


class TrustedRoot(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A certificate that is believed without proof. `demo`: it is the trial installation's."""

    file: str
    subject: str
    sha256: str
    demo: bool


class JudgedFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file's judgement (`gateway.verification.model.FileJudgement`) under the file's name."""

    file: str
    verdict: Verdict
    why: tuple[str, ...]
    signatures: tuple[SignatureJudgement, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `--json` prints. Keys are only ever added."""

    verdict: Verdict
    trust: tuple[TrustedRoot, ...]
    files: tuple[JudgedFile, ...]
    caveats: tuple[str, ...] = _CAVEATS


def verify(
    files: Annotated[list[Path], typer.Argument(help="PDF files.")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="PEM of certificates to trust, may be repeated; by default the demo CA of the "
            "trial installation, if there is one."
        ),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Judge every signature on the files, without a network.

    Exits 0 when all signatures are valid, 1 when one is not or a file has none, 2 when that could
    not be told: a file cannot be read, or the root of a signature's CA is not named.
    """
    demo = config.parent / DEMO_CA
    if trust:
        roots = [root for path in trust for root in roots_in(path)]
    else:
        roots = list(roots_in(demo)) if demo.exists() else []
    told = tuple(
        TrustedRoot(
            file=name_of(path),
            subject=root.subject.rfc4514_string(),
            sha256=root.fingerprint(SHA256()).hex(),
            demo=path == demo,
        )
        for path, root in roots
    )
    der = tuple(root.public_bytes(Encoding.DER) for _, root in roots)
    judged = asyncio.run(_judge_all(files, der))
    report = Report(verdict=worst(tuple(each.verdict for each in judged)), trust=told, files=judged)
    if as_json:
        tell_json(report)
    else:
        _print(report)
    raise typer.Exit(_EXIT_CODES[report.verdict])


def roots_in(path: Path) -> Iterator[tuple[Path, x509.Certificate]]:
    """The certificates of a PEM file, each with the file; leaves where it is none."""
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        why = "it is a folder: name the files in it" if path.is_dir() else error.strerror
        raise fail(f"the file of roots {path} cannot be read: {why}") from error
    except ValueError as error:
        raise fail(
            f"{path} is not a PEM file of certificates, each from -----BEGIN CERTIFICATE----- on; "
            "one in DER becomes one by `openssl x509 -inform DER -in FILE -out root.pem`"
        ) from error
    yield from ((path, certificate) for certificate in certificates)


async def _judge_all(files: list[Path], trust: tuple[bytes, ...]) -> tuple[JudgedFile, ...]:
    limits = VerifierLimits()
    async with Verifier(trust=trust, clock=SystemClock(), limits=limits) as verifier:
        return tuple([await _judge(verifier, file, limits) for file in files])


async def _judge(verifier: Verifier, file: Path, limits: VerifierLimits) -> JudgedFile:
    read = await asyncio.to_thread(read_file, file, limits.max_document_bytes)
    if isinstance(read, bytes):
        judgement = _for_a_reader(await verifier.judge(read))
    else:
        judgement = FileJudgement(verdict="could-not-tell", why=(read,))
    return JudgedFile(
        file=name_of(file),
        verdict=judgement.verdict,
        why=judgement.why,
        signatures=judgement.signatures,
    )


def _for_a_reader(judgement: FileJudgement) -> FileJudgement:
    """A root that nobody named is neither forgery nor damage: who reads may name it yet.

    Only here: to the gateway, a signature that leads to no trusted root is not valid.
    """
    if not any(each.only_untrusted for each in judgement.signatures):
        return judgement
    signatures = tuple(
        msgspec.structs.replace(each, verdict="could-not-tell") if each.only_untrusted else each
        for each in judgement.signatures
    )
    verdict = worst(tuple(each.verdict for each in signatures))
    return msgspec.structs.replace(judgement, verdict=verdict, signatures=signatures)


def _print(report: Report) -> None:
    for file in report.files:
        label, style = _LABELS[file.verdict]
        _say(f"{label:<14} {printable(file.file)}", style=style)
        for why in file.why:
            _fact("why", why)
        for signature in file.signatures:
            _print_signature(signature, only=len(file.signatures) == 1)
    for root in report.trust:
        what = " (the demo CA of this installation: proves nothing to anybody else)"
        _say(
            f"trusted: {printable(root.subject)}, {printable(root.file)}{what if root.demo else ''}"
        )
    if not report.trust:
        _say("trusted: nothing; name the root of the seals' CA with --trust", style="yellow")
    if any(file.signatures for file in report.files):
        for caveat in report.caveats:
            _say(f"note: {caveat}")


def _print_signature(signature: SignatureJudgement, *, only: bool) -> None:
    if not only:
        _fact("signature", f"{signature.field}: {_LABELS[signature.verdict][0]}")
    for why in signature.why:
        _fact("why", why)
    certificate = signature.certificate
    if certificate is not None:
        _fact("seal", certificate.name)
        _fact("subject", certificate.subject)
        _fact("issuer", certificate.issuer)
        _fact("certificate", f"SHA-256 {certificate.sha256}")
    if signature.claimed_at is not None:
        _fact("signed at", f"{_moment(signature.claimed_at)}, as the signer claims")
    if signature.level is not None:
        _fact("level", signature.level)
    if signature.coverage is not None:
        _fact("covers", _COVERAGES[signature.coverage])
    if signature.changes not in {None, "none"}:
        _fact("changes", f"{signature.changes} after it")
    if signature.kind == "signature":
        _fact("kind", _kind(signature))
    if signature.record is not None:
        _fact("record", f"{signature.record} at the gateway that sealed it")


def _kind(signature: SignatureJudgement) -> str:
    kind = "certification" if signature.certifies else "approval"
    allowed = _PERMISSIONS.get(signature.permission or "")
    return kind if allowed is None else f"{kind}, {allowed}"


def _moment(moment: datetime) -> str:
    return moment.astimezone().isoformat(sep=" ", timespec="seconds")


def _fact(name: str, value: str) -> None:
    _say(f"  {name:<12} {printable(value)}")


def _say(line: str, *, style: str = "") -> None:
    out.print(Text(line, style=style), soft_wrap=True)
