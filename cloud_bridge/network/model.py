"""What the network keeps besides envelopes, and what its API takes and gives besides `wire`."""

from dataclasses import dataclass

from cloud_bridge.model import Organisation, Value


@dataclass(frozen=True, slots=True)
class Account:
    """An organisation, and how its requests are recognised.

    Attributes:
        organisation: as others see it.
        signing_key: Ed25519, raw, base64url: signs requests.
        certificates: SHA-256 of its client certificates, hex.
    """

    organisation: Organisation
    signing_key: str
    certificates: frozenset[str]


class Organisations(Value, frozen=True):
    """Out: organisations of a name."""

    organisations: tuple[Organisation, ...]


class NewWebhook(Value, frozen=True):
    """In: where to call when something came into the organisation's feed."""

    url: str


class Webhook(Value, frozen=True):
    """Out: an address that is called. `secret` checks calls (Standard Webhooks, `whsec_…`)."""

    id: str
    url: str
    secret: str
    is_on: bool


class Webhooks(Value, frozen=True):
    """Out: all of an organisation."""

    webhooks: tuple[Webhook, ...]


class Call(Value, frozen=True):
    """What a webhook is told: a hint to look at the feed. Says nothing that is believed."""

    type: str
    timestamp: str
    data: "CallData"


class CallData(Value, frozen=True):
    """Which entry came; `act` is its tag, such as `signed`."""

    envelope: str
    sequence: int
    act: str
