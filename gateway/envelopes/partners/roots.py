"""Whom we trust to say who a partner is: the certificates in a folder, as it is now."""

from functools import lru_cache
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_ENDINGS = frozenset({".pem", ".crt", ".cer", ".der"})
_PEM = b"-----BEGIN CERTIFICATE-----"

_log = structlog.get_logger("envelopes")


def roots_in(directory: Path) -> tuple[bytes, ...]:
    """Every certificate (DER) of the folder's PEM and DER files.

    A file that cannot be read is trusted for nothing; the log names it (`root_not_read`).
    """
    found: list[bytes] = []
    for file in sorted(directory.iterdir()) if directory.is_dir() else ():
        if file.suffix.lower() not in _ENDINGS:
            continue
        try:
            found += certificates_in(file.read_bytes())
        except (OSError, ValueError) as error:
            _log.error("root_not_read", file=str(file), error=str(error))
    return tuple(found)


@lru_cache(maxsize=256)  # files are read anew each time, and taken apart once
def certificates_in(content: bytes) -> tuple[bytes, ...]:
    """The certificates of a file, DER; ValueError: it is neither PEM nor DER of any."""
    if _PEM in content:
        every = x509.load_pem_x509_certificates(content)
    else:
        every = [x509.load_der_x509_certificate(content)]
    return tuple(each.public_bytes(Encoding.DER) for each in every)
