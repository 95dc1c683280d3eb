"""What is known of a storm of envelopes when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.cli.envelope.model import Envelope
from tests.chaos.model import Event, History


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyHistory:
    """What one company has in the end.

    Attributes:
        organisation: its id on the network.
        house: its database, audit log and HSM's log.
        told: how its gateway tells of each envelope.
        transcripts: of each envelope, as the gateway gives them.
        contents: of some envelopes, the documents as they are there, by their names.
        lies: what its gateway called a lie of the network's, from its log.
    """

    organisation: str
    house: History
    told: Mapping[str, Envelope]
    transcripts: Mapping[str, bytes]
    contents: Mapping[str, Mapping[str, bytes]]
    lies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeHistory:
    """All that the checker judges by.

    Attributes:
        client: what callers asked and were told, in the order in which it happened.
        companies: by name.
        roots: certificates (DER) of those who say who the companies are.
        network_key: which both have pinned.
        at: when it was read.
    """

    client: tuple[Event, ...]
    companies: Mapping[str, CompanyHistory]
    roots: tuple[bytes, ...]
    network_key: str
    at: datetime
