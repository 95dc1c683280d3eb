"""Whether the officers let a connector speak for a system, and so have what becomes of it."""

from collections.abc import Mapping

from policies.objects.systems import System


def disagreement(connector: str, *, speaks_for: str, systems: Mapping[str, System]) -> str | None:
    """Why it may not speak for its system, with the cure; None when it may."""
    system = systems.get(speaks_for)
    if system is None:
        return (
            f"the connector {connector} speaks for `{speaks_for}`, and no System is "
            "called so in the policies: add one, or correct `system:`"
        )
    if connector not in system.connectors:
        return (
            f"the officers do not let the connector {connector} speak for the system "
            f"{system.name}: add `{connector}` to `connectors:` in its policy file"
        )
    return None
