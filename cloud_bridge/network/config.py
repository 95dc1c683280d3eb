"""network.yaml into frozen types. Every mistake is told with its key, all of them at once."""

import ipaddress
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cloud_bridge.model import Language


class ConfigError(Exception):
    """network.yaml is not what it should be; the message has a line for each mistake."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TLSConfig(_Section):
    """The server's certificate, and the CA of organisations' client certificates."""

    certificate: Path = Field(description="PEM: the server's certificate, then its chain.")
    key: Path = Field(description="PEM: its private key.")
    client_ca: Path = Field(description="PEM: the CA that issues client certificates.")


class ServerConfig(_Section):
    """Where organisations reach the network."""

    host: str = "127.0.0.1"
    port: int = Field(default=8490, ge=0, le=65535, description="0 takes a free one.")
    external_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Scheme and authority that organisations use, when a proxy stands in front: "
        "request signatures cover it.",
    )
    tls: TLSConfig | None = Field(
        default=None, description="Required unless `host` is a loopback address."
    )


class PagesConfig(_Section):
    """Where persons reach the pages on which they sign."""

    host: str = "127.0.0.1"
    port: int | None = Field(
        default=None, ge=0, le=65535, description="None: the same as the server's."
    )
    external_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="What links begin with. None: where the pages listen.",
    )
    address_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,50}$",
        description="In which the proxy in front says who asked it, such as X-Forwarded-For: it "
        "must overwrite the header, or add to its end.",
    )


class CodeWebhookConfig(_Section):
    """The operator's own service that brings codes to persons."""

    url: str = Field(pattern=r"^https?://", description="Where each code is posted.")
    secret_file: Path = Field(description="A file with `whsec_…`: signs each post.")


class PersonsConfig(_Section):
    """How persons who sign in a browser are checked, and what is written for them."""

    check: Literal["code", "contact-tail"] = Field(
        default="code",
        description="A code that is sent, or the last four characters of the contact, which proves "
        "less.",
    )
    identity_check: Literal["id-tail"] | None = Field(
        default=None,
        description="Of persons who must be known as `identity`: the last four characters of "
        "their identity number, which you gave to their accounts. None: as `check` says.",
    )
    code_webhook: CodeWebhookConfig | None = Field(
        default=None,
        description="None: codes go to codes.jsonl, and links to links.jsonl, in the state "
        "directory, for a trial.",
    )
    bring_links: bool = Field(
        default=True,
        description="Whether the network brings links to persons whose turn it is; a party's "
        "`bringLink: false` leaves its link to the sender.",
    )
    language: Language = Field(
        default="zh", description="In which persons are written to whose terms name none."
    )
    font: Path = Field(
        default=Path("/usr/share/fonts/truetype/arphic/uming.ttc"),
        description="TrueType or OpenType with Chinese: draws what persons enter.",
    )


class StoreConfig(_Section):
    """The database: SQLite in the state directory, or a PostgreSQL server for several nodes."""

    url: str | None = Field(
        default=None, pattern=r"^postgres(ql)?://", description="libpq's URI, without a password."
    )
    password_file: Path | None = None


class KeysConfig(_Section):
    """Private keys, each in a file that only its owner reads."""

    network: Path = Field(description="PEM: the Ed25519 key that signs entries.")
    client_ca: Path = Field(description="PEM: key and certificate that issue client certificates.")
    persons_ca: Path = Field(description="PEM: key and certificate of the CA for persons.")


