"""What may be meant otherwise in a bundle without mistakes, told before it decides anything.

Unreachable and conflicting rules, seals that nobody can use, seals that anybody can use,
authorisations that have run out. What is told is certain, as far as it goes: a condition that only
somebody who thinks can see to be false is not found.
"""

from datetime import datetime

from policies.bundle import Bundle
from policies.foresight.attributes import attribute_notes
from policies.foresight.grants import grant_notes
from policies.foresight.notes import Note
from policies.foresight.reach import Reach
from policies.foresight.rules import rule_notes
from policies.foresight.seals import seal_notes


def notes(bundle: Bundle, *, at: datetime) -> tuple[Note, ...]:
    """Everything that is noticed: warnings first, then by object and place.

    Args:
        bundle: without mistakes.
        at: the moment for which it is asked who holds which post and what has run out.
    """
    reach = Reach(bundle, at=at)
    found = (
        *rule_notes(reach),
        *seal_notes(reach),
        *grant_notes(bundle, at=at),
        *attribute_notes(bundle),
    )
    return tuple(sorted(found, key=_order))


def _order(note: Note) -> tuple[str | bool, ...]:
    path = tuple(f"{step:06}" if isinstance(step, int) else step for step in note.path)
    return (note.level != "warning", note.kind, note.name, "/".join(path), note.code)
