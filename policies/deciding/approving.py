"""Which stages of an approval are still open, given what people have said."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain

import msgspec

from policies.model import GivenApproval, SealRequest, Stage
from policies.names import person
from policies.objects.rules import Approvals


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far an approval has come.

    Attributes:
        outstanding: the stages that are not complete, each with how many are still missing.
        counted: ids of the approvals that count, in the order in which they were given.
    """

    outstanding: tuple[Stage, ...]
    counted: tuple[str, ...]


def standing(
    approvals: Approvals,
    given: Iterable[GivenApproval],
    *,
    request: SealRequest,
    at: datetime,
) -> Standing:
    """Let every approval count once, and nobody's twice.

    Who asked, and the person for whom a system asks, never count. Whoever holds the roles of
    several stages counts where it helps the most.
    """
    valid = _valid(approvals, given, requesters=requesters_of(request), at=at)
    counted = (
        _in_order(approvals.stages, valid)
        if approvals.in_order
        else _side_by_side(approvals.stages, valid)
    )
    missing = (
        msgspec.structs.replace(stage, count=stage.count - len(those))
        for stage, those in zip(approvals.stages, counted, strict=True)
    )
    ids = {each.id for each in chain.from_iterable(counted)}
    return Standing(
        outstanding=tuple(stage for stage in missing if stage.count > 0),
        counted=tuple(each.id for each in valid if each.id in ids),
    )


def requesters_of(request: SealRequest) -> frozenset[str]:
    """The persons who asked, as they were named."""
    named = (request.caller.person, request.requested_by)
    return frozenset(name for name in named if not isinstance(name, msgspec.UnsetType))


def _valid(
    approvals: Approvals,
    given: Iterable[GivenApproval],
    *,
    requesters: frozenset[str],
    at: datetime,
) -> list[GivenApproval]:
    lifetime = timedelta(seconds=approvals.expires_seconds)
    # OA systems and callers spell people in their own way, and each is one all the same.
    asking = frozenset(map(person, requesters))
    last: dict[str, GivenApproval] = {}
    for each in sorted(given, key=lambda approval: (approval.given_at, approval.id)):
        is_live = each.given_at <= at < min(each.expires_at, each.given_at + lifetime)
        who = person(each.subject)
        if is_live and who not in asking:
            last[who] = each
    return sorted(last.values(), key=lambda approval: (approval.given_at, approval.id))


def _in_order(stages: Sequence[Stage], valid: Iterable[GivenApproval]) -> list[list[GivenApproval]]:
    # What was given before its stage began does not count for it: whoever approves second must
    # have been able to see that the first did.
    counted: list[list[GivenApproval]] = [[] for _ in stages]
    now = 0
    for each in valid:
        if now < len(stages) and not stages[now].roles.isdisjoint(each.roles):
            counted[now].append(each)
            now += len(counted[now]) == stages[now].count
    return counted


def _side_by_side(
    stages: Sequence[Stage], valid: Iterable[GivenApproval]
) -> list[list[GivenApproval]]:
    # Kuhn's augmenting paths: whoever comes later may move somebody to another stage.
    counted: list[list[GivenApproval]] = [[] for _ in stages]

    def place(each: GivenApproval, tried: set[int]) -> bool:
        for number, stage in enumerate(stages):
            if number in tried or stage.roles.isdisjoint(each.roles):
                continue
            tried.add(number)
            if len(counted[number]) < stage.count:
                counted[number].append(each)
                return True
            for other in counted[number]:
                if place(other, tried):
                    counted[number].remove(other)
                    counted[number].append(each)
                    return True
        return False

    for each in valid:
        place(each, set())
    return counted