class LimitsConfig(_Section):
    """What one organisation may ask for."""

    requests_per_second: float = Field(default=500, gt=0)
    burst: int = Field(default=1000, gt=0)
    statement_bytes: int = Field(default=4 * 1024 * 1024, gt=0)
    content_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    longest_wait_seconds: float = Field(default=300, gt=0, description="Of a long poll.")
    organisation_bytes: int = Field(
        default=200 * 1024**3,
        gt=0,
        description="Of contents that it has brought and that lie here.",
    )
    connections: int = Field(default=20_000, gt=0, description="At once, at each port.")
    connections_per_address: int | None = Field(
        default=2_000,
        gt=0,
        description="At once, at each port, from one IPv4 address or IPv6 network of 64 bits; "
        "null: as many as there are, as behind a proxy or balancer, from whose address all come.",
    )
    handshake_seconds: float = Field(
        default=10, gt=0, description="For a connection's TLS handshake."
    )
    idle_seconds: float = Field(
        default=75,
        gt=0,
        description="For which a connection may be without a whole request header.",
    )
    body_seconds: float = Field(
        default=60,
        gt=0,
        description="For a request's body, and a second more for each 64 KiB; of people, 15 KiB.",
    )
    content_days: int | None = Field(
        default=180,
        gt=0,
        description="Days after an envelope's end for which its contents are kept; null: for good.",
    )


class WebhooksConfig(_Section):
    """Which addresses the network may call."""

    private_addresses: bool = Field(
        default=False, description="Also http, and addresses within the network's own house."
    )


class NetworkConfig(_Section):
    """All of network.yaml. Relative paths are meant from its folder."""

    name: str = Field(min_length=1, max_length=100)
    state_directory: Path = Field(description="Of this node alone: lock, database, contents.")
    contents_directory: Path | None = Field(
        default=None,
        description="Where contents lie; with several nodes, one place that all of them reach.",
    )
    keys: KeysConfig
    server: ServerConfig = ServerConfig()
    pages: PagesConfig = PagesConfig()
    persons: PersonsConfig = PersonsConfig()
    store: StoreConfig = StoreConfig()
    limits: LimitsConfig = LimitsConfig()
    webhooks: WebhooksConfig = WebhooksConfig()

    @model_validator(mode="after")
    def _no_plain_text_beyond_this_machine(self) -> Self:
        if self.server.tls is None and not _is_loopback(self.server.host):
            raise ValueError(
                f"server.tls is missing, and {self.server.host} is reached from elsewhere: add "
                "server.tls, or listen at 127.0.0.1"
            )
        pages = self.pages
        is_open = pages.port is not None and not _is_loopback(pages.host)
        is_behind_tls = (pages.external_url or "").startswith("https:")
        if is_open and self.server.tls is None and not is_behind_tls:
            raise ValueError(
                f"persons would sign in the clear at {pages.host}: add server.tls, or set "
                "pages.external_url to the https address of the proxy in front"
            )
        return self

    @model_validator(mode="after")
    def _nodes_share_contents(self) -> Self:
        if self.store.url is not None and self.contents_directory is None:
            raise ValueError(
                "contents_directory is missing: nodes that share a database share the contents "
                "too; name a folder that all of them reach"
            )
        return self

    @property
    def contents(self) -> Path:
        """Where contents lie."""
        return self.contents_directory or self.state_directory / "contents"


def load_config(file: Path) -> NetworkConfig:
    """Read network.yaml.

    Raises:
        ConfigError: it is not what it should be.
        OSError: it cannot be read.
    """
    try:
        written = yaml.load(file.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: no YAML as it should be: {error}") from error
    if not isinstance(written, dict):
        raise ConfigError(f"{file}: must be a mapping, such as `name: our network`")
    try:
        config = NetworkConfig.model_validate(written)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{file}: {line}" for line in _mistakes(error))) from error
    return NetworkConfig.model_validate(_anchored(config.model_dump(), file.absolute().parent))


class _Strict(yaml.SafeLoader):
    """Refuses a key that comes twice: the second would silently count."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        """See PyYAML."""
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, "a key comes twice", node.start_mark
            )
        return mapping


def _mistakes(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, each['loc'])) or 'the file'}: {_cure(each['type'], each['msg'])}"
        for each in error.errors()
    ]


def _cure(kind: str, told: str) -> str:
    match kind:
        case "extra_forbidden":
            return "there is no such key; see docs/network.md for those that there are"
        case "missing":
            return "is missing; `sealgate network init` writes a file that has it"
        case _:
            return told.removeprefix("Value error, ")


def _anchored(value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
    match value:
        case dict():
            return {name: _anchored(each, folder) for name, each in value.items()}
        case Path():
            return folder / value
        case _:
            return value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
