"""Webhooks as IT declared them, made ready."""

from gateway.declarations.webhooks import DeclaredWebhook
from gateway.returns.model import Target
from gateway.returns.webhooks.keys import read_key
from gateway.returns.webhooks.model import Webhook


def target_of(declared: DeclaredWebhook) -> Target:
    """Whom it is, and what it is told of."""
    return Target(
        name=declared.name,
        systems=declared.systems,
        events=frozenset(declared.events),
        document_types=declared.document_types,
    )


def open_webhook(declared: DeclaredWebhook) -> Webhook:
    """The webhook, ready for a sender.

    Raises:
        WebhookKeyError: a key cannot be used.
    """
    webhook = Webhook(
        target=target_of(declared),
        url=declared.url,
        keys=lambda: tuple(map(read_key, declared.keys)),
        timeout_seconds=declared.timeout_seconds,
        most_at_once=declared.most_at_once,
        with_link=declared.with_link,
        authorities=declared.authorities,
        allow_link_local=declared.allow_link_local,
    )
    webhook.keys()  # what is wrong with a key is told now, and not with the first event
    return webhook
