"""Whom we trust to say who a partner is: certificates in files, as they are now."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Self

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_ENDINGS = frozenset({".pem", ".crt", ".cer", ".der"})
_PEM = b"-----BEGIN CERTIFICATE-----"

_log = structlog.get_logger("envelopes")


class Roots:
    """The certificates (DER) in PEM and DER files, as they are now; read at each call.

    A file that cannot be read is trusted for nothing. The log names it when that begins
    (`root_not_read`) and when it ends (`root_read_again`), however often it is asked for.
    """

    def __init__(self, files: Callable[[], Iterable[Path]], *, place: Path) -> None:
        """Read nothing yet.

        Args:
            files: which there are now.
            place: what is named where that cannot be told.
        """
        self._files = files
        self._place = place
        self._faults: dict[Path, str] = {}

    @classmethod
    def of_folder(cls, directory: Path) -> Self:
        """Of all files of a folder that are named as certificates are."""
        return cls(lambda: _certificate_files(directory), place=directory)

    @classmethod
    def of_file(cls, file: Path | None) -> Self:
        """Of one file; None: there are none."""
        return cls(lambda: () if file is None else (file,), place=file or Path())

    def __call__(self) -> tuple[bytes, ...]:
        """All that can be read."""
        found: list[bytes] = []
        faults: dict[Path, str] = {}
        try:
            for file in self._files():
                try:
                    found += certificates_in(file.read_bytes())
                except (OSError, ValueError) as error:
                    faults[file] = str(error)
        except OSError as error:
            faults[self._place] = str(error)
        self._tell(faults)
        return tuple(found)

    @property
    def unread(self) -> int:
        """How many files could not be read when they were asked for last."""
        return len(self._faults)

    def _tell(self, faults: dict[Path, str]) -> None:
        for file, why in faults.items():
            if self._faults.get(file) != why:
                _log.error("root_not_read", file=str(file), error=why)
        for file in self._faults.keys() - faults.keys():
            _log.info("root_read_again", file=str(file))
        self._faults = faults


def _certificate_files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return [file for file in sorted(directory.iterdir()) if file.suffix.lower() in _ENDINGS]


@lru_cache(maxsize=256)  # files are read anew each time, and taken apart once
def certificates_in(content: bytes) -> tuple[bytes, ...]:
    """The certificates of a file, DER; ValueError: it is neither PEM nor DER of any."""
    if _PEM in content:
        every = x509.load_pem_x509_certificates(content)
    else:
        every = [x509.load_der_x509_certificate(content)]
    return tuple(each.public_bytes(Encoding.DER) for each in every)
