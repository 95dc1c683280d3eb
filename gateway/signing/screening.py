"""Step 2: refuse cheaply, before any parsing, what no document could make right."""

from datetime import datetime

from gateway.seals.in_force import InForce
from gateway.seals.model import SealMaterial
from policies.interfaces import Case
from policies.model import Denied, Reason, SealRequest
from policies.reasons import CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID


def screen(in_force: InForce, request: SealRequest, case: Case, *, at: datetime) -> Denied | None:
    """The policies' own screening, and whether the seal can be used at this moment.

    The seal comes first: whether it exists, is active or has run out decides what the caller is
    told, and each has a problem type of its own.
    """
    declared = in_force.bundle.seals.get(request.seal)
    if declared is not None and declared.state == "active":
        against = _against_the_certificate(in_force.seals[request.seal], at)
        if against is not None:
            return Denied(bundle=in_force.bundle.digest, reasons=(against,))
    return case.screen(at=at)


def _against_the_certificate(seal: SealMaterial, at: datetime) -> Reason | None:
    if at < seal.not_before:
        return Reason(
            rule=CERTIFICATE_NOT_YET_VALID,
            message=f"the certificate of seal {seal.id!r} is valid from "
            f"{seal.not_before:%Y-%m-%d %H:%M} UTC",
        )
    if at >= seal.not_after:
        return Reason(
            rule=CERTIFICATE_EXPIRED,
            message=f"the certificate of seal {seal.id!r} expired on "
            f"{seal.not_after:%Y-%m-%d %H:%M} UTC",
        )
    return None
