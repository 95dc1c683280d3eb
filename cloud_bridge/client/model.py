"""Where a network is, and how it is reached."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to a network.

    Attributes:
        url: scheme and authority, `https://network.example`; http only to this machine.
        network_key: Ed25519, raw, base64url: what signs its entries.
        ca: PEM: who may say that a server is the network's; None: whom the system trusts.
        certificate: PEM: our client certificate and its chain; None: none is shown.
        key: PEM: its private key.
        proxy: an HTTP proxy, `http://proxy.example:3128`; None: straight.
        answer_seconds: how long an answer may take, besides what is waited for on purpose and what
            the body needs at 64 KiB a second.
    """

    url: str
    network_key: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    answer_seconds: float = 30.0
