"""config.yaml into frozen types. config.example.yaml documents every key; a test loads it."""

import ipaddress
import re
import socket
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from hsm.config import HSMConfig
from strictyaml import StrictModel, load, refusal


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{path} is relative; write the path in full")
    return path


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host_name() -> str:
    # Whatever the machine is called, it must do for a part of a file's name.
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63].strip("-.") or "node"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # which depends on how it is wrong
        raise ValueError(f"{name} is no time zone; write it such as Asia/Shanghai") from error
    return name


DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class _Section(StrictModel):
    # config.yaml is IT's file and keeps the customary underscores; policies speak camelCase.
    model_config = ConfigDict(alias_generator=None)


class TLSConfig(_Section):
    """Server certificate, and whose client certificates are looked at."""

    certificate: AbsolutePath = Field(description="PEM: the server's certificate, then its chain.")
    key: AbsolutePath = Field(description="PEM: its private key, readable by its owner only.")
    client_ca: AbsolutePath | None = Field(
        default=None,
        description="PEM: the CA of client certificates (mTLS). A system is found by the SHA-256 "
        "of its certificate, which its policy file names.",
    )


class HTTPConfig(_Section):
    """Where the API listens and what it bears."""

    host: str = Field(default="127.0.0.1", description="Address to listen at.")
    port: int = Field(default=8480, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    external_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Scheme and authority that callers use, when a proxy stands in front: request "
        "signatures cover it.",
    )
    tls: TLSConfig | None = Field(
        default=None, description="Required unless `host` is a loopback address."
    )
    max_document_bytes: int = Field(
        default=50 * 1024 * 1024, gt=0, description="The largest document that is taken."
    )
    max_batch_bytes: int = Field(
        default=8 * 1024**3,
        gt=0,
        description="The largest batch that is taken in one request. It goes to the disk as it "
        "comes: below state_directory there must be room for it twice.",
    )
    max_requests_at_once: int = Field(
        default=2048, gt=0, description="Beyond this, callers are told to come again (503)."
    )
    signature_skew_seconds: int = Field(
        default=300, gt=0, le=3600, description="How far a signed request's time may be off."
    )

    @model_validator(mode="after")
    def _no_clear_text_on_the_network(self) -> Self:
        if self.tls is None and not _is_loopback(self.host):
            raise ValueError(
                f"{self.host} is not a loopback address, so documents would travel in the clear: "
                "configure http.tls, or listen at 127.0.0.1 behind a proxy on this machine"
            )
        return self


class DocumentsConfig(_Section):
    """The document workers."""

    workers: int = Field(default=0, ge=0, le=256, description="Processes; 0 takes one per core.")
    deadline_seconds: float = Field(
        default=15.0, gt=0, description="A worker that takes longer for a document is killed."
    )
    max_memory_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=384 * 1024 * 1024,
        description="Address space of a worker.",
    )
    queue_seconds: float = Field(
        default=60.0, gt=0, description="How long a document may wait for a worker and its answer."
    )
    stamp_font: AbsolutePath | None = Field(
        default=None,
        description="Font file for round stamps; by default the first Chinese serif font found.",
    )


