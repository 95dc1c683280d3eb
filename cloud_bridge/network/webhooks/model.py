"""Webhooks: what the API takes and gives of them, and what they are told."""

from cloud_bridge.model import Value


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
