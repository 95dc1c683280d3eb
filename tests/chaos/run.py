"""One storm: callers, kills, a calm in which all is asked again, an orderly stop, the judgement."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.batch_storm import BatchStorm
from tests.chaos.checker import violations
from tests.chaos.client_log import ClientLog
from tests.chaos.installation import Installation
from tests.chaos.killer import Killer
from tests.chaos.model import History, Violation
from tests.chaos.reading import read_history
from tests.chaos.storm import Storm
from tests.chaos.supervisor import Supervisor

# In turn: those that come back by themselves thrice as often as those that take all with them.
TARGETS = (
    *("worker", "signer", "gateway"),
    *("worker", "signer", "keeper"),
    *("worker", "signer", "all"),
)
_DOCUMENTS_IN_A_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a storm came to.

    Attributes:
        history: all that is known of it.
        violations: what did not hold.
        kills: how often each target was killed.
        seconds: how long callers and kills went on.
        seconds_to_ready: of each start that came to it.
        keys: how many idempotency keys had their last answer.
    """

    history: History
    violations: list[Violation]
    kills: dict[str, int]
    seconds: float
    seconds_to_ready: list[float]
    keys: int


async def storm(
    installation: Installation,
    client_log: Path,
    *,
    kills: int,
    seed: int,
    callers: int = 16,
    longest_pause_seconds: float = 1.0,
    longest_seconds: float = 600.0,
    judged: int | None = None,
) -> Outcome:
    """Let callers ask while processes are killed so many times; then judge all that is left.

    A slow machine kills fewer: it ends after `longest_seconds` in any case.
    """
    began = time.monotonic()
    with ClientLog(client_log) as log:
        async with Supervisor(installation) as supervisor, installation.client() as client:
            blowing = Storm(client, log, seed=seed, until_it_serves=supervisor.ready)
            killer = Killer(supervisor, seed=seed, targets=TARGETS)
            striking = asyncio.create_task(
                killer.strike(
                    times=kills,
                    longest_pause_seconds=longest_pause_seconds,
                    until=began + longest_seconds,
                )
            )
            batches = BatchStorm(
                installation,
                log,
                documents=_DOCUMENTS_IN_A_BATCH,
                until_it_serves=supervisor.ready,
            )
            await asyncio.gather(
                blowing.blow(callers=callers, until=striking.done),
                batches.blow(until=striking.done),
            )
            await striking
            seconds = time.monotonic() - began
            await blowing.ask_all_again()
            results = await batches.results()
    history = await read_history(installation, client_log, judged=judged, batches=results)
    return Outcome(
        history=history,
        violations=violations(history),
        kills=killer.kills,
        seconds=seconds,
        seconds_to_ready=supervisor.seconds_to_ready,
        keys=blowing.answered,
    )
