"""A connector as somebody that sealed documents are brought to."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from connectors.errors import ConnectorAwayError, DeliveryRefusedError
from connectors.interfaces import Connector
from connectors.model import Delivery
from gateway.clock import Clock
from gateway.declarations.agreement import disagreement
from gateway.errors import Problem
from gateway.jobs.model import ClaimedJob
from gateway.returns.model import Answer, DeliveryState
from gateway.returns.records import EventReader, KeptEvent, Standing, put_standing
from gateway.signing.archive import Archive
from gateway.signing.errors import ContentErasedProblem
from gateway.store.engines.lane import Transaction
from gateway.store.rows.documents import DocumentReader
from policies.objects.systems import System

_PATIENCE_SECONDS: Final = 120.0


class ConnectorReceiver:
    """Implements `gateway.returns.interfaces.Receiver`: its jobs carry the ids of events."""

    def __init__(
        self,
        connector: Connector,
        *,
        target: str,
        name: str,
        system: str,
        most_at_once: int,
        systems: Callable[[], Mapping[str, System]],
        events: EventReader,
        documents: DocumentReader,
        archive: Archive,
        clock: Clock,
    ) -> None:
        """Make it.

        Args:
            connector: entered.
            target: the name under which its deliveries are kept.
            name: the connector's.
            system: whose documents it brings.
            most_at_once: deliveries at the same time.
            systems: those of the policies in force, which name their connectors.
            events: reads events.
            documents: reads their documents.
            archive: reads the content of these.
            clock: says when.
        """
        self._connector = connector
        self._target = target
        self._name = name
        self._system = system
        self._most_at_once = most_at_once
        self._systems = systems
        self._events = events
        self._documents = documents
        self._archive = archive
        self._clock = clock

    @property
    def most_at_once(self) -> int:
        """See `Receiver`."""
        return self._most_at_once

    async def deliver(self, job: ClaimedJob) -> Answer:
        """See `Receiver`."""
        not_agreed = disagreement(self._name, speaks_for=self._system, systems=self._systems())
        if not_agreed is not None:
            return Answer(verdict="later", said=not_agreed)
        try:
            await self._bring(job.payload.decode())
        except (DeliveryRefusedError, ContentErasedProblem) as error:
            return Answer(verdict="refused", said=str(error))
        except (ConnectorAwayError, OSError, Problem) as error:
            return Answer(verdict="later", said=str(error))
        return Answer(verdict="taken", said=f"brought by {self._name}")

    def write_down(
        self, transaction: Transaction, job: ClaimedJob, answer: Answer, state: DeliveryState
    ) -> None:
        """See `Receiver`."""
        standing = Standing(
            event=job.payload.decode(),
            target=self._target,
            state=state,
            tries=job.attempt,
            at=self._clock.now(),
            answer=answer.said,
        )
        put_standing(transaction, standing)

    async def _bring(self, event_id: str) -> None:
        event = await self._events.by_id(event_id)
        if event is None:
            raise DeliveryRefusedError(f"event {event_id} is forgotten: it waited too long")
        content = await self._content(event)
        async with asyncio.timeout(_PATIENCE_SECONDS):  # a TimeoutError is an OSError
            await self._connector.deliver(_delivery(event, content))

    async def _content(self, event: KeptEvent) -> bytes:
        row = await self._documents.by_id(event.subject)
        if row is None:
            raise ContentErasedProblem(f"document {event.subject} is not kept any more")
        return b"".join((await self._archive.content_of(row)).content)


def _delivery(event: KeptEvent, content: bytes) -> Delivery:
    told: dict[str, Any] = msgspec.json.decode(event.data)
    return Delivery(
        id=event.id,
        kind="sealed",
        name=f"{told['businessNumber']}.pdf",
        content=content,
        result={**told, "event": event.id, "sequence": event.sequence},
    )
