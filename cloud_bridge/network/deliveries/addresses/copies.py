"""Copies for whoever has no gateway: an address that gives the documents for thirty days.

Organisations with a gateway hear of the end by their feed, and fetch.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.interfaces import Time
from cloud_bridge.network.deliveries import rows
from cloud_bridge.network.deliveries.addresses import tokens
from cloud_bridge.network.deliveries.interfaces import CopySender
from cloud_bridge.network.deliveries.model import Delivery
from cloud_bridge.network.deliveries.problems import LabelUnknownProblem
from cloud_bridge.network.interfaces import EnvelopeBook, Lane, Persons
from cloud_bridge.network.persons.errors import NotSentError

OPEN: Final = timedelta(days=30)
_log = structlog.get_logger("network.deliveries")


class Copies:
    """Tells who gets a copy, and gives it.

    Args:
        url: scheme and authority at which people reach the pages.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        book: EnvelopeBook,
        time: Time,
        persons: Persons,
        sender: CopySender,
        url: str,
    ) -> None:
        self._lane = lane
        self._book = book
        self._time = time
        self._persons = persons
        self._sender = sender
        self._url = url

    async def tell(self) -> None:
        """Tell whoever gets a copy of what was completed since; what fails is told next time."""
        for delivery in await self._lane.read(rows.uncopied):
            state = await self._book.state(delivery.envelope)
            if state is None or state.status == "signing":
                continue
            told = state.status != "completed" or await self._tell_of(delivery, state)
            if told:
                await self._lane.write(partial(rows.copied, of=delivery))

    async def documents(self, token: str) -> tuple[EnvelopeState, Sequence[str]]:
        """The envelope of a copy's address, and its documents' names.

        Raises:
            LabelUnknownProblem: the address opens nothing, or no longer.
        """
        now = self._time.now()
        kept = tokens.kept(token)
        envelope = await self._lane.read(lambda asked: rows.copy_at(asked, kept, now=now))
        state = None if envelope is None else await self._book.state(envelope)
        if state is None:
            raise LabelUnknownProblem("no such copy, or no longer")
        return state, [document.name for document in state.terms.documents]

    async def document(self, token: str, name: str) -> bytes:
        """One document as everybody has signed it; LabelUnknownProblem: there is none."""
        state, names = await self.documents(token)
        if name not in names:
            raise LabelUnknownProblem("no such document")
        return (await self._book.content(state.terms.envelope, state.current[name])).body

    async def _tell_of(self, delivery: Delivery, state: EnvelopeState) -> bool:
        told = True
        for each in state.parties:
            if each.state == "copy" and each.party.kind == "person":
                told &= await self._tell_one(delivery, each.party.id, each.party.account)
        return told

    async def _tell_one(self, delivery: Delivery, party: str, account: str) -> bool:
        person = await self._persons.person(account)
        if person is None:
            _log.warning("copy_without_account", envelope=delivery.envelope, party=party)
            return True
        token, until = tokens.new(), self._time.now() + OPEN

        def opened(connection: Connection) -> bool:
            kept = tokens.kept(token)
            return rows.open_copy(connection, delivery, party, token=kept, expires_at=until)

        if not await self._lane.write(opened):
            return True
        try:
            await self._sender.send_copy(
                contact=person.contact,
                waybill=delivery.waybill,
                url=f"{self._url}/c/{token}",
                id=str(uuid.uuid4()),
            )
        except NotSentError as error:
            _log.warning("copy_not_sent", envelope=delivery.envelope, party=party, error=str(error))
            return False
        await self._lane.write(lambda asked: rows.copy_sent(asked, tokens.kept(token)))
        return True
