"""What IT says of a folder of an SFTP server. Apart, as those who only read it need no SSH."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTPSettings:
    """What IT says of it.

    Attributes:
        name: the connector's, for messages.
        host: the server.
        port: TCP port.
        user: who logs in.
        path: the folder there; `inbox` in it is there already, the others are made.
        known_hosts: file in OpenSSH's format with the server's key; another key is refused.
        password_file: its first line is the password.
        key_file: private key without passphrase.
        settle_seconds: see `FolderSettings`.
        suffixes: see `FolderSettings`.
        beside: see `FolderSettings`.
        max_bytes: of a file that is read.
        timeout_seconds: for connecting and for each answer.
    """

    name: str
    host: str
    port: int
    user: str
    path: str
    known_hosts: Path
    password_file: Path | None = None
    key_file: Path | None = None
    settle_seconds: float = 5.0
    suffixes: tuple[str, ...] = (".pdf",)
    beside: str | None = None
    max_bytes: int = 50 * 1024 * 1024
    timeout_seconds: float = 30.0
