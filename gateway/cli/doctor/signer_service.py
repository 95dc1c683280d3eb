"""The signer as a service of its own: asked at its socket, without PIN and without its user.

Whoever is not the gateway is told how the door stands, and no more (`processes.door`). That the
token signs is proved by the gateway (`/readyz`), which the doctor asks as well.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from gateway.cli.doctor.model import Finding, failed, ok, warning
from hsm.config import HSMConfig, SignerServiceConfig

_PART: Final = "signer service"
_PATIENCE_SECONDS: Final = 2.0
_MOST_BYTES: Final = 1 << 16
_SEE = "systemctl status sealgate-signer; journalctl -u sealgate-signer -n 50"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the door stands: whether a gateway is served, and which tokens wait for their PIN."""

    served: bool
    waiting: tuple[int, ...] = ()


_standing = msgspec.json.Decoder(Standing)


def check_signer_service(
    config: HSMConfig, service: SignerServiceConfig, *, patience: float = _PATIENCE_SECONDS
) -> Iterator[Finding]:
    """Whether it answers, has its PINs, and serves a gateway. Nothing is tried at the token."""
    try:
        standing = _asked(service.socket, patience=patience)
    except TimeoutError:
        # It takes us for the gateway, since we run as its user, and waits for an order.
        yield ok(_PART, f"answers at {service.socket}; no gateway is connected")
        return
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        told = f"nobody answers as a signer's service at {service.socket}: {why}"
        yield failed(_PART, told, cure=f"See why it does not run: {_SEE}; then start it.")
        return
    for number in standing.waiting:
        name = config.names[number] if number < len(config.names) else str(number)
        yield failed(
            _PART,
            f"token {name} waits for its PIN, and cannot sign until an operator hands it over",
            cure="sealgate hsm unseal, by a member of the group that hsm.signer.operators names.",
        )
    if not standing.served:
        told = f"answers at {service.socket}, but no gateway is connected"
        yield warning(_PART, told, cure="Start the gateway: systemctl start sealgate")
    elif not standing.waiting:
        yield ok(_PART, f"answers at {service.socket}, and serves the gateway")


def _asked(path: Path, *, patience: float) -> Standing:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(patience)
        door.connect(str(path))
        heard = b""
        while len(heard) < _MOST_BYTES and (piece := door.recv(_MOST_BYTES)):
            heard += piece
    # One of an older version closes without a word.
    return _standing.decode(heard) if heard else Standing(served=True)
