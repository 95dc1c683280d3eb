"""How a connector knows whom it talks to."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TLS:
    """TLS with the other side's certificate and name checked; there is no way to switch it off.

    Attributes:
        ca: PEM file of the authorities to be trusted; None: those of the machine.
        certificate: PEM file of our own certificate, where the other side asks for one.
        key: PEM file of its key, without a password.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files.

        Raises:
            OSError: a file is missing or is not what it should be (ssl.SSLError is one).
        """
        context = ssl.create_default_context(cafile=self.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context
