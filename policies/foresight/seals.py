"""Seals that nobody can use, and seals that anybody can."""

from collections.abc import Iterator

from policies.conditions.implications import always
from policies.deciding.named_rules import NamedRule
from policies.deciding.rules import Covering
from policies.foresight.notes import Note, listed
from policies.foresight.reach import Audience, Reach
from policies.objects.rules import Limits, PermitRule
from policies.objects.seals import Seal


def seal_notes(reach: Reach) -> Iterator[Note]:
    """One note a seal at most."""
    hoping: dict[str, set[str]] = {name: set() for name in reach.bundle.seals}
    named: dict[str, set[str]] = {name: set() for name in reach.bundle.seals}
    open_by: dict[str, tuple[str, str]] = {}
    for covering, pairs in reach.groups():
        left = frozenset[str]().union(*(reach.left(each, covering) for each in covering.permits))
        opened = _opened(reach, covering)
        for seal, document_type in pairs:
            hoping[seal] |= left
            named[seal].update(each.name for each in covering.permits)
            if opened is not None:
                open_by.setdefault(seal, (opened, document_type))
    for name, each in reach.bundle.seals.items():
        if each.state != "active":
            yield from _not_active(each, named[name])
        elif not hoping[name]:
            yield _for_nobody(each, named[name])
        elif name in open_by:
            yield _for_anybody(each, *open_by[name])


def _opened(reach: Reach, covering: Covering) -> str | None:
    """A permit that lets everybody of a company in, or every system, and asks nothing more."""
    for named in covering.permits:
        rule = named.rule
        asks = rule.approvals is not None or rule.limits != Limits() or not always(rule.when)
        if not asks and _is_everybody(reach, named, reach.left(named, covering)):
            return named.name
    return None


def _is_everybody(reach: Reach, named: NamedRule[PermitRule], left: Audience) -> bool:
    rule = named.rule
    if not left:
        return False
    if rule.companies and not (rule.systems or rule.roles or rule.posts):
        return True
    systems = reach.bundle.systems.keys()
    return len(systems) > 1 and left >= systems


def _not_active(seal: Seal, permits: set[str]) -> Iterator[Note]:
    if permits:
        yield Note(
            level="note",
            code="seal-not-active",
            kind="Seal",
            name=seal.name,
            path=("spec", "state"),
            message=f"the seal is {seal.state}, so {listed(permits)} permit nothing with it",
            cure="nothing, if that is meant; else make it active",
        )


def _for_nobody(seal: Seal, permits: set[str]) -> Note:
    why = (
        f"{listed(permits)} speak of it, and let nobody through"
        if permits
        else "no permit speaks of it"
    )
    return Note(
        level="warning",
        code="seal-for-nobody",
        kind="Seal",
        name=seal.name,
        path=("metadata", "name"),
        message=f"nobody can use the seal: {why}",
        cure="permit it to somebody, or say that it is retired",
    )


def _for_anybody(seal: Seal, permit: str, document_type: str) -> Note:
    return Note(
        level="warning",
        code="seal-for-anybody",
        kind="Seal",
        name=seal.name,
        path=("metadata", "name"),
        message=f"anybody can use the seal on {document_type}: {permit} names no system, role or "
        "post of its own, and has neither condition nor limit nor approval",
        cure="name who it is for, or give the rule a condition, limits or approvals",
    )
