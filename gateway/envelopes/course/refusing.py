"""What somebody asks for of an envelope that cannot be, in words for people."""

from cloud_bridge.envelopes.model import OVER, EnvelopeState
from gateway.envelopes.errors import (
    EnvelopeNotNowProblem,
    EnvelopeSignedByAllProblem,
    PartyWithoutLinkProblem,
)


def refuse_link(state: EnvelopeState, party: str) -> None:
    """See that a party is somebody who opens a link, and that there is something to open."""
    who = [each.party.id for each in state.parties if each.party.kind != "organisation"]
    if party not in who:
        there = ", ".join(who) or "there is none in it"
        kind = "a company" if state.party(party) is not None else "no party of the envelope"
        raise PartyWithoutLinkProblem(f"{party[:60]!r} is {kind}; persons and bearers: {there}")
    _refuse_over(state)


def refuse_reminder(state: EnvelopeState, party: str, *, ours: bool) -> None:
    """See that a reminder of ours would reach somebody whose turn it is."""
    if not ours:
        raise EnvelopeNotNowProblem("only who sent it reminds the others")
    _refuse_over(state)
    whose = [each.party.id for each in state.parties if each.has_its_turn]
    if state.status == "draft":
        raise EnvelopeNotNowProblem("it was not sent yet: nobody has been asked to sign")
    if not whose:
        raise EnvelopeNotNowProblem("everybody has signed: there is nobody to remind")
    each = state.party(party)
    if each is None or not each.has_its_turn:
        what = f"there is no party {party[:60]!r}" if each is None else _how(party, each.state)
        raise EnvelopeNotNowProblem(f"{what}; it is the turn of {', '.join(whose)}")


def refuse_withdrawal(state: EnvelopeState, *, ours: bool) -> None:
    """See that we may take it back."""
    if not ours:
        id_ = state.terms.envelope
        raise EnvelopeNotNowProblem(
            "only who sent it withdraws it; one that came to you is declined: `sealgate envelope "
            f"decline {id_} --reason WHY`"
        )
    refuse_signed(state)


def refuse_signed(state: EnvelopeState) -> None:
    """See that it is no contract yet."""
    is_signed = state.status == "signing" and not state.missing
    if is_signed or state.status == "completed":
        raise EnvelopeSignedByAllProblem(f"everybody has signed envelope {state.terms.envelope}")


def _refuse_over(state: EnvelopeState) -> None:
    if state.status in OVER:
        raise EnvelopeNotNowProblem(f"it is {state.status}: nobody signs in it any more")


def _how(party: str, state: str) -> str:
    return f"party {party} waits for others" if state == "waiting" else f"party {party} is {state}"
