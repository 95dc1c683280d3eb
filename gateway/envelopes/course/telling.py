"""How an envelope is told: what it is now, and what is done next by whom."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Declined, Withdrawn, parse
from cloud_bridge.model import Party
from gateway.envelopes.keeping.troubles import troubles_in
from gateway.envelopes.model import EnvelopeTold, EvidenceTold, PartyTold, Status, Step
from gateway.store.rows.envelopes import EnvelopeRow

_ENDED: Final = {
    "completed": "Everybody has signed; the documents are here.",
    "declined": "A party has declined; nothing more is signed.",
    "withdrawn": "It was withdrawn by who sent it.",
    "expired": "Its time was over before everybody had signed.",
    "voided": "It was completed, and then declared void by all parties.",
}
_HINTS: Final[dict[Step, str]] = {
    "nothing": "Nothing is to be done.",
    "send": "It goes out as soon as the network can be reached.",
    "wait-for-others": "It is the turn of others.",
    "wait-for-content": "Attach the files that travel another way.",
    "wait-for-approval": "People are to approve that we sign it.",
    "wait-for-network": "It goes on as soon as the network can be reached.",
    "sign": "It is our turn, and we sign by ourselves.",
    "look-at-it": "Somebody must look at it.",
}
_UNSEEN: Final = (
    "Everybody has signed; what was signed last is fetched and verified here before it counts."
)
_BY_ITSELF: Final = frozenset({"send", "sign", "wait-for-network"})
"""What this gateway does, unless something keeps it from that."""


def told(
    row: EnvelopeRow,
    state: EnvelopeState,
    name: Callable[[Party], str],
    evidence: tuple[EvidenceTold, ...] = (),
    entries: Sequence[Entry] = (),
    *,
    still: str = "",
) -> EnvelopeTold:
    """An envelope as it is now.

    Args:
        row: as it is kept.
        state: as its record says.
        name: what a party is called; see `gateway.envelopes.keeping.naming`.
        evidence: of those who signed without a gateway.
        entries: of its record, which tell why it was declined or withdrawn.
        still: why this gateway does nothing by itself now, if so, in words.
    """
    terms = state.terms
    others = [each for each in state.parties if each.party.account != row.organisation]
    step, is_over = next_step(row, state), state.status in _ENDED
    reasons = dict(_reasons(entries))
    return EnvelopeTold(
        id=row.id,
        title=terms.title,
        company=row.company,
        ours=row.ours,
        mode=terms.mode,
        status=_status(row),
        business_number=row.business_number or terms.business_number,
        counterparties=tuple(dict.fromkeys(name(each.party) or each.party.id for each in others)),
        parties=tuple(
            PartyTold(
                id=each.party.id,
                name=name(each.party),
                account=each.party.account,
                state="waiting" if is_over and each.missing else each.state,
                at=each.at,
                reason=reasons.get(each.party.id, ""),
            )
            for each in state.parties
        ),
        documents=terms.documents,
        digests=dict(state.current),
        next_step=step,
        next_hint=_hint(row, state, step, name, still),
        created_at=row.created_at,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
        sequence=row.sequence,
        head=row.head,
        trouble=troubles_in(row),
        reason=reasons.get("", ""),
        evidence=evidence,
    )


def _reasons(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Why parties have declined, by their ids; by none: why it was withdrawn."""
    for entry in entries:
        said = parse(entry.signed)
        match said.act:
            case Declined(reason=reason, remark=remark):
                yield said.party, f"{reason}: {remark}" if remark else reason
            case Withdrawn(reason=reason):
                yield "", reason
            case _:
                pass


def next_step(row: EnvelopeRow, state: EnvelopeState) -> Step:
    """What is done next."""
    if row.status == "held":
        return "look-at-it"
    kept: Step = msgspec.convert(row.step, Step)
    if state.status == "completed" and row.status != "completed":
        # What was signed last was not found sound here yet.
        return kept if kept in {"wait-for-content", "look-at-it"} else "wait-for-network"
    if state.status in _ENDED:
        return kept if kept in {"wait-for-content", "wait-for-network"} else "nothing"
    if state.status == "draft":
        return "nothing" if row.status == "withdrawn" else "send"
    if kept not in ("nothing", "send"):
        return kept
    ours = {each.party.id for each in state.parties_of(row.organisation)}
    turn = {each.party.id for each in state.parties if each.has_its_turn}
    return "sign" if ours & turn else "wait-for-others"


def _status(row: EnvelopeRow) -> Status:
    status: Status = msgspec.convert(row.status, Status)
    return status


def _hint(
    row: EnvelopeRow, state: EnvelopeState, step: Step, name: Callable[[Party], str], still: str
) -> str:
    kept = row.hint if step == row.step else ""
    if still and step in _BY_ITSELF:
        return f"{still} {kept}".strip()
    if kept:
        return kept
    if step == "wait-for-network" and state.status == "completed":
        return _UNSEEN
    if step == "nothing" and state.status in _ENDED:
        return _ENDED[state.status]
    if step == "wait-for-others":
        waiting = [
            name(each.party) or each.party.id
            for each in state.parties
            if each.has_its_turn and each.party.account != row.organisation
        ]
        if waiting:
            return f"It is the turn of {', '.join(waiting)}."
    return _HINTS[step]