class PoliciesConfig(_Section):
    """What the officers have written: a directory of YAML, or bundle files that they signed."""

    directory: AbsolutePath | None = Field(
        default=None,
        description="YAML files of companies, systems, document types, seals and policies. Whoever "
        "can write there decides what is sealed: for development.",
    )
    bundles: AbsolutePath | None = Field(
        default=None,
        description="Bundle files (*.sealbundle), each signed by several officers. Exactly one of "
        "`directory` and `bundles`.",
    )
    root: AbsolutePath | None = Field(
        default=None,
        description="The first officers (sealgate policy root), who sign the first bundle. Goes "
        "with `bundles`; each start traces what was in force back to them.",
    )
    secrets_directory: AbsolutePath | None = Field(
        default=None,
        description="HMAC secrets of calling systems lie below it; by default below `directory` or "
        "`bundles`.",
    )
    refresh_seconds: float = Field(
        default=2.0, gt=0, description="How often the directory is looked at for changes."
    )
    history_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How long decisions are kept with what they were made from (attributes, and "
        "what rules asked of the content), so that other policies can be tried on them.",
    )

    approvals_days: int = Field(
        default=3650,
        ge=31,
        le=36500,
        description="How long approvals are kept after their end, with the request that they were "
        "for and what people signed. The audit log keeps that they were, for good. At least 31: a "
        "token of an OA system must not outlive the memory of it.",
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.directory is None) == (self.bundles is None):
            raise refusal(
                "exactly one of `directory` and `bundles` says where the policies are",
                "keep `directory` for a trial, or `bundles` and `root` where officers sign",
            )
        if (self.bundles is None) != (self.root is None):
            raise refusal(
                "`bundles` and `root` go together",
                "write the first officers with `sealgate policy root`, and name that file",
            )
        return self

    @property
    def place(self) -> Path:
        """The directory that officers put their files into, of whichever kind."""
        place = self.directory or self.bundles
        if place is None:
            raise ValueError("neither `directory` nor `bundles`")  # see `_has_one_source`
        return place

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway reads, and never writes."""
        every = (self.directory, self.bundles, self.root, self.secrets_directory)
        return tuple(path for path in every if path is not None)

    @property
    def secrets(self) -> Path:
        """What the paths of HMAC secrets are relative to."""
        return next(
            path
            for path in (self.secrets_directory, self.directory, self.bundles)
            if path is not None
        )


class BatchesConfig(_Section):
    """Documents that come together."""

    at_once: int = Field(
        default=160,
        ge=1,
        le=512,
        description="How many documents of batches are sealed at once. Callers who wait for an "
        "answer go first, and take these places away while they do.",
    )
    failed_inputs_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="How long a document that could not be sealed is kept, so that it can be tried "
        "again.",
    )


class AuditConfig(_Section):
    """The audit log."""

    origin: str = Field(
        min_length=1,
        pattern=r"^[^\s+]+$",
        description="The log's name in every checkpoint: a host name of yours and a path, without "
        "a scheme. Never changes.",
    )


class ReturnsConfig(_Section):
    """What others are told of: events, their webhooks and their deliveries."""

    events_days: int = Field(
        default=30,
        ge=7,
        le=3650,
        description="How long events are kept, for replays and GET /v1/events.",
    )
    keep_all_events: bool = Field(
        default=False,
        description="Keep events that no webhook wants, for systems that come and read them.",
    )


class StoreConfig(_Section):
    """Where the rows and sealed documents are."""

    url: str | None = Field(
        default=None,
        pattern=r"^postgres(ql)?://",
        description="A PostgreSQL database (libpq's URI, several hosts for a failover, no "
        "password), which several gateway nodes may share. By default SQLite in the state "
        "directory.",
    )
    password_file: AbsolutePath | None = Field(
        default=None, description="A file with the database's password and nothing else."
    )
    node: str = Field(
        default_factory=_host_name,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$",
        description="This gateway's name among the nodes of one database; no two share one.",
    )
    documents: AbsolutePath | None = Field(
        default=None,
        description="Sealed documents. All nodes of one database need the same directory. By "
        "default `documents` in the state directory.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.url is None and self.password_file is not None:
            raise refusal(
                "`password_file` goes with `url`",
                "name the database in store.url, or leave the password out",
            )
        if self.url is not None and self.documents is None:
            raise refusal(
                "with `url`, `documents` says where all nodes keep the sealed documents",
                "name a directory that every node of this database has",
            )
        if self.url is not None and urlsplit(self.url).password is not None:
            raise refusal(
                "the URL holds a password, which would be told in logs",
                "write it into a file of its own and name that in store.password_file",
            )
        return self


class ProcessesConfig(_Section):
    """How the processes are kept apart."""

    require_confinement: bool = Field(
        default=False,
        description="Refuse to start where the kernel cannot keep the gateway from reading PIN and "
        "token files (Landlock, Linux 5.13). Set it in production.",
    )


class MaintenanceConfig(_Section):
    """A time in which work of some kinds waits."""

    name: str = Field(min_length=1, max_length=100, description="Why. The log tells it.")
    kinds: tuple[Literal["seal", "deliver", "envelope"], ...] = Field(
        min_length=1,
        description="What waits: `seal` (documents of batches), `deliver` (what others are told), "
        "`envelope` (contracts with other companies).",
    )
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] | None = Field(
        default=None, min_length=1, description="On which days it starts; none named: on every day."
    )
    starts: TimeOfDay = Field(description="When it starts, such as '22:00'.")
    ends: TimeOfDay = Field(
        description="When it ends; on the next day if that is not later than `starts`."
    )
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Shanghai", description="Whose clocks these are."
    )


class JobsConfig(_Section):
    """Work that waits for its turn: documents of batches, and what others are told."""

    lease_seconds: int = Field(
        default=120,
        ge=10,
        le=3600,
        description="After so long without a sign of life, work goes to another.",
    )
    most_open_items: int = Field(
        default=2_000_000,
        ge=1,
        description="Documents of batches that may be open in all; beyond, new ones are refused "
        "(503).",
    )
    most_open_items_of_a_system: int = Field(
        default=1_000_000, ge=1, description="The same for each system (429)."
    )
    most_open_bytes: int = Field(
        default=200 * 1024**3,
        ge=1,
        description="The same for the bytes of all open documents (503).",
    )
    most_open_bytes_of_a_system: int = Field(
        default=100 * 1024**3, ge=1, description="The same for the bytes of each system (429)."
    )
    least_free_bytes: int = Field(
        default=512 * 1024**2,
        ge=64 * 1024**2,
        description="While less is free in the state directory, no new batch is taken in (503).",
    )
    reserve_bytes: int = Field(
        default=64 * 1024**2,
        ge=0,
        description="Size of the file `reserve` in the state directory, which is given up when the "
        "disk is all but full, so that what is under way still comes to its end.",
    )
    maintenance: tuple[MaintenanceConfig, ...] | None = Field(
        default=None,
        description="Times in which what comes is accepted and waits: an HSM or a receiver is away "
        "on purpose.",
    )


class InboundConfig(_Section):
    """How contracts of one type that others send become documents of ours."""

    type: str = Field(min_length=1, description="What the sender calls them; `*`: all others.")
    document_type: str = Field(min_length=1, description="What our policies call them.")
    seal: str = Field(min_length=1, description="With which seal we sign them.")


class BridgeCompanyConfig(_Section):
    """A company of ours on the network."""

    company: str = Field(min_length=1, description="Its name in the policies.")
    organisation: str = Field(
        max_length=100, pattern=r"^[A-Za-z0-9._:-]+$", description="Its id on the network."
    )
    name: str = Field(
        min_length=1,
        description="Its legal name, as in the certificate of `card_seal`.",
    )
    signing_key: AbsolutePath = Field(
        description="PEM: signs requests and statements (sealgate bridge keys). Mode 0600."
    )
    encryption_key: AbsolutePath = Field(
        description="PEM: opens what partners encrypt to the company. Mode 0600."
    )
    client_certificate: AbsolutePath | None = Field(
        default=None,
        description="PEM: the client certificate that the network's operator gave this company.",
    )
    client_key: AbsolutePath | None = Field(
        default=None, description="PEM: its private key, readable by its owner only."
    )
    card_seal: str = Field(
        min_length=1,
        description="The seal that vouches for both keys; a policy must let it sign the document "
        "type organisation-card.",
    )
    system: str = Field(
        min_length=1, description="The policies' System that asks for what others send."
    )
    inbound: tuple[InboundConfig, ...] | None = Field(
        default=None,
        min_length=1,
        description="What becomes of contracts that others send. One that nothing here fits waits "
        "for somebody to look at it.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise refusal(
                "`client_certificate` and `client_key` go together",
                "name both files, or neither",
            )
        return self

    @property
    def readable(self) -> tuple[Path | None, ...]:
        """What the gateway reads, and never writes; None: not given."""
        return self.signing_key, self.encryption_key, self.client_certificate, self.client_key


class BridgeConfig(_Section):
    """The way to the cloud account network, where contracts meet those of other companies."""

    url: str = Field(
        pattern=r"^https?://[^/]+$",
        description="The network: scheme and authority. https only, unless it is on this machine.",
    )
    network_key: str = Field(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="The network's public key, as its operator told it by another way.",
    )
    ca: AbsolutePath | None = Field(
        default=None,
        description="PEM: the CA of the network's server certificate. By default those that the "
        "system trusts.",
    )
    proxy: str | None = Field(
        default=None,
        pattern=r"^http://[^/@]+$",
        description="An HTTP proxy, if there is one on the way out.",
    )
    trusted_roots: AbsolutePath = Field(
        description="A folder with the certificates (PEM or DER) of CAs that may say who a "
        "partner is."
    )
    persons_root: AbsolutePath | None = Field(
        default=None,
        description="PEM: the network's CA for persons who sign in a browser, trusted for them "
        "alone.",
    )
    requests_per_second: float = Field(
        default=100.0, gt=0, description="As many as the network is asked at the most."
    )
    reconcile_hours: float = Field(
        default=1.0,
        gt=0,
        le=168,
        description="How often what the network holds is compared with what is here. That is also "
        "done after each start and each outage.",
    )
    egress_days: int = Field(
        default=1095,
        ge=30,
        le=36500,
        description="How long the ledger says what left the house.",
    )
    companies: tuple[BridgeCompanyConfig, ...] = Field(
        min_length=1, description="Companies of ours that are on the network."
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.url.startswith("http:") and not _is_loopback(urlsplit(self.url).hostname or ""):
            raise refusal(
                "contracts would travel in the clear: `url` begins with http:",
                "write https:, and name the network's CA in bridge.ca if it is not a public one",
            )
        for what in ("company", "organisation"):
            names = [getattr(each, what) for each in self.companies]
            if len(set(names)) < len(names):
                raise refusal(
                    f"two of bridge.companies have the same `{what}`",
                    "each company has one organisation on the network, and each a company",
                )
        return self

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway reads, and never writes."""
        every = (
            self.ca,
            self.trusted_roots,
            self.persons_root,
            *(path for each in self.companies for path in each.readable),
        )
        return tuple(path for path in every if path is not None)


class Config(_Section):
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
