"""Labels: the address behind a waybill's code. Whoever has the goods has the label."""

from collections.abc import AsyncIterator

from sqlalchemy import Connection

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.network.deliveries import rows
from cloud_bridge.network.deliveries.addresses import tokens
from cloud_bridge.network.deliveries.consignment import Consignment, consignment
from cloud_bridge.network.deliveries.marks import unknown_fields
from cloud_bridge.network.deliveries.model import Delivery
from cloud_bridge.network.deliveries.problems import LabelRefusedProblem, LabelUnknownProblem
from cloud_bridge.network.interfaces import EnvelopeBook, Lane, Persons
from cloud_bridge.wire import PersonLink

DIGITS = 4
"""How many last digits of a telephone a partner tells to ask for a status."""


class Labels:
    """Makes and knows labels. Implements `interfaces.Links` for bearers.

    Args:
        url: scheme and authority at which telephones reach the pages.
    """

    def __init__(self, *, lane: Lane, book: EnvelopeBook, persons: Persons, url: str) -> None:
        self._lane = lane
        self._book = book
        self._persons = persons
        self._url = url

    def address(self, token: str) -> str:
        """Where a label leads, which is what its code says."""
        return f"{self._url}/d/{token}"

    async def link(self, envelope: str, party: str) -> PersonLink:
        """See `interfaces.Links`. A claim stays as it is: the goods have not changed hands.

        The address opens for as long as the envelope is there: what comes late is told why.

        Raises:
            EnvelopeUnknownProblem: there is none.
            LabelRefusedProblem: its terms do not let a bearer sign.
        """
        of = await consignment(self._book, envelope, party)
        _refuse(of)
        made = Delivery(envelope=envelope, party=party, waybill=of.terms.waybill)
        token = tokens.new()
        digits = [each async for each in self._digits(of.state)]

        def labelled(connection: Connection) -> None:
            rows.label(connection, made, token=tokens.kept(token))
            rows.let_ask(connection, made, digits)

        await self._lane.write(labelled)
        return PersonLink(url=self.address(token), expires_at=of.state.terms.expires_at)

    async def delivery(self, token: str) -> Delivery:
        """What a label is of; LabelUnknownProblem: nothing, or a newer one took its place."""
        kept = tokens.kept(token)
        found = await self._lane.read(lambda asked: rows.labelled(asked, kept))
        if found is None:
            raise LabelUnknownProblem("no such label")
        return found

    async def _digits(self, state: EnvelopeState) -> AsyncIterator[str]:
        for each in state.parties:
            if each.party.contact_tail:
                yield each.party.contact_tail
            if each.party.kind == "person":
                person = await self._persons.person(each.party.account)
                digits = "" if person is None else _digits_of(person.contact)
                if len(digits) >= DIGITS:
                    yield digits[-DIGITS:]


def _refuse(of: Consignment) -> None:
    party = of.party
    if of.state.terms.mode != "open":
        raise LabelRefusedProblem("the network cannot show an envelope that is not of mode `open`")
    unknown = unknown_fields(party, of.terms)
    if unknown:
        raise LabelRefusedProblem(f"{party.id}: nothing can fill {', '.join(unknown)}")
    if party.level not in {"none", "contact"}:
        raise LabelRefusedProblem(f"{party.id}: nobody can be known as {party.level} at a door")


def _digits_of(contact: str) -> str:
    return "" if "@" in contact else "".join(filter(str.isdecimal, contact))
