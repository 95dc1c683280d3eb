"""What our seals have signed goes out only while nobody has frozen them, or ended the envelope.

A contract that was sealed while the network was away waits in the outbox, perhaps for days. Before
its content or the word that we have signed goes out, the freezes are asked again, by what was asked
for when it was sealed. What may have arrived is looked for at the network first: an answer may have
been lost, and what is there is kept back no more. The same goes for what we have withdrawn or
declined since: it would be signed in spite of that, for the end is owed behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Signed, Statement, parse
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.owed import ends_it, statement_in
from gateway.envelopes.causes import key_of
from gateway.envelopes.ground import Ground, Member
from gateway.store.envelope_owed import OwedEnvelopeRow
from gateway.store.envelopes import EnvelopeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What is owed in an envelope, by what is to be done with it.

    Attributes:
        rows: still owed, in their order.
        kept: the ordinals of those that officers have frozen.
        why: what is frozen, in words; empty: nothing of it.
        there: the network has them, as the record says.
        lost: the network will never get them: the envelope has ended without them, or we end it.
    """

    rows: tuple[OwedEnvelopeRow, ...]
    kept: frozenset[int] = frozenset()
    why: str = ""
    there: tuple[OwedEnvelopeRow, ...] = ()
    lost: tuple[OwedEnvelopeRow, ...] = ()


class Leaving:
    """Says what one of our companies may send now of what it owes."""

    def __init__(self, member: Member, ground: Ground, inbox: Inbox) -> None:
        self._member = member
        self._ground = ground
        self._inbox = inbox

    async def look(self, envelope: str) -> Going:
        """What is to be done with what is owed in an envelope.

        Raises:
            NetworkAwayError: something is frozen, or we have ended the envelope, and it cannot be
                found out whether what we have signed is there.
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
        we_end, why = any(map(ends_it, rows)), ""
        if state.status not in OVER:
            if kept.status != "held" and not we_end:
                why = await self._why(kept, signed.values())
            if not (why or we_end):
                return Going(rows=rows)
            await self._inbox.fetch(envelope)
            state = await self._ground.records.state(organisation, envelope) or state
        return _sorted(rows, signed, state, why, we_end=we_end)

    async def against(self, row: OwedEnvelopeRow) -> str:
        """Why the word that we have signed must not go out at this moment; empty: it may.

        Asked right before it goes, and before each content that goes for it: they take a while.

        Raises:
            StoreProblem: the database does not say.
        """
        said = _signed(row)
        kept = await self._ground.envelopes.by_id(row.organisation, row.envelope) if said else None
        return "" if said is None or kept is None else await self._why(kept, [said])

    async def _why(self, kept: EnvelopeRow, signed: Iterable[Statement]) -> str:
        keys = {
            key_of(kept.id, said.party, each.document, each.base)
            for said in signed
            if isinstance(said.act, Signed)
            for each in said.act.revisions
        }
        return await self._ground.freezes.against(kept.system, sorted(keys)) or ""


def _signed(row: OwedEnvelopeRow) -> Statement | None:
    """The word that we have signed; None: it is something else."""
    if row.kind != "statement":
        return None
    said = parse(statement_in(row))
    return said if isinstance(said.act, Signed) else None


def _signed_in(rows: Iterable[OwedEnvelopeRow]) -> Mapping[str, Statement]:
    """By the keys of rows that our seals have signed, contents and words, the word for each."""
    found: dict[str, Statement] = {}
    for row in rows:
        said = _signed(row)
        if said is not None and isinstance(said.act, Signed):
            found |= {each.digest: said for each in said.act.revisions}
            found[row.key] = said
    return found


def _sorted(
    rows: Sequence[OwedEnvelopeRow],
    signed: Mapping[str, Statement],
    state: EnvelopeState,
    why: str,
    *,
    we_end: bool,
) -> Going:
    there = [each for each in rows if each.key in signed and _is_there(signed[each.key], state)]
    missing = [each for each in rows if each.key in signed and each not in there]
    is_over = we_end or state.status in OVER
    settled = {each.ordinal for each in (*there, *(missing if is_over else ()))}
    return Going(
        rows=tuple(each for each in rows if each.ordinal not in settled),
        kept=frozenset() if is_over else frozenset(each.ordinal for each in missing),
        why="" if is_over or not missing else why,
        there=tuple(there),
        lost=tuple(missing) if is_over else (),
    )


def _is_there(said: Statement, state: EnvelopeState) -> bool:
    return said.id in state.statement_ids
