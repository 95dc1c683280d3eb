"""What a receiver gets: the body of an event, and the headers of one try."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.returns.records import KeptEvent
from gateway.returns.webhooks.keys import WebhookKey

_AGENT: Final = "Sealgate-Webhooks/1"


def told(event: KeptEvent, *, with_link: bool = True) -> dict[str, Any]:
    """The event as receivers and GET /v1/events have it; always the same for the same event."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    if not with_link:
        data.pop("document", None)
    return {
        "type": event.type,
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "id": event.id,
        "sequence": event.sequence,
        "data": data,
    }


def body_of(event: KeptEvent, *, with_link: bool) -> bytes:
    """The body, the same bytes in every try."""
    return msgspec.json.encode(told(event, with_link=with_link))


def headers_of(
    message_id: str, body: bytes, *, keys: Sequence[WebhookKey], at: datetime
) -> dict[str, str]:
    """The headers of one try at a moment; every key signs, so that a receiver may know any of them.

    See Standard Webhooks, "Webhook Headers".
    """
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(key.sign(content) for key in keys),
    }
