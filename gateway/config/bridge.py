"""The way to the cloud account network, and our companies on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.config.values import AbsolutePath, Section, is_loopback
from strictyaml import refusal


class InboundConfig(Section):
    """How contracts of one type that others send become documents of ours."""

    type: str = Field(min_length=1, description="What the sender calls them; `*`: all others.")
    document_type: str = Field(min_length=1, description="What our policies call them.")
    seal: str = Field(min_length=1, description="With which seal we sign them.")


class BridgeCompanyConfig(Section):
    """A company of ours on the network."""

    company: str = Field(min_length=1, description="Its name in the policies.")
    organisation: str = Field(
        max_length=100, pattern=r"^[A-Za-z0-9._:-]+$", description="Its id on the network."
    )
    name: str = Field(
        min_length=1,
        description="Its legal name, as in the certificate of `card_seal`.",
    )
    signing_key: AbsolutePath = Field(
        description="PEM: signs requests and statements (sealgate bridge keys). Mode 0600."
    )
    encryption_key: AbsolutePath = Field(
        description="PEM: opens what partners encrypt to the company. Mode 0600."
    )
    client_certificate: AbsolutePath | None = Field(
        default=None,
        description="PEM: the client certificate that the network's operator gave this company.",
    )
    client_key: AbsolutePath | None = Field(
        default=None, description="PEM: its private key, readable by its owner only."
    )
    card_seal: str = Field(
        min_length=1,
        description="The seal that vouches for both keys; a policy must let it sign the document "
        "type organisation-card.",
    )
    system: str = Field(
        min_length=1, description="The policies' System that asks for what others send."
    )
    inbound: tuple[InboundConfig, ...] | None = Field(
        default=None,
        min_length=1,
        description="What becomes of contracts that others send. One that nothing here fits waits "
        "for somebody to look at it.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise refusal(
                "`client_certificate` and `client_key` go together",
                "name both files, or neither",
            )
        return self

    @property
    def readable(self) -> tuple[Path | None, ...]:
        """What the gateway reads, and never writes; None: not given."""
        return self.signing_key, self.encryption_key, self.client_certificate, self.client_key


class BridgeConfig(Section):
    """The way to the cloud account network, where contracts meet those of other companies."""

    url: str = Field(
        pattern=r"^https?://[^/]+$",
        description="The network: scheme and authority. https only, unless it is on this machine.",
    )
    network_key: str = Field(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="The network's public key, as its operator told it by another way.",
    )
    ca: AbsolutePath | None = Field(
        default=None,
        description="PEM: the CA of the network's server certificate. By default those that the "
        "system trusts.",
    )
    proxy: str | None = Field(
        default=None,
        pattern=r"^http://[^/@]+$",
        description="An HTTP proxy, if there is one on the way out.",
    )
    trusted_roots: AbsolutePath = Field(
        description="A folder with the certificates (PEM or DER) of CAs that may say who a "
        "partner is."
    )
    persons_root: AbsolutePath | None = Field(
        default=None,
        description="PEM: the network's CA for persons who sign in a browser, trusted for them "
        "alone.",
    )
    requests_per_second: float = Field(
        default=100.0, gt=0, description="As many as the network is asked at the most."
    )
    reconcile_hours: float = Field(
        default=1.0,
        gt=0,
        le=168,
        description="How often what the network holds is compared with what is here. That is also "
        "done after each start and each outage.",
    )
    egress_days: int = Field(
        default=1095,
        ge=30,
        le=36500,
        description="How long the ledger says what left the house.",
    )
    companies: tuple[BridgeCompanyConfig, ...] = Field(
        min_length=1, description="Companies of ours that are on the network."
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.url.startswith("http:") and not is_loopback(urlsplit(self.url).hostname or ""):
            raise refusal(
                "contracts would travel in the clear: `url` begins with http:",
                "write https:, and name the network's CA in bridge.ca if it is not a public one",
            )
        for what in ("company", "organisation"):
            names = [getattr(each, what) for each in self.companies]
            if len(set(names)) < len(names):
                raise refusal(
                    f"two of bridge.companies have the same `{what}`",
                    "each company has one organisation on the network, and each a company",
                )
        return self

    @property
    def missing(self) -> Iterator[str]:
        """Which files of the connection are not where they are said to be, and who gives them."""
        operator = "take it from the network's operator"
        named = [("ca", self.ca, operator), ("persons_root", self.persons_root, operator)]
        for each in self.companies:
            of = f"companies[{each.company}]"
            named += [
                (f"{of}.client_certificate", each.client_certificate, operator),
                (f"{of}.client_key", each.client_key, "make it with the certificate request"),
            ]
        for key, path, cure in named:
            if path is not None and not path.exists():
                yield f"bridge.{key}: {path} is not there: {cure} (docs/bridge.md, step 2)"

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway reads, and never writes."""
        every = (
            self.ca,
            self.trusted_roots,
            self.persons_root,
            *(path for each in self.companies for path in each.readable),
        )
        return tuple(path for path in every if path is not None)
