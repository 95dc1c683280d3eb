"""授权书: whether automatic sealing is authorised, by a grant that is in force for this request."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import msgspec

from policies.bundle import Bundle
from policies.calendar import office_day
from policies.model import Reason, SealRequest
from policies.objects.seals import Seal, SealGrant
from policies.reasons import GRANT


class Grants:
    """The grants of a bundle, found by seal."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._by_seal: dict[str, list[SealGrant]] = {}
        for name in sorted(bundle.grants):
            for seal in bundle.grants[name].seals:
                self._by_seal.setdefault(seal, []).append(bundle.grants[name])

    def is_needed(self, request: SealRequest) -> bool:
        """Whether a system must show a grant when nobody approves; people never need one."""
        governance, caller = self._bundle.governance, request.caller
        if governance is None or not isinstance(caller.person, msgspec.UnsetType):
            return False
        seal = self._bundle.seals[request.seal]
        return governance.automatic_sealing == "granted" or seal.company != caller.company

    def live(self, request: SealRequest, *, at: datetime) -> SealGrant | Reason:
        """The first grant by name that is in force for the request, or why there is none."""
        seal = self._bundle.seals[request.seal]
        told = []
        for grant in self._by_seal.get(seal.name, ()):
            fault = self._fault(grant, request, seal, at)
            if fault is None:
                return grant
            told.append(fault)
        message = f"{request.caller.system} has no authorisation to use {seal.name} automatically"
        why = "; ".join(told) or "no grant names the seal"
        return Reason(rule=GRANT, message=f"{message}: {why}")

    def _fault(
        self, grant: SealGrant, request: SealRequest, seal: Seal, at: datetime
    ) -> str | None:
        if not _is_for(grant, request):
            return f"the grant {grant.name} is for {grant.grantee_kind} {grant.grantee}"
        chain = tuple(self._upwards(grant))
        for depth, each in enumerate(chain):
            fault = _own_fault(each, request, at)
            if fault is None and depth > each.sub_delegation:
                fault = f"permits {each.sub_delegation} further grants below it, not {depth}"
            if fault is not None:
                return f"the grant {each.name} {fault}"
        return _broken_link(chain, seal)

    def _upwards(self, grant: SealGrant) -> Iterator[SealGrant]:
        """The grant and those that it hangs below; the last has a parent only if it is broken."""
        seen: set[str] = set()
        found: SealGrant | None = grant
        while found is not None and found.name not in seen:
            yield found
            seen.add(found.name)
            found = None if found.under is None else self._bundle.grants.get(found.under)


def _is_for(grant: SealGrant, request: SealRequest) -> bool:
    match grant.grantee_kind:
        case "system":
            return request.caller.system == grant.grantee
        case "company":
            return request.caller.company == grant.grantee
        case "post":
            return grant.grantee in request.caller.held_posts


def _own_fault(grant: SealGrant, request: SealRequest, at: datetime) -> str | None:
    """What speaks against one grant, whatever it hangs below."""
    day = office_day(at)
    if grant.revoked_at is not None and grant.revoked_at <= at:
        return f"was revoked: {grant.revoked_reason or 'no reason is given'}"
    if day < grant.valid_from:
        return f"is valid from {grant.valid_from}"
    if day > grant.valid_until:
        return f"was valid until {grant.valid_until}"
    if request.seal not in grant.seals:
        return f"does not name the seal {request.seal}"
    if request.document_type not in grant.document_types:
        return f"is not for the document type {request.document_type}"
    return _amount_fault(grant, request)


def _amount_fault(grant: SealGrant, request: SealRequest) -> str | None:
    if grant.amount is None:
        return None
    attribute, maximum = grant.amount.attribute, grant.amount.maximum
    value = request.attributes.get(attribute)
    if not isinstance(value, int) or isinstance(value, bool):
        return f"is up to {maximum}, and the request does not say `{attribute}`"
    if value < 0:
        # Below every cap, and yet a credit of a million is no small thing.
        return f"is for amounts from 0, and `{attribute}` is {value}"
    return f"is up to {maximum}, and `{attribute}` is {value}" if value > maximum else None


def _broken_link(chain: tuple[SealGrant, ...], seal: Seal) -> str | None:
    """Whether each was given by who may: the seal's company on top, a grantee below it."""
    for below, above in pairwise(chain):
        if (above.grantee_kind, above.grantee) != ("company", below.grantor):
            return f"the grant {below.name} is not by the grantee of {above.name}"
    top = chain[-1]
    if top.under is not None:
        return f"the grant {top.name} hangs below {top.under}, which leads nowhere"
    if top.grantor != seal.company:
        return f"the grant {top.name} is by {top.grantor}, but the seal belongs to {seal.company}"
    return None
