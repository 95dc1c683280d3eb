"""Whether a caller may do what it asks for: its roles' powers, and the matrix of powers."""

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
        raise NotYoursProblem(
            f"{caller.system!r} has the power {' and '.join(sorted(powers))}, which does not "
            f"include {action!r}"
        )


def powers_of(caller: Caller, in_force: InForce) -> frozenset[Power]:
    """The powers of the roles that it holds.

    Who holds none is a system that rules name itself, or its company: it uses seals.
    """
    roles = in_force.bundle.roles
    held = frozenset(roles[role].power for role in caller.roles)
    return held or frozenset[Power]({"seal-user"})
