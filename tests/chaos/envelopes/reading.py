"""What is left of a storm of envelopes: what gateways tell while they run, and what lies there."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.envelope.model import ENDED, Envelope, page_of
from gateway.client import EnvelopeClient, GatewayClient, GatewayRefusedError
from gateway.clock import SystemClock
from tests.chaos.client_log import read_client_log
from tests.chaos.envelopes.model import CompanyHistory, EnvelopeHistory
from tests.chaos.envelopes.town import Site, Town
from tests.chaos.reading import der_of, read_history

_PAGE = 100
_PAUSE_SECONDS = 0.2
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Held:
    """What a running gateway gives of all its envelopes."""

    told: Mapping[str, Envelope]
    transcripts: Mapping[str, bytes]
    contents: Mapping[str, Mapping[str, bytes]]


async def settled(clients: Mapping[str, GatewayClient], *, seconds: float) -> float:
    """Wait until every envelope has ended and both hold the same of it; gives how long it took.

    It ends after `seconds` in any case: what did not settle is for the checker to name.
    """
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        one, other = [await _listed(EnvelopeClient(each)) for each in clients.values()]
        ended = all(
            each.status in ENDED and each.next_step == "nothing"
            for side in (one, other)
            for each in side.values()
        )
        if ended and _heads(one) == _heads(other):
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    return time.monotonic() - began


async def held_by_all(
    clients: Mapping[str, GatewayClient], *, judged: int, seconds: float
) -> dict[str, Held]:
    """What each gateway gives, as of one moment.

    Acknowledgements of envelopes that have ended still come; what came while one gateway was read
    and not the other would look like a record that is shorter: then both are read again.
    """
    deadline = time.monotonic() + seconds
    while True:
        kept = {name: await held(client, judged=judged) for name, client in clients.items()}
        now = [await _listed(EnvelopeClient(each)) for each in clients.values()]
        read = [_heads(each.told) for each in kept.values()]
        if all(heads == read[0] for heads in (*read, *map(_heads, now))):
            return kept
        if time.monotonic() > deadline:
            return kept


def _heads(told: Mapping[str, Envelope]) -> dict[str, str]:
    return {id_: each.head for id_, each in told.items()}


async def held(client: GatewayClient, *, judged: int) -> Held:
    """Fetch transcripts of all envelopes of a company, and documents of so many."""
    asked, room = EnvelopeClient(client), asyncio.Semaphore(_AT_ONCE)
    told = await _listed(asked)
    completed = [each.id for each in told.values() if each.status == "completed"]
    shown = set(completed[:: max(1, len(completed) // judged)])

    async def one(envelope: Envelope) -> tuple[bytes, dict[str, bytes]]:
        async with room:
            transcript = await asked.transcript(envelope.id)
            if envelope.id not in shown:
                return transcript, {}
            names = [each.name for each in envelope.documents]
            return transcript, {name: await _document(asked, envelope.id, name) for name in names}

    fetched = await asyncio.gather(*map(one, told.values()))
    found = dict(zip(told, fetched, strict=True))
    return Held(
        told,
        {id_: transcript for id_, (transcript, _) in found.items()},
        {id_: contents for id_, (_, contents) in found.items() if contents},
    )


async def _document(asked: EnvelopeClient, envelope: str, name: str) -> bytes:
    """A document as it is there; empty where it is not, which the checker then names."""
    try:
        return await asked.document(envelope, name)
    except GatewayRefusedError:
        return b""


async def read_envelopes(
    town: Town, client_log: Path, kept: Mapping[str, Held], *, judged: int
) -> EnvelopeHistory:
    """All that is left, once everything was stopped.

    Args:
        town: that was stopped.
        client_log: of its callers.
        kept: what each gateway gave before.
        judged: how many documents of each company a verifier is asked about.
    """
    companies = {
        name: await _company(town, site, kept[name], judged) for name, site in town.sites.items()
    }
    return EnvelopeHistory(
        client=read_client_log(client_log),
        companies=companies,
        roots=tuple(der_of(site.company.ca) for site in town.sites.values()),
        network_key=town.network.network.key,
        at=SystemClock().now(),
    )


async def _company(town: Town, site: Site, kept: Held, judged: int) -> CompanyHistory:
    partner = town.partner_of(site).company.ca
    return CompanyHistory(
        organisation=site.company.organisation,
        house=await read_history(site.installation, None, judged=judged, trusted=[partner]),
        told=kept.told,
        transcripts=kept.transcripts,
        contents=kept.contents,
        lies=tuple(_lies(site.installation.log_file)),
    )


def _lies(log: Path) -> Iterator[str]:
    for line in log.read_bytes().splitlines():
        if b'"network_lies"' in line:
            told = json.loads(line)
            yield f"{told.get('trouble')}: {told.get('error')}"


async def _listed(client: EnvelopeClient) -> dict[str, Envelope]:
    found: dict[str, Envelope] = {}
    after: str | None = None
    while True:
        page = page_of(await client.page(after=after, most=_PAGE))
        found |= {each.id: each for each in page.envelopes}
        if page.next is None:
            return found
        after = page.next
