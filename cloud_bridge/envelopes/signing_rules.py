"""What a `Signed` must hold: a revision of every document, the party's own fields, as asked."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from cloud_bridge.envelopes.model import EnvelopeState, PartyState
from cloud_bridge.envelopes.statements import Received, Revision, Signed
from cloud_bridge.envelopes.terms import is_digest, is_in_the_calendar
from cloud_bridge.model import PartyField

LONGEST_TEXT: Final = 4000
"""Characters of a value or a remark."""
MOST_ATTACHMENTS: Final = 50

Wrong = tuple[str, str]
"""The word that stays, and the words for people."""


def wrong_with(state: EnvelopeState, each: PartyState, act: Signed) -> Iterator[Wrong]:
    """Everything for which the envelope does not take the signature, worst first."""
    yield from _revisions(state, act)
    yield from _values(each, act)
    yield from _how(each, act)
    yield from _beside(state, each, act)


def _revisions(state: EnvelopeState, act: Signed) -> Iterator[Wrong]:
    if sorted(each.document for each in act.revisions) != sorted(state.current):
        yield "revisions", "it has not exactly one revision of each document of the envelope"
        return
    for each in act.revisions:
        yield from _revision(state, each)


def _revision(state: EnvelopeState, revision: Revision) -> Iterator[Wrong]:
    name = revision.document
    if revision.base != state.current[name]:
        newest = state.current[name][:16]
        words = f"{name} was signed upon {revision.base[:16]}…, but {newest}… is the newest: fetch"
        yield "other-base", f"{words} and sign that"
    if not is_digest(revision.digest) or revision.digest == revision.base:
        yield "revisions", f"the digest of {name} is none, or that of what was signed upon"
    if revision.size <= state.size(name):
        yield "revisions", f"{name} did not grow, but a signature only ever adds to it"
    if not revision.container or not revision.field:
        yield "revisions", f"the revision of {name} has no signature container or no field"
    if any(revision.field == before.field for before in state.revisions[name]):
        yield "revisions", f"field {revision.field} of {name} was signed before"


def _values(each: PartyState, act: Signed) -> Iterator[Wrong]:
    own = {field.name: field for field in each.party.fields if field.kind != "signature"}
    for name, value in act.values.items():
        if name not in own:
            yield "others-field", f"party {each.party.id} has no field {name} to fill in"
        elif value and not _fits(own[name], value):
            yield "value", f"what stands in {name} is no {own[name].kind}, or too long"
    if each.party.kind != "organisation":
        for name, field in own.items():
            empty = "false" if field.kind == "checkbox" else ""
            if field.required and act.values.get(name, "").strip() in {"", empty}:
                yield "left-empty", f"field {name} may not be left empty"


def _fits(field: PartyField, value: str) -> bool:
    if len(value) > LONGEST_TEXT:
        return False
    match field.kind:
        case "choice":
            return value in field.choices
        case "checkbox":
            return value in {"true", "false"}
        case "number":
            return _is_number(value)
        case "date":
            return _is_date(value)
        case "text" | "signature":
            return True


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _how(each: PartyState, act: Signed) -> Iterator[Wrong]:
    party = each.party
    if party.kind == "organisation":
        if act.handwritten:
            yield "handwriting", "an organisation seals, it does not write by hand"
        return
    if party.handwriting == "required" and not act.handwritten:
        yield "handwriting", f"party {party.id} must sign by hand"
    if party.handwriting == "forbidden" and act.handwritten:
        yield "handwriting", f"party {party.id} must not sign by hand"
    if act.read_seconds < party.reading_seconds:
        words = f"party {party.id} must read for {party.reading_seconds} seconds"
        yield "not-read", f"{words} and read for {act.read_seconds}"
    if party.level != "none" and not act.method:
        yield "unchecked", f"it is not told how party {party.id} was checked"


def _beside(state: EnvelopeState, each: PartyState, act: Signed) -> Iterator[Wrong]:
    if act.late and act.acted_at is None:
        yield "moment", "it is late, but it is not told when it was done"
    if act.acted_at is not None:
        if _has_no_zone(act.acted_at):
            yield "moment", "the moment at which it was done has no time zone"
        elif not is_in_the_calendar(act.acted_at):
            yield "moment", "the moment at which it was done is beyond the calendar"
    if len(act.remark) > LONGEST_TEXT or len(act.attachments) > MOST_ATTACHMENTS:
        yield "too-much", "its remark is too long, or too much is attached"
    if any(not is_digest(one.digest) or one.size < 1 for one in act.attachments):
        yield "attachments", "an attachment has no digest or no size"
    delivery = state.terms.delivery
    if act.goods and (delivery is None or each.party.kind == "organisation"):
        yield "goods", "only who receives goods tells of them, and the terms tell of a delivery"
    elif delivery is not None and not _counted(act.goods, len(delivery.lines)):
        yield "goods", "it tells of a line twice, of none of the receipt, or counts below zero"


def _counted(goods: tuple[Received, ...], lines: int) -> bool:
    return len({each.line for each in goods}) == len(goods) and all(
        0 <= each.line < lines
        and min(each.received, each.short, each.damaged) >= 0
        and each.damaged <= each.received
        for each in goods
    )


def _has_no_zone(moment: datetime) -> bool:
    return moment.tzinfo is None
