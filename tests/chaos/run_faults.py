"""Every other fault in turn on one installation, then the judgement."""

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.batch_storm import BatchStorm
from tests.chaos.checker import violations
from tests.chaos.client_log import ClientLog
from tests.chaos.faults import Faults, Recovery
from tests.chaos.installation import Installation
from tests.chaos.model import Violation
from tests.chaos.reading import read_history
from tests.chaos.storm import Storm
from tests.chaos.supervisor import Supervisor
from tests.chaos.volumes import Volume, can_mount, volumes_at

_DOCUMENTS_IN_A_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class HSMTerms:
    """Keys of the configuration's `hsm` that the figures depend on."""

    sessions: int
    deadline_seconds: float
    reload_seconds: float

    def configured(self) -> Mapping[str, object]:
        """As `install` takes them."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class FullDisks:
    """What came of volumes that filled up."""

    database: Recovery
    documents: Recovery
    sealed_without_heads: int


@dataclass(frozen=True, kw_only=True)
class Endured:
    """What came of all of it.

    Attributes:
        sealed_under_errors: how many documents were sealed though signatures failed.
        documents_per_second: under a slow HSM.
        hang: no signature came back.
        removal: the token was pulled out.
        disks: None where this process may not mount a file system.
        violations: what did not hold in the end.
    """

    sealed_under_errors: int
    documents_per_second: float
    hang: Recovery
    removal: Recovery
    disks: FullDisks | None
    violations: list[Violation]


async def endure(
    installation: Installation,
    client_log: Path,
    *,
    documents: int,
    milliseconds: tuple[float, float],
) -> Endured:
    """Five in a hundred signatures fail; they take so long; none comes back; the token is gone.

    Then the volumes of the documents, of the database and of the tree heads are full.
    """
    state = installation.state
    with contextlib.ExitStack() as stack:
        volumes: tuple[Volume, ...] = ()
        if can_mount():
            places = (state, state / "documents", state / "audit")
            volumes = stack.enter_context(volumes_at(*places))
        log = stack.enter_context(ClientLog(client_log))
        async with Supervisor(installation) as supervisor, installation.client() as client:
            storm = Storm(client, log, seed=1, until_it_serves=supervisor.ready)
            batches = BatchStorm(
                installation,
                log,
                documents=_DOCUMENTS_IN_A_BATCH,
                until_it_serves=supervisor.ready,
            )
            faults = Faults(installation, storm, batches, log)
            sealed = await faults.hsm_errors(share=0.05, documents=documents)
            rate = await faults.hsm_latency(milliseconds=milliseconds, documents=2 * documents)
            hang = await faults.hsm_hang()
            removal = await faults.token_removed()
            disks = await _on_full_disks(faults, *volumes) if volumes else None
            await storm.ask_all_again()
            results = await batches.results()
        history = await read_history(installation, client_log, judged=5, batches=results)
    return Endured(
        sealed_under_errors=sealed,
        documents_per_second=rate,
        hang=hang,
        removal=removal,
        disks=disks,
        violations=violations(history),
    )


async def _on_full_disks(
    faults: Faults, database: Volume, documents: Volume, heads: Volume
) -> FullDisks:
    return FullDisks(
        documents=await faults.disk_full(documents),
        database=await faults.disk_full(database),
        sealed_without_heads=await faults.published_heads_full(heads),
    )
