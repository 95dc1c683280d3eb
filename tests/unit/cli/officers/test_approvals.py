"""`sealgate approvals`, against the API of a signing room in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp.test_utils import TestServer
from click.testing import Result
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.clock import SystemClock
from gateway.http.approvals.handlers import Approvals
from tests.approving_house import SIGNERS, Approving, approving_house, oa_token
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock
from tests.unit.http.test_routes import api_of

Command = Callable[..., "asyncio.Future[Result]"]


@asynccontextmanager
async def commands(directory: Path) -> AsyncIterator[tuple[Approving, str, Command]]:
    """A house, an approval that waits in it, and the command line of its people."""
    clock = FakeClock(SystemClock().now())
    async with approving_house(directory, clock=clock) as made:
        routes = Approvals(made.review, clock=clock).routes()
        api = api_of(made.house, made.house.in_force, *routes, origin=None)
        async with TestServer(api.application()) as server:
            url = str(server.make_url("")).rstrip("/")

            async def run(name: str, *arguments: str) -> Result:
                signer = SIGNERS[name]
                key = directory / f"{name}.pem"
                form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                key.write_bytes(signer.key.private_bytes(*form))
                own = ("--key", f"{signer.key_id}={key}", "--url", url)
                line = ["approvals", arguments[0], *own, *arguments[1:]]
                return await asyncio.to_thread(CliRunner().invoke, app, line)

            yield made, await made.ask(), run  # type: ignore[misc] # a coroutine function


async def test_somebody_lists_reads_and_approves(tmp_path: Path) -> None:
    async with commands(tmp_path) as (made, approval, run):
        listed = await run("wang", "list", "--state", "pending")
        assert listed.exit_code == 0, listed.output
        assert approval in listed.output
        shown = await run("wang", "show", approval)
        assert "receipts/by-hand: permitted once approved by 1 of lawyer" in shown.output
        as_json = await run("wang", "show", approval, "--json")
        # The server in this process writes its log to the same place.
        assert json.loads(as_json.output[as_json.output.index("{\n") :])["id"] == approval
        document = tmp_path / "receipt.pdf"
        document.write_bytes(RECEIPT)
        done = await run("wang", "approve", approval, "--document", str(document))
        assert done.exit_code == 0, done.output
        assert "approved; the approval is now granted" in done.output
        await made.seal()


async def test_another_document_is_not_signed_for(tmp_path: Path) -> None:
    async with commands(tmp_path) as (made, approval, run):
        document = tmp_path / "receipt.pdf"
        document.write_bytes(RECEIPT + b"\n")
        refused = await run("wang", "approve", approval, "--document", str(document))
        assert refused.exit_code == 1
        assert made.records("approval") == []


async def test_a_rejection_gives_its_reason(tmp_path: Path) -> None:
    async with commands(tmp_path) as (made, approval, run):
        done = await run("zhao", "reject", approval, "--reason", "wrong amount")
        assert "rejected; the approval is now rejected" in done.output
        assert made.row(approval).state == "rejected"


async def test_whom_it_does_not_concern_is_told_so(tmp_path: Path) -> None:
    async with commands(tmp_path) as (_, approval, run):
        refused = await run("sun", "approve", approval)
        assert refused.exit_code == 1
        assert "error" in refused.output


async def test_where_no_gateway_answers_nothing_could_be_told(tmp_path: Path) -> None:
    async with commands(tmp_path) as (_, approval, run):
        silent = await run("wang", "show", approval, "--url", "http://127.0.0.1:1")
        assert silent.exit_code == 2
        assert "no gateway at http://127.0.0.1:1" in silent.output


async def test_who_approved_in_the_oa_system_is_told(tmp_path: Path) -> None:
    async with commands(tmp_path) as (made, approval, run):
        at = made.house.clock.now()
        token = oa_token(made.row(approval).document_digest, at, sub="E1007")
        await made.review.take_oa_token(approval, token, nonce=None, at=at)
        shown = await run("zhao", "show", approval)
        assert "approve by E1007 in oa at" in shown.output
        assert f"{approval}, granted" in shown.output
