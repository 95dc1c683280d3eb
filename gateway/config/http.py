"""Where the API listens, and what it bears."""

from typing import Self

from pydantic import Field, model_validator

from gateway.config.values import AbsolutePath, Section, is_loopback


class TLSConfig(Section):
    """Server certificate, and whose client certificates are looked at."""

    certificate: AbsolutePath = Field(description="PEM: the server's certificate, then its chain.")
    key: AbsolutePath = Field(description="PEM: its private key, readable by its owner only.")
    client_ca: AbsolutePath | None = Field(
        default=None,
        description="PEM: the CA of client certificates (mTLS). A system is found by the SHA-256 "
        "of its certificate, which its policy file names.",
    )


class HTTPConfig(Section):
    """Where the API listens and what it bears."""

    host: str = Field(default="127.0.0.1", description="Address to listen at.")
    port: int = Field(default=8480, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    external_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Scheme and authority that callers use, when a proxy stands in front: request "
        "signatures cover it.",
    )
    tls: TLSConfig | None = Field(
        default=None, description="Required unless `host` is a loopback address."
    )
    max_document_bytes: int = Field(
        default=50 * 1024 * 1024, gt=0, description="The largest document that is taken."
    )
    max_batch_bytes: int = Field(
        default=8 * 1024**3,
        gt=0,
        description="The largest batch that is taken in one request. It goes to the disk as it "
        "comes: below state_directory there must be room for it twice.",
    )
    max_requests_at_once: int = Field(
        default=2048, gt=0, description="Beyond this, callers are told to come again (503)."
    )
    signature_skew_seconds: int = Field(
        default=300, gt=0, le=3600, description="How far a signed request's time may be off."
    )

    @model_validator(mode="after")
    def _no_clear_text_on_the_network(self) -> Self:
        if self.tls is None and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} is not a loopback address, so documents would travel in the clear: "
                "configure http.tls, or listen at 127.0.0.1 behind a proxy on this machine"
            )
        return self
