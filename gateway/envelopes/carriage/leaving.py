"""What our seals have signed goes out only while nobody has frozen them.

A contract that was sealed while the network was away waits in the outbox, perhaps for days. Before
its content or the word that we have signed goes out, the freezes are asked again, by what was asked
for when it was sealed. What may have arrived is looked for at the network first: an answer may have
been lost, and what is there is kept back no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    Declined,
    Signed,
    SignedStatement,
    Statement,
    Withdrawn,
    parse,
)
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.causes import key_of
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.troubles import OVER
from gateway.signing.errors import FrozenProblem
from gateway.store.envelope_owed import OwedEnvelopeRow
from gateway.store.envelopes import EnvelopeRow

_statement = msgspec.json.Decoder(SignedStatement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What is owed in an envelope, by what is to be done with it.

    Attributes:
        rows: may go out, in their order.
        there: the network has them, as the record says.
        lost: the network will never take them, as the envelope has ended without them.
        over: how it has ended.
        why: the rest is kept back; empty: there is none.
    """

    rows: tuple[OwedEnvelopeRow, ...]
    there: tuple[OwedEnvelopeRow, ...] = ()
    lost: tuple[OwedEnvelopeRow, ...] = ()
    over: str = ""
    why: str = ""


def said_in(row: OwedEnvelopeRow) -> Statement | None:
    """What a statement that is owed says; None: it is none."""
    return parse(_statement.decode(row.payload)) if row.kind == "statement" else None


def ends_it(row: OwedEnvelopeRow) -> bool:
    """Whether it is our word that an envelope is to end, which nothing keeps back."""
    said = said_in(row)
    return said is not None and isinstance(said.act, Withdrawn | Declined)


class Leaving:
    """Says what one of our companies may send now of what it owes."""

    def __init__(self, member: Member, ground: Ground, inbox: Inbox) -> None:
        self._member = member
        self._ground = ground
        self._inbox = inbox

    async def look(self, envelope: str) -> Going:
        """What is to be done with what is owed in an envelope.

        Raises:
            NetworkAwayError: something is frozen, and it cannot be found out whether it is there.
            StoreProblem: the database does not say.
        """
        organisation = self._member.organisation
        rows = await self._ground.owed.of_envelope(organisation, envelope)
        signed = _signed_in(rows)
        if not signed:
            return Going(rows=rows)
        kept = await self._ground.envelopes.by_id(organisation, envelope)
        state = await self._ground.records.state(organisation, envelope)
        if kept is None or state is None:
            raise LookupError(f"envelope {envelope} is owed and not here")
        why = ""
        if state.status not in OVER:
            if kept.status != "held":
                why = await self._against(kept, signed.values())
            if not why:
                return Going(rows=rows)
            await self._inbox.fetch(envelope)
            state = await self._ground.records.state(organisation, envelope) or state
        return _sorted(rows, signed, state, why)

    async def refuse_frozen(self, row: OwedEnvelopeRow) -> None:
        """See once more, right before a statement goes out, that nothing of it is frozen.

        Raises:
            FrozenProblem: it is.
        """
        said = said_in(row)
        if said is None or not isinstance(said.act, Signed):
            return
        kept = await self._ground.envelopes.by_id(row.organisation, row.envelope)
        why = "" if kept is None else await self._against(kept, [said])
        if why:
            raise FrozenProblem(why)

    async def _against(self, kept: EnvelopeRow, signed: Iterable[Statement]) -> str:
        keys = {
            key_of(kept.id, said.party, each.document, each.base)
            for said in signed
            if isinstance(said.act, Signed)
            for each in said.act.revisions
        }
        return await self._ground.freezes.against(kept.system, sorted(keys)) or ""


def _signed_in(rows: Iterable[OwedEnvelopeRow]) -> Mapping[str, Statement]:
    """By the keys of rows that our seals have signed, contents and words, the word for each."""
    found: dict[str, Statement] = {}
    for row in rows:
        said = said_in(row)
        if said is not None and isinstance(said.act, Signed):
            found |= {each.digest: said for each in said.act.revisions}
            found[row.key] = said
    return found


def _sorted(
    rows: Sequence[OwedEnvelopeRow],
    signed: Mapping[str, Statement],
    state: EnvelopeState,
    why: str,
) -> Going:
    """What stands behind something that is kept back is kept back with it, but for a last word."""
    left: list[OwedEnvelopeRow] = []
    there: list[OwedEnvelopeRow] = []
    lost: list[OwedEnvelopeRow] = []
    is_kept = False
    for row in rows:
        said = signed.get(row.key)
        if said is None:
            if not is_kept or ends_it(row):
                left.append(row)
        elif said.id in state.statement_ids:
            there.append(row)
        elif state.status in OVER:
            lost.append(row)
        else:
            is_kept = True
    return Going(
        rows=tuple(left),
        there=tuple(there),
        lost=tuple(lost),
        over=state.status,
        why=why if is_kept else "",
    )
