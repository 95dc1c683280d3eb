"""Whether the officers let a connector speak for the system for which IT declared it."""

from collections.abc import Mapping

from gateway.declarations.library import DeclaredConnector
from policies.objects.systems import System


def disagreement(declared: DeclaredConnector, systems: Mapping[str, System]) -> str | None:
    """Why it may not speak for its system, with the cure; None when it may."""
    system = systems.get(declared.system)
    if system is None:
        return (
            f"the connector {declared.name} speaks for `{declared.system}`, and no System is "
            "called so in the policies: add one, or correct `system:`"
        )
    if declared.name not in system.connectors:
        return (
            f"the officers do not let the connector {declared.name} speak for the system "
            f"{system.name}: its policy file must say `connectors: [{declared.name}]`"
        )
    return None
