"""Every other fault in turn, then the judgement: on one installation for the HSM, one for disks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.checker import violations
from tests.chaos.faults import Faults, Recovery
from tests.chaos.installation import Installation
from tests.chaos.model import Violation
from tests.chaos.reading import read_history
from tests.chaos.storm import ClientLog, Storm
from tests.chaos.supervisor import Supervisor
from tests.chaos.volumes import volumes_at


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
class HSMFaults:
    """What came of an HSM that misbehaves."""

    sealed_under_errors: int
    documents_per_second: float
    hang: Recovery
    removal: Recovery
    violations: list[Violation]


@dataclass(frozen=True, kw_only=True)
class FullDisks:
    """What came of volumes that filled up."""

    database: Recovery
    documents: Recovery
    sealed_without_heads: int
    violations: list[Violation]


async def under_hsm_faults(
    installation: Installation,
    client_log: Path,
    *,
    documents: int,
    milliseconds: tuple[float, float],
) -> HSMFaults:
    """Five in a hundred signatures fail; they take so long; none comes back; the token is gone."""
    with ClientLog(client_log) as log:
        async with Supervisor(installation) as supervisor, installation.client() as client:
            storm = Storm(client, log, seed=1, until_it_serves=supervisor.ready)
            faults = Faults(installation, storm, log)
            sealed = await faults.hsm_errors(share=0.05, documents=documents)
            rate = await faults.hsm_latency(milliseconds=milliseconds, documents=2 * documents)
            hang = await faults.hsm_hang()
            removal = await faults.token_removed()
            await storm.ask_all_again()
    history = await read_history(installation, client_log, judged=10)
    return HSMFaults(
        sealed_under_errors=sealed,
        documents_per_second=rate,
        hang=hang,
        removal=removal,
        violations=violations(history),
    )


async def on_full_disks(installation: Installation, client_log: Path) -> FullDisks:
    """The volumes of documents, database and tree heads are full, one after the other."""
    state = installation.state
    with (
        volumes_at(state, state / "documents", state / "audit") as (database, documents, audit),
        ClientLog(client_log) as log,
    ):
        async with Supervisor(installation) as supervisor, installation.client() as client:
            storm = Storm(client, log, seed=2, until_it_serves=supervisor.ready)
            faults = Faults(installation, storm, log)
            of_documents = await faults.disk_full(documents)
            of_database = await faults.disk_full(database)
            sealed = await faults.published_heads_full(audit)
            await storm.ask_all_again()
        history = await read_history(installation, client_log, judged=10)
    return FullDisks(
        database=of_database,
        documents=of_documents,
        sealed_without_heads=sealed,
        violations=violations(history),
    )
