"""config.yaml as one frozen value."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from gateway.config.bridge import BridgeConfig
from gateway.config.http import HTTPConfig
from gateway.config.jobs import JobsConfig
from gateway.config.policies import PoliciesConfig
from gateway.config.sections import (
    AuditConfig,
    BackupsConfig,
    BatchesConfig,
    DocumentsConfig,
    ProcessesConfig,
    ReturnsConfig,
)
from gateway.config.store import StoreConfig
from gateway.config.values import AbsolutePath, Section
from hsm.config import HSMConfig
from strictyaml import load, refusal


class Config(Section):
    """All of config.yaml."""

    state_directory: AbsolutePath = Field(
        description="Database, sealed documents, audit checkpoints. Back it up."
    )
    store: StoreConfig = StoreConfig()
    http: HTTPConfig = HTTPConfig()
    policies: PoliciesConfig
    hsm: HSMConfig
    documents: DocumentsConfig = DocumentsConfig()
    connectors: AbsolutePath | None = Field(
        default=None,
        description="YAML files of the places that documents come from and results go to: folders, "
        "queues, tables. docs/connectors.md has their keys. Read at start.",
    )
    bridge: BridgeConfig | None = Field(
        default=None,
        description="The way to the cloud account network, where contracts meet those of other "
        "companies. None: nothing is carried.",
    )
    batches: BatchesConfig = BatchesConfig()
    returns: ReturnsConfig = ReturnsConfig()
    audit: AuditConfig
    backups: BackupsConfig = BackupsConfig()
    processes: ProcessesConfig = ProcessesConfig()
    jobs: JobsConfig = JobsConfig()

    @model_validator(mode="after")
    def _has_a_checkpoint_key(self) -> Self:
        if not any(key.purpose == "checkpoint" for key in self.hsm.keys):
            raise refusal(
                "no key under hsm.keys has the purpose `checkpoint`, so the audit log could not "
                "be signed",
                "add {id: audit-log, label: audit-log, mechanism: ed25519, purpose: checkpoint}",
            )
        return self

    @property
    def database(self) -> Path:
        """The SQLite file, unless `store.url` names a server (`gateway.store.open`)."""
        return self.state_directory / "sealgate.sqlite"

    @property
    def bundle_copies(self) -> Path:
        """Where the bundles are kept that were in force."""
        return self.state_directory / "bundles"

    @property
    def documents_directory(self) -> Path:
        """Where sealed documents are kept."""
        return self.store.documents or self.state_directory / "documents"

    @property
    def uploads_directory(self) -> Path:
        """Where requests with batches lie while they come."""
        return self.state_directory / "uploads"

    @property
    def key_acts(self) -> Path:
        """Where acts on keys are noted until the audit log has them."""
        return self.state_directory / "key-acts"

    @property
    def reconciliation(self) -> Path:
        """What the last `hsm reconcile` found, for those who watch the gateway."""
        return self.state_directory / "reconciled.json"

    @property
    def checkpoint_file(self) -> Path:
        """The newest signed tree head."""
        return self.state_directory / "audit" / "checkpoint"

    @property
    def log_key_file(self) -> Path:
        """The log's verifier key."""
        return self.state_directory / "audit" / "log-key.txt"


def load_config(path: Path) -> Config:
    """Read config.yaml.

    Raises:
        MistakesError: every mistake, with line and cure.
        OSError: the file cannot be read.
    """
    return load(path.read_text(encoding="utf-8"), file=str(path), model=Config).value
