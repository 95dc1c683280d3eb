"""What may become of things that are signed: a seal's life, and grants that never grow.

A bundle by itself says how things are; only beside the one before it shows that a retired seal has
come back, or that a grant reaches further than the document that its grantor signed.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from policies.bundle import Bundle
from policies.calendar import OFFICE_ZONE
from policies.objects.group import RetiredNames
from policies.objects.seals import Amount, Seal, SealGrant, SealState

NEXT_STATES: Final[Mapping[SealState, frozenset[SealState]]] = {
    "draft": frozenset({"active"}),
    "active": frozenset({"frozen"}),
    "frozen": frozenset({"active", "retired"}),
    "retired": frozenset(),
}
"""draft → active ⇄ frozen → retired: where a seal may go from each state, besides staying."""

_REMOVABLE: Final[frozenset[SealState]] = frozenset({"draft", "retired"})


def transition_mistakes(old: Bundle, new: Bundle, *, at: datetime) -> tuple[str, ...]:
    """Why `new` cannot follow `old`: a sentence each, with what to do; empty when it can.

    What is removed leaves its name behind, in the bundle: a node that has seen nothing of the
    bundles in between knows it, too.

    Args:
        old: what is in force.
        new: what shall come into force after it.
        at: now.
    """
    return (
        *_seal_mistakes(old, new),
        *_grant_mistakes(old, new, today=at.astimezone(OFFICE_ZONE).date()),
        *_name_mistakes(old, new),
    )


def _name_mistakes(old: Bundle, new: Bundle) -> Iterator[str]:
    before, after = _retired(old), _retired(new)
    for word, had, has, present in (
        ("seals", before.seals, after.seals, new.seals),
        ("grants", before.grants, after.grants, new.grants),
    ):
        for name in sorted({*had} - {*has}):
            yield f"{name} is no more among the retiredNames of {word}: write it there again"
        for name in sorted(present.keys() & {*has}):
            yield f"{name} is among the retiredNames of {word}: give the new one another name"


def _retired(bundle: Bundle) -> RetiredNames:
    governance = bundle.governance
    return RetiredNames() if governance is None else governance.retired_names


def _seal_mistakes(old: Bundle, new: Bundle) -> Iterator[str]:
    for name, seal in old.seals.items():
        after = new.seals.get(name)
        if after is None:
            if seal.state not in _REMOVABLE:
                yield (
                    f"the seal {name} is {seal.state} and is gone: only a seal that is draft or "
                    "retired may be removed; freeze and retire it first"
                )
            elif seal.state == "retired" and name not in _retired(new).seals:
                yield (
                    f"the seal {name} is retired and is gone, and its name could come back: write "
                    "it into retiredNames.seals of the Governance"
                )
        elif after.state != seal.state and after.state not in NEXT_STATES[seal.state]:
            yield (
                f"the seal {name} cannot become {after.state}: it is {seal.state}, and from there "
                f"{_told(seal.state)}"
            )
        elif after.state != "draft":
            yield from _another_seal(seal, after)


def _told(state: SealState) -> str:
    after = sorted(NEXT_STATES[state])
    if not after:
        return "a seal goes nowhere; give a new seal another name"
    return f"a seal becomes {' or '.join(after)}; take one step a bundle"


def _another_seal(old: Seal, new: Seal) -> Iterator[str]:
    if old.state == "draft":
        return
    for word, before, after in (
        ("company", old.company, new.company),
        ("type", old.type, new.type),
    ):
        if before != after:
            yield (
                f"the seal {old.name} has the {word} {after}, and had {before}: what was sealed "
                "with it would change its meaning; give a new seal another name"
            )


def _grant_mistakes(old: Bundle, new: Bundle, *, today: date) -> Iterator[str]:
    for name, grant in old.grants.items():
        after = new.grants.get(name)
        if after is None:
            if today <= grant.valid_until and name not in _retired(new).grants:
                yield (
                    f"the grant {name} is gone before {grant.valid_until}, its last day, and could "
                    "come back wider: write its name into retiredNames.grants of the Governance"
                )
        else:
            for what in _widened(grant, after):
                yield (
                    f"the grant {name} {what}: a grant that is in force is only narrowed or "
                    "revoked; write a new one, with another name, and have it signed"
                )


def _widened(old: SealGrant, new: SealGrant) -> Iterator[str]:
    if (old.grantor, old.grantee_kind, old.grantee) != (
        new.grantor,
        new.grantee_kind,
        new.grantee,
    ):
        yield f"is from {new.grantor} to {new.grantee}, and was from {old.grantor} to {old.grantee}"
    for word, had, has in (
        ("seals", old.seals, new.seals),
        ("document types", old.document_types, new.document_types),
    ):
        more = sorted({*has} - {*had})
        if more:
            yield f"has further {word}: {', '.join(more)}"
    if not _is_within(new.amount, old.amount):
        yield "goes up to a larger amount"
    if new.valid_from < old.valid_from or new.valid_until > old.valid_until:
        yield (
            f"is valid from {new.valid_from} until {new.valid_until}, and was from "
            f"{old.valid_from} until {old.valid_until}"
        )
    if new.sub_delegation > old.sub_delegation:
        yield f"may be handed on {new.sub_delegation} times, and was {old.sub_delegation}"
    if old.under != new.under:
        yield f"hangs below {new.under or 'nothing'}, and hung below {old.under or 'nothing'}"
    if old.document_digest is not None and new.document_digest != old.document_digest:
        yield "names another document"
    if old.revoked_at is not None and (new.revoked_at is None or new.revoked_at > old.revoked_at):
        yield f"was revoked at {old.revoked_at.isoformat()}, and is so no more, or later"


def _is_within(new: Amount | None, old: Amount | None) -> bool:
    if old is None:
        return True
    return new is not None and new.attribute == old.attribute and new.maximum <= old.maximum
