"""A webhook as somebody that deliveries are brought to."""

from gateway.clock import Clock
from gateway.jobs.model import ClaimedJob
from gateway.returns.errors import WebhookKeyError
from gateway.returns.model import Answer, DeliveryState
from gateway.returns.records import EventReader, Standing, put_standing
from gateway.returns.webhooks.message import body_of, headers_of
from gateway.returns.webhooks.model import Webhook
from gateway.returns.webhooks.sender import WebhookSender
from gateway.store.engines.lane import Transaction


class WebhookReceiver:
    """Implements `gateway.returns.interfaces.Receiver`: its jobs carry the ids of events."""

    def __init__(
        self, webhook: Webhook, *, sender: WebhookSender, events: EventReader, clock: Clock
    ) -> None:
        self._webhook = webhook
        self._sender = sender
        self._events = events
        self._clock = clock

    @property
    def most_at_once(self) -> int:
        """See `Receiver`."""
        return self._webhook.most_at_once

    async def deliver(self, job: ClaimedJob) -> Answer:
        """See `Receiver`."""
        event_id = job.payload.decode()
        event = await self._events.by_id(event_id)
        if event is None:
            said = f"event {event_id} is forgotten: it waited longer than returns.events_days"
            return Answer(verdict="refused", said=said)
        body = body_of(event, with_link=self._webhook.with_link)
        try:
            keys = self._webhook.keys()
        except WebhookKeyError as error:
            return Answer(verdict="later", said=f"not sent, it cannot be signed: {error}")
        headers = headers_of(event.id, body, keys=keys, at=self._clock.now())
        return await self._sender.send(body, headers)

    def write_down(
        self, transaction: Transaction, job: ClaimedJob, answer: Answer, state: DeliveryState
    ) -> None:
        """See `Receiver`."""
        standing = Standing(
            event=job.payload.decode(),
            target=self._webhook.target.name,
            state=state,
            tries=job.attempt,
            at=self._clock.now(),
            answer=answer.said,
        )
        put_standing(transaction, standing)
