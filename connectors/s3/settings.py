"""What IT says of a bucket; apart from the connector, which loads much that others never need."""

from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import SettingsUnfitError
from connectors.tls import TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """Where the bucket is, and what stands where in it.

    Attributes:
        name: of the connector, for its errors.
        bucket: its name.
        access_key: the key's public part.
        secret_key_file: its first line is the key's secret part; read when we connect.
        endpoint: address of the server; None: Amazon's.
        region: of the bucket.
        path_style: the bucket stands in the path of addresses, not in the host's name.
        tls: how servers of https addresses are known.
        inbox: prefix of what comes; None: nothing is fetched.
        taken: prefix that it goes to when it is durable here.
        results: prefix of results; None: nothing is delivered.
        stock: prefix of what lies ready for who names it; None: nothing does.
        max_bytes: of a document; a larger one is not read.
        timeout_seconds: for connecting and for each answer.
    """

    name: str
    bucket: str
    access_key: str
    secret_key_file: Path
    endpoint: str | None = None
    region: str = "us-east-1"
    path_style: bool = True
    tls: TLS = field(default_factory=TLS)
    inbox: str | None = None
    taken: str = "taken/"
    results: str | None = None
    stock: str | None = None
    max_bytes: int = 50 * 1024 * 1024
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse places where we would read what we have written."""
        for prefix in filter(None, (self.inbox, self.taken, self.results, self.stock)):
            if not prefix.endswith("/") or prefix.startswith("/"):
                raise SettingsUnfitError(
                    f"`{prefix}` is no prefix of a folder", "end it with a slash, begin with none"
                )
        for prefix in filter(None, (self.taken, self.results, self.stock)):
            if self.inbox is not None and prefix.startswith(self.inbox):
                raise SettingsUnfitError(
                    f"`{prefix}` is below `{self.inbox}` and would be read again",
                    "choose one beside it",
                )
