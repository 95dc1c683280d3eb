"""A webhook, ready for use. Frozen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.returns.model import Target
from gateway.returns.webhooks.keys import WebhookKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where a target is told of events, and how.

    Attributes:
        target: whom, and of what.
        url: where to.
        keys: reads those that sign, for each try anew: a key that is replaced counts at once.
        timeout_seconds: for one try, from the look-up of the name to the end of the answer.
        most_at_once: tries at the same time.
        with_link: whether the body says where the document is.
        authorities: PEM of the CAs that the server's certificate may come from; None: the system's.
        allow_link_local: whether it may be at a link-local or metadata address.
    """

    target: Target
    url: str
    keys: Callable[[], tuple[WebhookKey, ...]]
    timeout_seconds: float = 15.0
    most_at_once: int = 4
    with_link: bool = True
    authorities: Path | None = None
    allow_link_local: bool = False
