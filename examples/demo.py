"""`make demo`: seal every example receipt end to end, and let three programs judge each.

Makes a trial installation in ./var if there is none, whose policies two officers sign, starts the
gateway, posts the receipts over HTTP as a transport management system would, has `sealgate verify`,
poppler's `pdfsig` and `qpdf` judge the results, drops the receipts into a watched folder, too, and
has OpenSSL judge the batch's receipt, shows a refusal with its reasons and a seal that waits for
two people, and stops the gateway. Then two companies sign contracts with each other, with a person
and with whoever receives the goods (`examples.envelopes`). Running it again is quick: the same
receipts have the same idempotency keys, so the gateway gives back what it sealed.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from examples.envelopes.demo import show_envelopes
from examples.folder_demo import drop_and_collect
from examples.running import PROGRAM, client_of, gateway_of, say, serving
from gateway.bundles.authority import Authority
from gateway.bundles.reading import read
from gateway.cli.seal.submissions import from_files, from_lines
from gateway.cli.trial.installation import Trial
from gateway.cli.trial.policies import APPROVERS
from gateway.client import GatewayClient, GatewayRefusedError, Submission
from gateway.config import Config, load_config

_EXAMPLES = Path(__file__).parent
_AT_ONCE = 16
_LARGE_CENTS = 60_000_000


@dataclass
class Result:
    """What happened."""

    sealed: list[Path] = field(default_factory=list)
    repeated: int = 0
    refused: int = 0
    unexpected: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """Run the demo; 0 when everything was as it should be."""
    os.umask(0o077)
    trial = Trial(Path("var"))
    say("[bold]1  Trial installation[/] (SoftHSM token, demo CA, seals, signed policies)")
    subprocess.run([PROGRAM, "init", "--directory", trial.directory], check=True)
    output = trial.directory / "demo"
    output.mkdir(exist_ok=True)
    config = load_config(trial.config_file)
    _show_signatures(config)
    url = f"http://{config.http.host}:{config.http.port}"
    with serving(gateway_of(trial, url)):
        say(f"[bold]2  Sealing[/] examples/receipts by HTTP at {url}")
        result = asyncio.run(_seal(trial, url, output))
        say("[bold]3  Verifying[/] every result with `sealgate verify`, poppler's pdfsig and qpdf")
        _verify(trial, result)
        say("[bold]4  The same receipts through a watched folder[/], as a batch with a receipt")
        result.unexpected += asyncio.run(_drop(trial, url))
        say("[bold]5  A request that the policies refuse[/]")
        asyncio.run(_show_refusal(trial, url, result))
        say("[bold]6  A seal that waits for two people[/]")
        asyncio.run(_show_approvals(trial, url, output, result))
    say("[bold]7  The record[/]")
    audit = subprocess.run([PROGRAM, "audit", "verify", "-c", trial.config_file], check=False)
    if audit.returncode:
        result.unexpected.append("the audit log does not verify")
    result.unexpected += show_envelopes(trial.directory / "contracts", first_step=8)
    _summary(trial, config, output, result)
    return 1 if result.unexpected else 0


async def _seal(trial: Trial, url: str, output: Path) -> Result:
    work = list(from_lines(_EXAMPLES / "receipts" / "receipts.jsonl", seal="receipt-east"))
    result = Result()
    places = asyncio.Semaphore(_AT_ONCE)
    columns = (TextColumn("   "), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("sealing", total=len(work))

        async def one(client: GatewayClient, file: Path, submission: Submission) -> None:
            async with places:
                try:
                    sealed = await client.seal(submission)
                except GatewayRefusedError as refusal:
                    result.unexpected.append(f"{file.name}: {refusal}")
                    return
                finally:
                    progress.advance(bar)
            if not sealed.content.startswith(submission.document):
                result.unexpected.append(f"{file.name}: the input is not a prefix of the output")
            result.repeated += sealed.repeated
            path = output / file.name
            path.write_bytes(sealed.content)
            result.sealed.append(path)

        started = time.monotonic()
        async with client_of(trial, url) as client:
            await asyncio.gather(*(one(client, *each) for each in work))
        result.seconds = time.monotonic() - started
    return result


async def _drop(trial: Trial, url: str) -> list[str]:
    receipts = from_lines(_EXAMPLES / "receipts" / "receipts.jsonl", seal="receipt-east")
    async with client_of(trial, url) as client:
        return await drop_and_collect(trial, client, receipts, say)


def _verify(trial: Trial, result: Result) -> None:
    """Ours in one call for all files, theirs in one call a file."""
    ours = subprocess.run(
        [PROGRAM, "verify", "--json", "--trust", trial.ca_file, *result.sealed],
        capture_output=True,
        text=True,
        check=False,
    )
    if ours.returncode:
        result.unexpected.append(f"sealgate verify: {ours.stdout[:2000]}{ours.stderr[:2000]}")
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for path, valid in zip(
            result.sealed, threads.map(_others_accept, result.sealed), strict=True
        ):
            if not valid:
                result.unexpected.append(f"{path.name}: pdfsig or qpdf finds fault with it")
    if not result.unexpected:
        say(f"   all {len(result.sealed)} are valid, the whole document signed, qpdf finds nothing")


def _others_accept(path: Path) -> bool:
    # -nocert: the demo's CA is in nobody's trust store; validity and coverage are what is asked.
    told = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, text=True, check=False
    ).stdout
    sound = subprocess.run(["qpdf", "--check", path], capture_output=True, check=False)
    return (
        "Signature is Valid." in told and "Total document signed" in told and sound.returncode == 0
    )


async def _show_refusal(trial: Trial, url: str, result: Result) -> None:
    lines = from_lines(_EXAMPLES / "refused" / "receipts.jsonl", seal="receipt-east")
    async with client_of(trial, url) as client:
        for file, submission in lines:
            try:
                await client.seal(submission)
            except GatewayRefusedError as refusal:
                result.refused += 1
                problem = refusal.problem
                say(f"   {file.name}: {problem['status']} {problem['type']}", markup=False)
                for reason in problem.get("reasons", []):
                    say(f"      {reason['rule']}: {reason['message']}", markup=False)
            else:
                result.unexpected.append(f"{file.name} should have been refused")


def _show_signatures(config: Config) -> None:
    """Who signed what decides here; nobody, in an installation that reads a directory."""
    bundles = config.policies.bundles
    if bundles is None:
        say(f"   unsigned: whoever may write to {config.policies.directory} decides what is sealed")
        return
    for path in sorted(bundles.glob("*.sealbundle")):
        sealed = read(path.read_bytes())
        authority = Authority.of(sealed.bundle)
        signers = ", ".join(sorted(authority.signers(sealed.statement)))
        wanted = f"{authority.signatures} of {len(authority.officers)} officers must sign"
        say(f"   bundle {sealed.manifest.sequence}: {wanted}; signed by {signers}")


async def _show_approvals(trial: Trial, url: str, output: Path, result: Result) -> None:
    """One receipt with a large amount: refused until both have approved it, then sealed."""
    receipt = _EXAMPLES / "receipts" / "reportlab-a4-ascii85-001.pdf"
    ((file, submission),) = from_files(
        [receipt],
        seal="receipt-east",
        document_type="logistics-receipt",
        attributes={"amount_cents": _LARGE_CENTS},
    )
    async with client_of(trial, url) as client:
        try:
            sealed = await client.seal(submission)
        except GatewayRefusedError as refusal:
            say(f"   {file.name}: {refusal.problem['type']}: {refusal}", markup=False)
        else:
            say(f"   {file.name}: approved and sealed before, given again")
            return
        for name in APPROVERS:
            _approve(trial, url, name, receipt)
        try:
            sealed = await client.seal(submission)
        except GatewayRefusedError as refusal:
            result.unexpected.append(f"{file.name} was approved and is refused: {refusal}")
            return
    path = output / f"approved-{file.name}"
    path.write_bytes(sealed.content)
    say(f"   sealed: {path}")


def _approve(trial: Trial, url: str, name: str, document: Path) -> None:
    """As the person would, on the command line: look at what waits, and sign for it."""
    key = ["--key", f"{name}-2026={trial.signed.approver_key(name)}"]
    pending = ("list", "--state", "pending", "--json", "--url", url)
    command: list[str | Path] = [PROGRAM, "approvals", *pending, *key]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for waiting in json.loads(listed)["approvals"]:
        command = [PROGRAM, "approvals", "approve", waiting["id"], "--document", document, *key]
        told = subprocess.run(
            [*command, "--url", url, "-c", trial.config_file],
            capture_output=True,
            text=True,
            check=True,
        )
        say(f"   {name}: {told.stdout.splitlines()[-1]}", markup=False)


def _summary(trial: Trial, config: Config, output: Path, result: Result) -> None:
    count = len(result.sealed)
    rate = count / result.seconds if result.seconds else 0
    say("[bold]Summary[/]")
    if result.repeated == count:
        say(f"   sealed     {count}, all of them before; given again in {result.seconds:.1f} s")
    else:
        say(f"   sealed     {count} in {result.seconds:.1f} s, {rate:.0f} documents/s")
        if result.repeated:
            say(f"              {result.repeated} of them had been sealed before, given again")
    say(f"   refused    {result.refused}")
    say(f"   documents  {output}")
    say(f"   audit log  {config.database}, signed head in {config.checkpoint_file}")
    say(f"   contracts  {trial.directory / 'contracts' / 'envelopes'}")
    say(f"   gateway    log in {trial.directory / 'gateway.log'}")
    for line in result.unexpected:
        say(f"   [bold red]unexpected[/] {line}")
    if count:
        example = json.dumps(str(result.sealed[0]), ensure_ascii=False)
        say(f"   look at one: xdg-open {example}")


if __name__ == "__main__":
    sys.exit(main())
