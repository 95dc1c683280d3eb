"""How what is outside does: receivers of events and results, connectors, and the network."""

from collections.abc import Mapping
from datetime import datetime

from gateway.http.operation.families import Families


class Outside:
    """Part of `gateway.http.operation.metrics.Metrics`, in the same registry."""

    def __init__(self, families: Families) -> None:
        self.deliveries = families.counter(
            "sealgate_deliveries_total",
            "Tries to bring something to a webhook or connector, by what they came to: taken, "
            "later (it is tried again), refused or gone.",
            "receiver",
            "verdict",
        )
        self.webhooks_not_taking = families.gauge(
            "sealgate_webhook_not_taking",
            "1 while a webhook is away or wants nothing more, and what it is owed waits.",
            "webhook",
            "standing",
        )
        self.feed_works = families.gauge(
            "sealgate_feed_works",
            "1 while a connector can be used and the officers agree to it, else 0; the log says "
            "why (feed_away, feed_refused).",
            "connector",
        )
        self.feed_things = families.gauge(
            "sealgate_feed_things",
            "Since the start: documents that a connector brought, results that it was given.",
            "connector",
            "what",
        )
        self.bridge_things = families.gauge(
            "sealgate_bridge_things",
            "Since the start, by company on the network: entries taken in, things sent, things "
            "refused for good.",
            "organisation",
            "what",
        )
        self.bridge_owed = families.gauge(
            "sealgate_bridge_owed", "What is to be sent to the network.", "organisation"
        )
        self.bridge_oldest = families.gauge(
            "sealgate_bridge_oldest_owed_seconds",
            "Since the oldest of what is to be sent was owed.",
            "organisation",
        )
        self.bridge_away = families.gauge(
            "sealgate_bridge_away_seconds",
            "Since the network answers no more; 0 while it does. Sealing goes on without it.",
            "organisation",
        )
        self.bridge_up = families.gauge(
            "sealgate_bridge_up",
            "1 while the network answers, and all that it holds for us was compared.",
            "organisation",
        )
        self.bridge_answered = families.gauge(
            "sealgate_bridge_last_success_timestamp_seconds",
            "When the network last answered as it should, Unix time; 0: not since the start.",
            "organisation",
        )
        self.bridge_not_compared = families.gauge(
            "sealgate_bridge_not_compared",
            "Envelopes that the network could not be asked for, though it answers; each is tried "
            "again, and the log names it (envelope_not_compared).",
            "organisation",
        )
        self.bridge_lies = families.gauge(
            "sealgate_bridge_lies",
            "Since the start: what the network said and cannot be, by what it was. Above 0, "
            "somebody must look (docs/bridge.md).",
            "organisation",
            "lie",
        )

    def count_delivery(self, receiver: str, verdict: str) -> None:
        """Something was tried to be brought; `receiver` is the subject of its jobs."""
        self.deliveries.labels(receiver, verdict).inc()

    def set_webhooks(self, standings: Mapping[str, str]) -> None:
        """How each webhook stands: taking, away or stopped."""
        self.webhooks_not_taking.clear()
        for name, standing in standings.items():
            for each in ("away", "stopped"):
                self.webhooks_not_taking.labels(name, each).set(int(standing == each))

    def set_feed(self, connector: str, *, works: bool, taken: int, delivered: int) -> None:
        """How a connector is doing."""
        self.feed_works.labels(connector).set(works)
        self.feed_things.labels(connector, "taken").set(taken)
        self.feed_things.labels(connector, "delivered").set(delivered)

    def set_bridge(
        self,
        organisation: str,
        *,
        entries: int,
        sent: int,
        refused: int,
        owed: int,
        oldest_seconds: float,
        away_seconds: float,
        is_up: bool,
        answered_at: datetime | None,
        not_compared: int,
        lies: Mapping[str, int],
    ) -> None:
        """How a company's bridge is doing."""
        for what, count in (("entries", entries), ("sent", sent), ("refused", refused)):
            self.bridge_things.labels(organisation, what).set(count)
        self.bridge_owed.labels(organisation).set(owed)
        self.bridge_oldest.labels(organisation).set(oldest_seconds)
        self.bridge_away.labels(organisation).set(away_seconds)
        self.bridge_up.labels(organisation).set(is_up)
        answered = 0.0 if answered_at is None else answered_at.timestamp()
        self.bridge_answered.labels(organisation).set(answered)
        self.bridge_not_compared.labels(organisation).set(not_compared)
        for lie, count in lies.items():
            self.bridge_lies.labels(organisation, lie).set(count)
