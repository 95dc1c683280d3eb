"""One storm: callers, kills, a calm in which all is asked again, an orderly stop, the judgement."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.batch_storm import BatchStorm
from tests.chaos.checker import violations
from tests.chaos.client_log import ClientLog
from tests.chaos.folder_storm import FolderStorm
from tests.chaos.installation import Installation
from tests.chaos.killer import Killer
from tests.chaos.model import History, Violation
from tests.chaos.reading import read_history
from tests.chaos.storm import Storm
from tests.chaos.supervisor import Supervisor
from tests.postgres_server import Pair

# In turn: those that come back by themselves thrice as often as those that take all with them.
TARGETS = (
    *("worker", "signer", "gateway"),
    *("worker", "signer", "keeper"),
    *("worker", "signer", "all"),
)
_DOCUMENTS_IN_A_BATCH = 8
_KEYS_BEFORE = 100
_PAUSE_SECONDS = 0.02


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
        tokens_mended: how often SoftHSM's token was torn by a kill.
    """

    history: History
    violations: list[Violation]
    kills: dict[str, int]
    seconds: float
    seconds_to_ready: list[float]
    keys: int
    tokens_mended: int


async def storm(
    installation: Installation,
    client_log: Path,
    *,
    kills: int,
    seed: int,
    callers: int = 16,
    most_progress: int = 40,
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
                    progress=lambda: blowing.answers,
                    most_progress=most_progress,
                    until=began + longest_seconds,
                )
            )
            batches = BatchStorm(
                installation,
                log,
                documents=_DOCUMENTS_IN_A_BATCH,
                until_it_serves=supervisor.ready,
            )
            folder = FolderStorm(installation.trial.folder)
            await asyncio.gather(
                blowing.blow(callers=callers, until=striking.done),
                batches.blow(until=striking.done),
                folder.blow(until=striking.done),
            )
            await striking
            seconds = time.monotonic() - began
            await blowing.ask_all_again()
            results, files = await batches.results(), await folder.results()
    history = await read_history(
        installation, client_log, judged=judged, batches=results, folder=files
    )
    return Outcome(
        history=history,
        violations=violations(history),
        kills=killer.kills,
        seconds=seconds,
        seconds_to_ready=supervisor.seconds_to_ready,
        keys=blowing.answered,
        tokens_mended=supervisor.token.mended,
    )


@dataclass(frozen=True, kw_only=True)
class FailedOver:
    """What a failover of the database came to.

    Attributes:
        seconds: from the promotion of the standby until a document was sealed.
        keys: how many idempotency keys had their last answer.
        violations: what did not hold.
    """

    seconds: float
    keys: int
    violations: list[Violation]


async def fail_over(installation: Installation, pair: Pair, client_log: Path) -> FailedOver:
    """Kill the database's primary under callers, promote its standby, and judge what is left."""
    over = asyncio.Event()
    with ClientLog(client_log) as log:
        async with Supervisor(installation) as supervisor, installation.client() as client:
            callers = Storm(client, log, seed=1, until_it_serves=supervisor.ready)
            await callers.ask_new(_KEYS_BEFORE, at_once=8)
            blowing = asyncio.create_task(callers.blow(callers=8, until=over.is_set))
            await asyncio.to_thread(pair.primary.kill)
            await asyncio.to_thread(pair.standby.promote)
            promoted, before = time.monotonic(), callers.count("sealed")
            while callers.count("sealed") == before:
                assert not blowing.done()
                await asyncio.sleep(_PAUSE_SECONDS)
            seconds = time.monotonic() - promoted
            over.set()
            await blowing
            await callers.ask_all_again()
    history = await read_history(installation, client_log, judged=20)
    return FailedOver(seconds=seconds, keys=callers.answered, violations=violations(history))
