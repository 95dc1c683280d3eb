"""Whether the server shows its new certificate, by a handshake as callers make it.

    prove_certificate.py DIRECTORY HOST PORT

In the directory are server.pem.new and ca.pem.new: that CA alone is believed. Waits until somebody
listens; exits 1 with what is wrong.
"""

import socket
import ssl
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LISTEN_SECONDS, LOOK_SECONDS, ANSWER_SECONDS = 30.0, 0.2, 5.0


def connected(host: str, port: int) -> socket.socket:
    """The gateway was just started: the port may not be there yet."""
    deadline = time.monotonic() + LISTEN_SECONDS
    while True:
        try:
            return socket.create_connection((host, port), timeout=ANSWER_SECONDS)
        except OSError as error:
            if time.monotonic() >= deadline:
                raise SystemExit(f"nobody listens at {host}:{port}: {error}") from None
            time.sleep(LOOK_SECONDS)


def main() -> None:
    """As the arguments say."""
    directory, host, port = sys.argv[1:]
    place = Path(directory)
    wanted, *_ = x509.load_pem_x509_certificates((place / "server.pem.new").read_bytes())
    believing = ssl.create_default_context(cafile=str(place / "ca.pem.new"))
    with connected(host, int(port)) as plain:
        try:
            with believing.wrap_socket(plain, server_hostname=host) as connection:
                shown = connection.getpeercert(binary_form=True)
        except (ssl.SSLError, OSError) as error:
            raise SystemExit(f"a caller who believes the new CA alone refuses: {error}") from None
    if shown != wanted.public_bytes(Encoding.DER):
        raise SystemExit("the server shows another certificate than the new one")
    print(f"{host}:{port} shows it, until {wanted.not_valid_after_utc:%Y-%m-%d}")


if __name__ == "__main__":
    main()
