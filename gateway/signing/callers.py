"""The caller behind a system's name, as the policies have it now."""

from datetime import datetime

import msgspec

from gateway.seals.in_force import InForce
from gateway.signing.errors import SystemGoneProblem
from policies.model import Caller
from policies.people import caller_of

_PERSON = "person:"


def caller_now(in_force: InForce, name: str, *, at: datetime) -> Caller:
    """A system, or a person (`person:NAME`), with the roles that it has at this moment.

    What waits is decided by the policies of the moment in which it is sealed, not of the one in
    which it came.

    Raises:
        SystemGoneProblem: the policies do not know it.
    """
    bundle = in_force.bundle
    if name.startswith(_PERSON):
        person = bundle.persons.get(name.removeprefix(_PERSON))
        if person is not None:
            return caller_of(bundle, person, at=at)
    elif (system := bundle.systems.get(name)) is not None:
        return Caller(
            system=system.name,
            company=system.company,
            roles=system.roles,
            line=msgspec.UNSET if system.line is None else system.line,
        )
    raise SystemGoneProblem(f"the policies in force know no {name!r}")
