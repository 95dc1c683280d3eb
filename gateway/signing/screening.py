"""Step 2: refuse cheaply, before any parsing, what no document could make right."""

from datetime import datetime

from gateway.seals.in_force import InForce
from policies.interfaces import Case
from policies.model import Denied, Reason, SealRequest


def screen(in_force: InForce, request: SealRequest, case: Case, *, at: datetime) -> Denied | None:
    """The policies' own screening, and whether the seal can be used at this moment.

    The seal comes first: whether it exists, is frozen or has run out decides what the caller is
    told, and each has a problem type of its own.
    """
    against = _against_the_seal(in_force, request, at)
    if against is not None:
        return Denied(bundle=in_force.bundle.digest, reasons=(against,))
    return case.screen(at=at)


def _against_the_seal(in_force: InForce, request: SealRequest, at: datetime) -> Reason | None:
    declared = in_force.bundle.seals.get(request.seal)
    if declared is None:
        return Reason(rule="seal-unknown", message=f"no seal is called {request.seal!r}")
    if declared.state == "frozen":
        why = declared.frozen_reason or "no reason is given"
        return Reason(rule="seal-frozen", message=f"seal {request.seal!r} is frozen: {why}")
    seal = in_force.seals[request.seal]
    if at < seal.not_before:
        return Reason(
            rule="certificate-not-yet-valid",
            message=f"the certificate of seal {seal.id!r} is valid from "
            f"{seal.not_before:%Y-%m-%d %H:%M} UTC",
        )
    if at >= seal.not_after:
        return Reason(
            rule="certificate-expired",
            message=f"the certificate of seal {seal.id!r} expired on "
            f"{seal.not_after:%Y-%m-%d %H:%M} UTC",
        )
    return None
