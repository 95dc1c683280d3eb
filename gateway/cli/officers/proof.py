"""`sealgate approvals export | verify`: an approval as proof, and whether it was valid."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from gateway.approvals.errors import ProofUnreadableError
from gateway.approvals.exporting import proof_of
from gateway.approvals.judging import ProofVerdict, judge
from gateway.approvals.proof import Proof, read_proof, written
from gateway.audit.checkpoint import LogKey
from gateway.audit.errors import CheckpointInvalidError
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.cli.officers.deciding_policies import DecidingPolicies, policies_at, policies_here
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.config import Config
from gateway.desk.policy_files import NothingToReadError
from gateway.seals.errors import SealMaterialError
from gateway.statements import StatementInvalidError
from gateway.store.open import database_of
from policies.deciding.telling import told_stages
from strictyaml import MistakesError

_EXPECTED = (
    BundleFileError,
    BundleRefusedError,
    CheckpointInvalidError,
    MistakesError,
    NothingToReadError,
    OSError,
    ProofUnreadableError,
    SealMaterialError,
    SQLAlchemyError,
    StatementInvalidError,
)


def export(
    approval: Annotated[str, typer.Argument(help="The approval's id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write an approval to a file, with everything that proves it.

    Reads the database of the installation, or a copy of it; the gateway may run meanwhile. The file
    has the request with its attributes: give it to whom they concern.
    """
    with told_errors(*_EXPECTED):
        output.write_bytes(written(_here(approval, configuration(config))))
    out.print(f"{output}: judge it with `sealgate approvals verify`", markup=False)


def verify(
    what: Annotated[str, typer.Argument(help="A file of `export`, or an approval's id.")],
    policies: Annotated[
        Path | None,
        typer.Option(help="The policies that decided: a bundle file, or a directory of YAML."),
    ] = None,
    log_key: Annotated[
        Path | None, typer.Option(help="The audit log's public key, log-key.txt.")
    ] = None,
    document: Annotated[
        Path | None, typer.Option(help="The PDF of which you want to know whether it was this.")
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Judge whether an approval was valid: by whom, how many, when, and for what.

    A file is judged without the gateway and without its database, on any machine, by the policies
    and the log's key that you name. With an id both are the installation's own.

    Exits 0 when they were valid, 1 when not, 2 when that could not be told.
    """
    with told_errors(*_EXPECTED):
        proof, used, key = _what_to_judge(what, policies, log_key, config)
        verdict = judge(proof, used.bundle, log_key=key)
        problems = [*verdict.problems, *_of_the_document(document, verdict)]
    told = _told(verdict, problems, used)
    if as_json:
        tell_json(told)
    else:
        _print(told)
    raise typer.Exit(1 if problems else 0)


def _here(approval: str, installation: Config) -> Proof:
    database = database_of(installation)
    if not database.exists():
        raise ProofUnreadableError(
            f"there is no database {database}, so no approval is known by its id: "
            "start the gateway once, or name a file of `sealgate approvals export`"
        )
    engine = database.open_reader()
    try:
        return proof_of(engine, approval)
    finally:
        engine.dispose()


def _what_to_judge(
    what: str, policies: Path | None, log_key: Path | None, config: Path
) -> tuple[Proof, DecidingPolicies, LogKey | None]:
    if Path(what).is_file():
        if policies is None:
            raise fail("name the policies that decided: --policies BUNDLE, or a directory of YAML")
        proof, used = read_proof(Path(what).read_bytes()), policies_at(policies)
    else:
        installation = configuration(config)
        proof = _here(what, installation)
        log_key = log_key or installation.log_key_file
        used = policies_at(policies) if policies else policies_here(installation, proof)
    return proof, used, None if log_key is None else LogKey.parse(log_key.read_text("utf-8"))


def _of_the_document(document: Path | None, verdict: ProofVerdict) -> list[str]:
    if document is None:
        return []
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    if digest in {verdict.row.document_digest.hex(), verdict.output}:
        return []
    return [f"{document} is another document: its SHA-256 is {digest}"]


def _told(verdict: ProofVerdict, problems: list[str], policies: DecidingPolicies) -> dict[str, Any]:
    row, asked = verdict.row, verdict.asked
    return {
        "valid": not problems,
        "approval": row.id,
        "state": row.state,
        "usedBy": row.used_by,
        "document": row.document_digest.hex(),
        "sealed": verdict.output,
        "seal": row.seal,
        "documentType": row.document_type,
        "businessNumber": asked.request.business_number,
        "attributes": asked.request.attributes,
        "requestedBy": sorted(asked.requesters) or [row.system],
        "rule": verdict.rule,
        "wanted": [{"count": s.count, "roles": sorted(s.roles)} for s in verdict.stages],
        "inOrder": asked.in_order,
        "expiresAt": row.expires_at,
        "judgedAt": verdict.judged_at,
        "policies": policies.bundle.digest,
        "policiesSignedBy": policies.signed_by,
        "inLog": verdict.in_log,
        "statements": [
            {
                "by": each.by,
                "source": each.source,
                "act": each.act,
                "at": each.at,
                "counts": each.counts,
                "why": each.why,
            }
            for each in verdict.statements
        ],
        "problems": problems,
        "words": told_stages(verdict.stages, in_order=asked.in_order),
    }


def _print(told: dict[str, Any]) -> None:
    out.print("[bold green]valid[/]" if told["valid"] else "[bold red]not valid[/]", end="  ")
    _line(f"approval {told['approval']}, {told['state']}")
    signers = told["policiesSignedBy"]
    for word, value in (
        ("document", told["document"]),
        ("sealed", told["sealed"]),
        ("for", f"{told['seal']}, {told['documentType']} {told['businessNumber']}"),
        ("attributes", ", ".join(f"{name}={value}" for name, value in told["attributes"].items())),
        ("asked by", ", ".join(told["requestedBy"])),
        ("rule", f"{told['rule']}: {told['words']}"),
        ("until", f"{told['expiresAt']:%Y-%m-%d %H:%M:%S} UTC"),
        ("judged for", f"{told['judgedAt']:%Y-%m-%d %H:%M:%S} UTC"),
        ("policies", told["policies"]),
        ("", f"signed by {', '.join(signers)}" if signers else "signed by nobody"),
        (
            "log",
            "every record stands under a signed tree head"
            if told["inLog"]
            else "NOT proved: the times are the file's word. Name the log's key with --log-key",
        ),
    ):
        if value:
            _line(f"  {word:<11} {value}")
    for each in told["statements"]:
        counts = "counts" if each["counts"] else f"counts for nothing: {each['why']}"
        said = f"{each['by']} ({each['source']}) {each['act']}"
        _line(f"  {'':<11} {said} {each['at']:%Y-%m-%d %H:%M:%S} UTC; {counts}")
    for problem in told["problems"]:
        _line(f"  {'not valid':<11} {problem}")


def _line(text: str) -> None:
    out.print(printable(text), markup=False, soft_wrap=True)
