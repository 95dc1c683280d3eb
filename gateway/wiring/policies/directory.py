"""How policies come into force while the gateway serves: read, recorded, swapped in one assignment.

Two ways, of which a configuration names one: a directory of YAML, which is here, or bundle files
that officers have signed (`bundle_policies`).
"""

from pathlib import Path
from typing import Any, Protocol, Self

import structlog

from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.clock import Clock
from gateway.http.in_force import PolicyStanding
from gateway.seals.in_force import InForce, PolicySource, bring_into_force
from gateway.seals.letting_go import Outgoing
from gateway.wiring.policies.thread import PolicyThread
from hsm.interfaces import Signer

_log = structlog.get_logger("policies")

_UNSIGNED = (
    "whoever may write there decides what is sealed: for development; in earnest let officers "
    "sign bundles (policies.bundles)"
)


class Policies(Protocol):
    """What is in force, and how it changes."""

    @property
    def current(self) -> InForce:
        """What decides now."""
        ...

    @property
    def refused(self) -> str | None:
        """What was found and does not come into force, and why."""
        ...

    @property
    def place(self) -> Path | None:
        """The directory or bundle file with what decides now; None while nothing does."""
        ...

    async def refresh(self) -> bool:
        """Look for something new and bring it into force; whether there was something."""
        ...

    def not_refreshed(self, error: Exception) -> None:
        """The last look failed; what was in force stays, and this says so until one succeeds."""
        ...

    async def prove(self) -> None:
        """Raise, with a sentence that says why, while nothing was ever in force."""
        ...

    def standing(self) -> PolicyStanding:
        """What decides, since when, and what was refused."""
        ...

    def told(self) -> dict[str, Any]:
        """What readiness says of it."""
        ...

    def recorded(self) -> dict[str, Any]:
        """What a record says of it."""
        ...


def look_failed(error: Exception) -> str:
    """Log it; gives the sentence that says so until a look succeeds."""
    _log.error("policies_not_refreshed", error=str(error), kind=type(error).__name__)
    return f"the policies could not be read or recorded: {error}"


class DirectoryPolicies:
    """YAML in a directory; implements `Policies`."""

    def __init__(
        self, source: PolicySource, *, directory: Path, audit: AuditLog, clock: Clock
    ) -> None:
        self._source = source
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._outgoing = Outgoing()
        self._thread = PolicyThread()
        self._since = clock.now()
        self.failed: str | None = None

    @classmethod
    def of(cls, directory: Path, *, signer: Signer, audit: AuditLog, clock: Clock) -> Self:
        """With what the directory says now.

        Raises:
            MistakesError: the YAML is wrong.
            SealMaterialError: a seal's files or key cannot be used.
        """
        first = bring_into_force(directory, keys=signer.keys)
        source = PolicySource(directory, keys=lambda: signer.keys, first=first)
        _log.warning("policies_unsigned", directory=str(directory), cure=_UNSIGNED)
        return cls(source, directory=directory, audit=audit, clock=clock)

    @property
    def current(self) -> InForce:
        """See `Policies`."""
        return self._source.current

    @property
    def refused(self) -> str | None:
        """See `Policies`."""
        return self._source.refused or self.failed

    @property
    def place(self) -> Path | None:
        """See `Policies`."""
        return self._directory

    async def refresh(self) -> bool:
        """See `Policies`."""
        monotonic = self._clock.monotonic()
        await self._thread.run(lambda: self._outgoing.let_go(now=monotonic))
        found = await self._thread.run(self._source.look)
        self.failed = None
        if found is None:
            return False
        content = {"previous_bundle": self.current.bundle.digest, **_with_seals(found)}
        now = self._clock.now()
        await self._audit.record(Record(kind="policy", at=now, content=content))
        self._outgoing.add(self.current, now=self._clock.monotonic())
        self._source.put_in_force(found)
        self._since = now
        return True

    def not_refreshed(self, error: Exception) -> None:
        """See `Policies`."""
        self.failed = look_failed(error)

    async def prove(self) -> None:
        """See `Policies`: a directory is always in force."""

    def standing(self) -> PolicyStanding:
        """See `Policies`; `since` is when this gateway read it."""
        return PolicyStanding(
            source="directory",
            bundle=self.current.bundle.digest,
            since=self._since,
            failed=self.refused,
        )

    def told(self) -> dict[str, Any]:
        """See `Policies`."""
        return {}

    def recorded(self) -> dict[str, Any]:
        """See `Policies`."""
        return _with_seals(self.current)


def _with_seals(in_force: InForce) -> dict[str, Any]:
    return {
        "bundle": in_force.bundle.digest,
        "seals": {
            seal.id: {"key": seal.key, "mechanism": seal.mechanism, "material": seal.fingerprint}
            for seal in in_force.seals.values()
        },
    }
