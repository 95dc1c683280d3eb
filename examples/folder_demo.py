"""The part of the demo that speaks no HTTP: receipts dropped into a watched folder.

Whoever drops a file renames it in, so that nothing half-written is ever there. What became of it
lies in `done` or `failed`; the batch that it made has a receipt, which OpenSSL checks.
"""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gateway.cli.trial.installation import Trial
from gateway.client import GatewayClient, Submission

_PROGRAM = Path(sys.executable).with_name("sealgate")
_RESULTS_SECONDS = 120.0
_MOST_BATCHES = 100


async def drop_and_collect(
    trial: Trial,
    client: GatewayClient,
    receipts: Iterable[tuple[Path, Submission]],
    say: Callable[[str], None],
) -> list[str]:
    """Drop the receipts, follow their batches, and check the batches' receipts.

    Gives what was not as it should be.
    """
    before = await _batches(client)
    # A few say themselves where their stamp goes, which a file's name has no room for.
    usual = [each for each in receipts if each[1].placement is None]
    names = [_drop(trial.folder / "inbox", file, submission) for file, submission in usual]
    say(f"   {len(names)} receipts dropped into {trial.folder / 'inbox'}")
    followed: set[str] = set(before)
    deadline = time.monotonic() + _RESULTS_SECONDS
    while missing := [name for name in names if not _has_result(trial.folder, name)]:
        for batch in (await _batches(client)).keys() - followed:
            followed.add(batch)
            command = (_PROGRAM, "batch", "watch", batch, "-c", trial.config_file)
            await asyncio.to_thread(subprocess.run, command, check=False)
        if time.monotonic() > deadline:
            return [f"{name} has no result in {trial.folder}" for name in missing]
        await asyncio.sleep(0.1)
    failed = sorted({name for name in names if (trial.folder / "failed" / name).exists()})
    made = (await _batches(client)).keys() - before.keys()
    wrong = [f"{name} failed; its .result.json says why" for name in failed]
    for batch in sorted(made):
        wrong += _check_receipt(trial, batch, say)
    return wrong


async def _batches(client: GatewayClient) -> dict[str, Any]:
    told = await client.get_json(f"/v1/batches?limit={_MOST_BATCHES}")
    return {batch["id"]: batch for batch in told["batches"]}


def _drop(inbox: Path, file: Path, submission: Submission) -> str:
    cents = submission.attributes["amount_cents"]
    name = f"{submission.business_number}-F_{cents}.pdf"
    for earlier in (inbox.parent / where / name for where in ("done", "failed")):
        earlier.unlink(missing_ok=True)  # as whoever collects results takes them away
        earlier.with_name(f"{name}.result.json").unlink(missing_ok=True)
    written = inbox / f"{name}.part"
    shutil.copyfile(file, written)
    written.rename(inbox / name)
    return name


def _has_result(folder: Path, name: str) -> bool:
    return any((folder / where / f"{name}.result.json").exists() for where in ("done", "failed"))


def _check_receipt(trial: Trial, batch: str, say: Callable[[str], None]) -> list[str]:
    """Fetch what the batch came to, and have OpenSSL judge its receipt."""
    into = trial.directory / "demo" / f"batch-{batch}"
    fetched = subprocess.run(
        [_PROGRAM, "batch", "results", batch, "-o", into, "-c", trial.config_file],
        capture_output=True,
        text=True,
        check=False,
    )
    receipt, manifest = into / f"receipt-{batch}.p7m", into / "receipt.json"
    if not receipt.exists():
        return [f"batch {batch} has no receipt: {fetched.stderr[-500:]}"]
    command = ("cms", "-verify", "-inform", "DER", "-purpose", "any", "-in", receipt)
    judged = subprocess.run(
        ["openssl", *command, "-CAfile", trial.ca_file, "-out", manifest],
        capture_output=True,
        text=True,
        check=False,
    )
    if judged.returncode:
        return [f"OpenSSL does not take the receipt of batch {batch}: {judged.stderr[-500:]}"]
    say(f"   receipt {receipt}: OpenSSL finds it valid")
    return []
