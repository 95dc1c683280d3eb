"""The settings of each kind of place, as IT writes them. `connectors` has them as plain values."""

from abc import abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import Field

from connectors.amqp.settings import AMQPSettings
from connectors.folder.connector import FolderSettings
from connectors.open import Settings
from connectors.sftp.settings import SFTPSettings
from connectors.tls import TLS
from gateway.config import AbsolutePath
from strictyaml import StrictModel

DEFAULT_MAX_BYTES = 50 * 1024 * 1024

MaxBytes = Annotated[
    int, Field(gt=0, le=1 << 30, description="The largest document that is taken.")
]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Words = Annotated[str, Field(min_length=1, max_length=300)]


class Place(StrictModel):
    """What every kind has."""

    max_bytes: MaxBytes = DEFAULT_MAX_BYTES

    @abstractmethod
    def settings(self, name: str, *, beside: str | None) -> Settings:
        """For the connector of this name; `beside` as in `MappingSpec`."""

    @property
    def readable(self) -> tuple[Path, ...]:
        """Files and folders that the gateway must be able to read."""
        return ()

    @property
    def writable(self) -> tuple[Path, ...]:
        """Folders that the gateway must be able to write to."""
        return ()


class FolderPlace(Place):
    """A folder of this machine, or a share that is mounted; it has a subfolder `inbox`."""

    path: AbsolutePath
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    suffixes: Annotated[tuple[Words, ...], Field(min_length=1)] = (".pdf",)

    def settings(self, name: str, *, beside: str | None) -> FolderSettings:
        """See `Place`."""
        return FolderSettings(
            name=name,
            path=self.path,
            settle_seconds=self.settle_seconds,
            suffixes=tuple(suffix.lower() for suffix in self.suffixes),
            beside=beside,
            max_bytes=self.max_bytes,
        )

    @property
    def writable(self) -> tuple[Path, ...]:
        """See `Place`."""
        return (self.path,)


class SFTPPlace(Place):
    """A folder of an SFTP server; it has a subfolder `inbox`."""

    host: Words
    port: Port = 22
    user: Words
    path: Annotated[str, Field(pattern="^/")]
    known_hosts: AbsolutePath
    password_file: AbsolutePath | None = None
    key_file: AbsolutePath | None = None
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    suffixes: Annotated[tuple[Words, ...], Field(min_length=1)] = (".pdf",)
    timeout_seconds: Seconds = 30.0

    def settings(self, name: str, *, beside: str | None) -> SFTPSettings:
        """See `Place`."""
        return SFTPSettings(
            name=name,
            host=self.host,
            port=self.port,
            user=self.user,
            path=self.path,
            known_hosts=self.known_hosts,
            password_file=self.password_file,
            key_file=self.key_file,
            settle_seconds=self.settle_seconds,
            suffixes=tuple(suffix.lower() for suffix in self.suffixes),
            beside=beside,
            max_bytes=self.max_bytes,
            timeout_seconds=self.timeout_seconds,
        )

    @property
    def readable(self) -> tuple[Path, ...]:
        """See `Place`."""
        return those_of(self.known_hosts, self.password_file, self.key_file)


class TLSSpec(StrictModel):
    """How the other side is known; it is always checked."""

    ca: AbsolutePath | None = None
    certificate: AbsolutePath | None = None
    key: AbsolutePath | None = None

    def plain(self) -> TLS:
        """For `connectors`."""
        return TLS(ca=self.ca, certificate=self.certificate, key=self.key)

    @property
    def readable(self) -> tuple[Path, ...]:
        """The files."""
        return those_of(self.ca, self.certificate, self.key)


class AMQPPlace(Place):
    """A queue of RabbitMQ that documents come from, an exchange that results go to."""

    host: Words
    port: Port = 5671
    virtual_host: Words = "/"
    user: Words
    password_file: AbsolutePath
    tls: TLSSpec | None = Field(
        default=TLSSpec(), description="null: without TLS, for a broker on this machine."
    )
    queue: Words | None = None
    exchange: str = ""
    routing_key: Words | None = None
    prefetch: Annotated[int, Field(ge=1, le=10_000)] = 100
    timeout_seconds: Seconds = 30.0

    def settings(self, name: str, *, beside: str | None) -> AMQPSettings:
        """See `Place`."""
        del beside  # nothing lies beside a message
        return AMQPSettings(
            name=name,
            host=self.host,
            port=self.port,
            virtual_host=self.virtual_host,
            user=self.user,
            password_file=self.password_file,
            tls=None if self.tls is None else self.tls.plain(),
            queue=self.queue,
            exchange=self.exchange,
            routing_key=self.routing_key,
            prefetch=self.prefetch,
            max_bytes=self.max_bytes,
            timeout_seconds=self.timeout_seconds,
        )

    @property
    def readable(self) -> tuple[Path, ...]:
        """See `Place`."""
        return (self.password_file, *(() if self.tls is None else self.tls.readable))


def those_of(*paths: Path | None) -> tuple[Path, ...]:
    """Those that are named."""
    return tuple(path for path in paths if path is not None)
