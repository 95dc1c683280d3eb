"""One storm of envelopes: callers, kills, a calm in which all is asked again, the judgement."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.client_log import ClientLog
from tests.chaos.envelopes.checker import envelope_violations
from tests.chaos.envelopes.model import EnvelopeHistory
from tests.chaos.envelopes.reading import held_by_all, read_envelopes, settled
from tests.chaos.envelopes.storm import EnvelopeStorm
from tests.chaos.envelopes.town import Keepers, Town
from tests.chaos.killer import Killer
from tests.chaos.model import Violation

# In turn; `all` takes every process of a company with it, `keeper` is all that a network has.
TARGETS = (
    *("carrier worker", "buyer signer", "network keeper"),
    *("carrier gateway", "buyer gateway", "network keeper"),
    *("carrier signer", "buyer worker", "network keeper"),
    *("carrier all", "buyer gateway", "carrier gateway", "buyer all"),
)
_CALLERS = 3


@dataclass(frozen=True, kw_only=True)
class EnvelopeOutcome:
    """What a storm came to.

    Attributes:
        history: all that is known of it.
        violations: what did not hold.
        kills: how often each target was killed.
        seconds: how long callers and kills went on.
        settled_seconds: from then until every envelope had ended at both.
        envelopes: how many were taken.
        tokens_mended: how often a SoftHSM's token was torn by a kill.
    """

    history: EnvelopeHistory
    violations: list[Violation]
    kills: dict[str, int]
    seconds: float
    settled_seconds: float
    envelopes: int
    tokens_mended: int


async def envelope_storm(
    town: Town,
    client_log: Path,
    *,
    kills: int,
    seed: int,
    most_progress: int = 6,
    longest_seconds: float = 600.0,
    patience_seconds: float = 600.0,
    judged: int = 20,
) -> EnvelopeOutcome:
    """Let callers send while processes are killed so many times; then judge all that is left.

    A slow machine kills fewer: it ends after `longest_seconds` in any case.
    """
    keepers = Keepers(town)
    async with contextlib.AsyncExitStack() as stack:
        log = stack.enter_context(ClientLog(client_log))
        for supervisor in keepers.supervisors.values():
            await stack.enter_async_context(supervisor)
        clients = {
            name: await stack.enter_async_context(site.client())
            for name, site in town.sites.items()
        }
        blowing = EnvelopeStorm(town, clients, log, seed=seed, until_it_serves=keepers.ready)
        # Cards are made and exchanged before anybody is killed.
        await blowing.insist(blowing.new_key())
        began = time.monotonic()
        killer = Killer(keepers, seed=seed, targets=TARGETS)
        striking = asyncio.create_task(
            killer.strike(
                times=kills,
                progress=lambda: blowing.taken,
                most_progress=most_progress,
                until=began + longest_seconds,
            )
        )
        await blowing.blow(callers=_CALLERS, until=striking.done)
        await striking
        seconds = time.monotonic() - began
        await keepers.ready()
        await blowing.ask_all_again()
        settled_seconds = await settled(clients, seconds=patience_seconds)
        kept = await held_by_all(clients, judged=judged, seconds=patience_seconds)
    history = await read_envelopes(town, client_log, kept, judged=judged)
    return EnvelopeOutcome(
        history=history,
        violations=envelope_violations(history),
        kills=killer.kills,
        seconds=seconds,
        settled_seconds=settled_seconds,
        envelopes=len(blowing.by_key),
        tokens_mended=sum(each.token.mended for each in keepers.supervisors.values()),
    )
