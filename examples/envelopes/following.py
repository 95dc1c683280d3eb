"""One envelope of the demo: sent on the command line, followed by both companies."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_bridge.envelopes.transcript import compare
from examples.envelopes.companies import Company
from gateway.cli.envelope.model import Envelope, envelope_of
from gateway.client import EnvelopeClient, GatewayRefusedError

_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Sent:
    """An envelope that went out."""

    id: str
    by: Company
    folder: Path

    def now(self, at: Company) -> Envelope:
        """As one of its companies has it."""
        return _asked(at, lambda client: client.show(self.id))

    def until(self, at: Company, *statuses: str, party: str = "", state: str = "") -> Envelope:
        """Once it has one of the statuses, or a party is so far; at the latest in half a minute."""

        async def follow(client: EnvelopeClient) -> dict[str, Any]:
            told = await client.show(self.id)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not _has_come(envelope_of(told), statuses, party, state):
                    told = await client.watch(self.id, beyond=told["sequence"], seconds=5)
            return told

        try:
            return _asked(at, follow)
        except TimeoutError:
            return self.now(at)

    def files(self, at: Company, document: str) -> tuple[Path, Path]:
        """Where document and transcript of a company go.

        Named by the contract: the next envelope's lie beside them, and what two companies have of
        one envelope is found together.
        """
        transcript = f"{Path(document).stem}.{at.name}.transcript.json"
        return self.folder / f"{at.name}-{document}", self.folder / transcript

    def kept(self, at: Company, document: str) -> tuple[Path, Path]:
        """The document and the transcript that a company has, as files."""
        paper, transcript = self.files(at, document)

        async def fetch() -> tuple[bytes, bytes]:
            async with at.client() as client, asyncio.timeout(_PATIENCE_SECONDS):
                asked = EnvelopeClient(client)
                record = await asked.transcript(self.id)
                while True:
                    # The record is here a moment before what was signed last is fetched.
                    with suppress(GatewayRefusedError):
                        return await asked.document(self.id, document), record
                    await asyncio.sleep(0.1)

        for path, content in zip((paper, transcript), asyncio.run(fetch()), strict=True):
            path.write_bytes(content)
        return paper, transcript


def send(by: Company, folder: Path, contract: Path, *options: str) -> Sent:
    """Describe an envelope with options, and send it."""
    described = folder / f"{contract.stem}.envelope.yaml"
    by.told("envelope", "create", contract, *options, "-o", described, "--replace")
    return send_described(by, described)


def send_described(by: Company, described: Path) -> Sent:
    """Send a description."""
    told = json.loads(by.told("envelope", "send", described, "--json"))
    return Sent(str(told["envelope"]["id"]), by, described.parent)


def arrived(sent: Sent, at: Company) -> None:
    """Wait until the other company knows of it.

    Raises:
        SystemExit: it does not come.
    """

    async def look(client: EnvelopeClient) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                page = await client.page()
                if any(each["id"] == sent.id for each in page["envelopes"]):
                    return await client.show(sent.id)
                await asyncio.sleep(0.1)

    try:
        _asked(at, look)
    except TimeoutError:
        raise SystemExit(f"envelope {sent.id} did not reach {at.name}") from None


def kept_by_all(sent: Sent, companies: Sequence[Company], document: str) -> list[tuple[Path, Path]]:
    """Document and transcript of each company, once all hold the same record.

    What was acknowledged last comes to each a moment after the end.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        kept = [sent.kept(each, document) for each in companies]
        first, *others = (transcript.read_bytes() for _, transcript in kept)
        same = all(compare(first, other) is None for other in others)
        if same or time.monotonic() > deadline:
            return kept
        time.sleep(0.2)


def _has_come(envelope: Envelope, statuses: Sequence[str], party: str, state: str) -> bool:
    if envelope.status in {*statuses, "held"}:
        return True
    return any(each.id == party and each.state == state for each in envelope.parties)


def _asked(at: Company, question: Any) -> Envelope:  # noqa: ANN401 - a question to the client
    async def ask() -> dict[str, Any]:
        async with at.client() as client:
            told: dict[str, Any] = await question(EnvelopeClient(client))
            return told

    return envelope_of(asyncio.run(ask()))
