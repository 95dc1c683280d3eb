"""A request that comes again after a restore, and the envelope that it was sent as before.

The network gives back what the gateway has sent since its backup, but not who asked for it. The
caller asks again by the same key, which is not known here any more: the envelope whose terms are
those of the request is taken up for it, instead of a second one.
"""

from collections.abc import Sequence

import msgspec

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Acknowledged, parse
from cloud_bridge.model import Party, Terms
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.carriage.errors import NotComparedProblem
from gateway.envelopes.carriage.owed import ends_it
from gateway.envelopes.course.ends import ended_at
from gateway.envelopes.ground import Ground
from gateway.store.rows.envelopes import EnvelopeRow


class Adopting:
    """Finds what came back from the network and nobody here has asked for."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def refuse_uncompared(self, bridge: Bridge) -> None:
        """See that what was sent for a company before a restore would be here.

        Raises:
            NotComparedProblem: the records were not compared with the network since.
        """
        organisation = bridge.member.organisation
        standing = await self._ground.networks.standing(organisation)
        if standing.reconciled_at is None:
            raise NotComparedProblem(
                f"company {bridge.member.company!r}: "
                f"{standing.why or 'the records are compared as soon as the network answers'}"
            )

    async def like(
        self, bridge: Bridge, terms: Terms, asked: Sequence[Party]
    ) -> EnvelopeRow | None:
        """The oldest envelope that came back, with the terms of a request; None: there is none.

        Args:
            bridge: of the company that sends it.
            terms: as they would be sent now; their id says nothing.
            asked: the parties as the caller names them. Of those without a name, any will do: it
                was found by a card, or left empty while the network was away.
        """
        unnamed = frozenset(each.id for each in asked if not each.name)
        organisation = bridge.member.organisation
        wanted = _comparable(terms, unnamed)
        for row in await self._ground.envelopes.without_request(organisation, terms.expires_at):
            theirs = msgspec.json.decode(row.terms, type=Terms)
            if _comparable(theirs, unnamed) == wanted and not await self._is_set_aside(row):
                return row
        return None

    async def ended_unheard(self, row: EnvelopeRow, system: str) -> EnvelopeState | None:
        """The end of one that came back, if nobody would tell the system of it any more.

        We have acknowledged it before the loss, or told of it whoever speaks for the company. None:
        it has not ended, it is told once it is acknowledged, or the system has heard of it.
        """
        ours = row.organisation
        state = await self._ground.records.state(ours, row.id)
        if state is None or not 0 < state.substance <= state.acknowledged.get(ours, 0):
            return None
        entries = map(parse, (e.signed for e in await self._ground.records.entries(ours, row.id)))
        acknowledged = max(
            each.at
            for each in entries
            if each.author == ours and isinstance(each.act, Acknowledged)
        )
        is_heard = row.system == system and acknowledged >= row.created_at
        return None if is_heard else state

    async def _is_set_aside(self, row: EnvelopeRow) -> bool:
        """Whether somebody here has ended it since it came back, to have it sent anew."""
        if any(map(ends_it, await self._ground.owed.of_envelope(row.organisation, row.id))):
            return True
        entries = await self._ground.records.entries(row.organisation, row.id)
        if not (end := ended_at(entries)):
            return False
        said = parse(entries[end - 1].signed)
        return said.author == row.organisation and said.at >= row.created_at


def _comparable(terms: Terms, unnamed: frozenset[str]) -> Terms:
    parties = tuple(
        msgspec.structs.replace(each, name="") if each.id in unnamed else each
        for each in terms.parties
    )
    return msgspec.structs.replace(terms, envelope="", parties=parties)
