"""Whether a caller may do what it asks for: its roles' powers, and the matrix of powers."""

import msgspec

from gateway.http.errors import NotYoursProblem
from gateway.seals.in_force import InForce
from policies.model import Caller
from policies.powers import Action, Power, may


def require(caller: Caller, action: Action, in_force: InForce) -> None:
    """Let it pass.

    Raises:
        NotYoursProblem: no power of the caller does this.
    """
    powers = powers_of(caller, in_force)
    if not may(powers, action):
        held = " and ".join(sorted(powers)) or "of no role"
        raise NotYoursProblem(
            f"{caller.system!r} has the power {held}, which does not include {action!r}"
        )


def powers_of(caller: Caller, in_force: InForce) -> frozenset[Power]:
    """The powers of the roles that it holds.

    A system that holds none is one that rules name itself, or its company: it uses seals. A person
    without a post has no power any more.
    """
    roles = in_force.bundle.roles
    held = frozenset(roles[role].power for role in caller.roles)
    if held or not isinstance(caller.person, msgspec.UnsetType):
        return held
    return frozenset[Power]({"seal-user"})
