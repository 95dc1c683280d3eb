"""What a backup holds, and what was lost with what it does not hold."""

from pathlib import Path

from gateway.backup.verifying import Verified
from gateway.cli.terminal import err, out, printable
from gateway.config import Config


def as_json(verified: Verified) -> dict[str, object]:
    """What programs are told."""
    manifest = verified.manifest
    return {
        "version": manifest.version,
        "node": manifest.node,
        "engine": manifest.engine,
        "revision": manifest.revision,
        "createdAt": manifest.created_at,
        "records": manifest.log.size,
        "root": manifest.log.root,
        "signedRecords": verified.verdict.signed,
        "documents": manifest.documents,
        "signedElsewhere": verified.signed_elsewhere,
        "leftOut": [{"what": each.what, "why": each.why} for each in manifest.left_out],
    }


def tell_verified(verified: Verified) -> None:
    """Moment, log and documents, and whether something newer is known."""
    manifest = verified.manifest
    out.print(
        f"  of {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC, node {manifest.node}, version "
        f"{manifest.version}, {manifest.engine} at {manifest.revision}",
        markup=False,
    )
    out.print(
        f"  {manifest.log.size} records, tree heads cover {verified.verdict.signed}; "
        f"{manifest.documents} sealed documents",
        markup=False,
    )
    out.print(f"  log key {printable(manifest.log_key)}", markup=False, soft_wrap=True)
    if verified.signed_elsewhere is not None:
        missing = verified.signed_elsewhere - manifest.log.size
        err.print("[bold yellow]older than what is known[/]", end=" ")
        err.print(
            f"the tree head that was kept elsewhere covers {verified.signed_elsewhere} records: "
            f"{missing} of them are not in this backup",
            soft_wrap=True,
        )


def tell_losses(verified: Verified, newer: list[Path], config: Config) -> None:
    """What happened between the backup and the loss, and what to do about it."""
    log = verified.manifest.log
    for path in newer[:1]:
        err.print("[bold yellow]a newer backup is here[/]", end=" ")
        err.print(f"{printable(str(path))}: was it left out on purpose?", soft_wrap=True)
    last = "none" if log.newest is None else f"{log.newest:%Y-%m-%d %H:%M:%S} UTC"
    skew = config.http.signature_skew_seconds
    for line in (
        f"The log ends with record {log.size - 1} of {last}. What came after it is not here:",
        "  documents that were sealed later: whoever was given one has it; it is not found here,",
        "  and its idempotency key would seal it a second time",
        "  contracts that were sent later: they come back from the network; have the callers",
        "  repeat those requests with the same keys",
        "  uses that were counted later: limits count from the backup on",
        "  freezes, approvals, holds and policies of later: `sealgate freezes`; freeze again",
        f"  nonces of the last requests: start the gateway {skew} s after the loss, or later",
        "  the log goes on from here; who kept a newer tree head sees two histories: tell them",
        "Then start the gateway: its first record says which backup it goes on from.",
    ):
        out.print(line, markup=False, soft_wrap=True)
