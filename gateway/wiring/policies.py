"""How policies come into force while the gateway serves: read, recorded, swapped in one assignment.

Two ways, of which a configuration names one: a directory of YAML, or bundle files that officers
have signed. A bundle is copied to the state directory, then its `policy` record and its row become
durable together, then it is swapped in. A stop at any point leaves the old one or the new one, and
the next start finds what is recorded.
"""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, Self

import structlog

from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.bundles.copies import BundleCopies
from gateway.clock import Clock
from gateway.config import Config
from gateway.seals.bundle_source import (
    BundleSource,
    Candidate,
    LastGood,
    Refusal,
    last_good,
)
from gateway.seals.in_force import InForce, PolicySource, bring_into_force
from gateway.store.activations import Activation, activated_manifests, keep_activation
from gateway.store.lane import Transaction, WriterLane
from hsm.client import SignerClient

_log = structlog.get_logger("policies")

_UNSIGNED = (
    "whoever may write there decides what is sealed: for development; in earnest let officers "
    "sign bundles (policies.bundles)"
)


class Policies(Protocol):
    """What is in force, and how it changes.

    Attributes:
        failed: why the last look failed, if it did; set by whoever calls `refresh`.
    """

    failed: str | None

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

    async def prove(self) -> None:
        """Raise, with a sentence that says why, while nothing was ever in force."""
        ...

    def told(self) -> dict[str, Any]:
        """What readiness says of it."""
        ...

    def recorded(self) -> dict[str, Any]:
        """What a record says of it."""
        ...


class DirectoryPolicies:
    """YAML in a directory; implements `Policies`."""

    def __init__(
        self, source: PolicySource, *, directory: Path, audit: AuditLog, clock: Clock
    ) -> None:
        self._source = source
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self.failed: str | None = None

    @classmethod
    def of(cls, directory: Path, *, signer: SignerClient, audit: AuditLog, clock: Clock) -> Self:
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
        found = await asyncio.to_thread(self._source.look)
        self.failed = None
        if found is None:
            return False
        content = {"previous_bundle": self.current.bundle.digest, **_with_seals(found)}
        await self._audit.record(Record(kind="policy", at=self._clock.now(), content=content))
        self._source.put_in_force(found)
        return True

    async def prove(self) -> None:
        """See `Policies`: a directory is always in force."""

    def told(self) -> dict[str, Any]:
        """See `Policies`."""
        return {}

    def recorded(self) -> dict[str, Any]:
        """See `Policies`."""
        return _with_seals(self.current)


class BundlePolicies:
    """Bundle files that officers have signed; implements `Policies`."""

    def __init__(
        self,
        source: BundleSource,
        *,
        copies: BundleCopies,
        lane: WriterLane,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._source = source
        self._copies = copies
        self._lane = lane
        self._audit = audit
        self._clock = clock
        self.failed: str | None = None

    @classmethod
    async def of(
        cls,
        config: Config,
        *,
        signer: SignerClient,
        lane: WriterLane,
        audit: AuditLog,
        clock: Clock,
    ) -> Self:
        """With what was in force last, and what may follow it already.

        Raises:
            SealMaterialError: a seal's key is gone.
        """
        copies = BundleCopies(config.bundle_copies)
        keys = lambda: signer.keys  # noqa: E731 - as for the directory
        manifests = await lane.write(lambda unit: activated_manifests(unit.connection))
        first = last_good(manifests, copies=copies)
        source = _bundle_source(config, keys=keys, first=first)
        made = cls(source, copies=copies, lane=lane, audit=audit, clock=clock)
        await made._refuse(first.refusals)
        while await made.refresh():
            pass
        return made

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
        standing = self._source.standing
        return None if standing is None else self._copies.path_of(standing.manifest)

    async def refresh(self) -> bool:
        """See `Policies`."""
        look = await asyncio.to_thread(self._source.look)
        await self._refuse(look.refusals)
        self._source.settle(look)
        self.failed = None
        if look.found is None:
            return False
        await self._activate(look.found)
        return True

    async def prove(self) -> None:
        """See `Policies`."""
        if self._source.standing is None:
            raise LookupError(
                "no bundle of policies was ever in force, so everything is denied: put one that "
                "the officers have signed into policies.bundles (sealgate policy activate)"
            )

    def told(self) -> dict[str, Any]:
        """See `Policies`."""
        standing = self._source.standing
        sequence = None if standing is None else standing.manifest.sequence
        told = {"bundle": self.current.bundle.digest, "sequence": sequence}
        return {"policies": {**told, "refused": self.refused is not None}}

    def recorded(self) -> dict[str, Any]:
        """See `Policies`."""
        standing = self._source.standing
        sequence = {} if standing is None else {"sequence": standing.manifest.sequence}
        return {**_with_seal_count(self.current), **sequence}

    async def _activate(self, found: Candidate) -> None:
        await asyncio.to_thread(self._copies.keep, found.data, found.manifest)
        await self._lane.write(lambda unit: self._write(unit, found))
        self._source.put_in_force(found)
        _log.info(
            "policies_in_force",
            bundle=found.manifest.content,
            sequence=found.manifest.sequence,
            signed_by=found.signed_by,
        )

    def _write(self, unit: Transaction, found: Candidate) -> None:
        """The record and the row, in one transaction."""
        manifest, now = found.manifest, self._clock.now()
        content = {
            "previous_bundle": self.current.bundle.digest,
            **_with_seal_count(found.in_force),
            "sequence": manifest.sequence,
            "signed_by": found.signed_by,
            **({"rollback": True} if manifest.rollback else {}),
        }
        index = self._audit.append(unit, Record(kind="policy", at=now, content=content))
        kept = Activation(
            sequence=manifest.sequence,
            digest=manifest.content,
            manifest=found.sealed.statement,
            at=now,
            audit_index=index,
        )
        keep_activation(unit, kept)

    async def _refuse(self, refusals: tuple[Refusal, ...]) -> None:
        for each in refusals:
            content: dict[str, Any] = {
                "file": each.file,
                "digest": each.digest,
                "why": each.why[:_MOST_WORDS],
            }
            if each.sequence is not None:
                content["sequence"] = each.sequence
            await self._audit.record(Record(kind="refused", at=self._clock.now(), content=content))
            _log.error(
                "policies_refused",
                still_in_force=self.current.bundle.digest,
                file=each.file,
                mistakes=each.why,
            )


_MOST_WORDS = 1000


def _bundle_source(config: Config, *, keys: Callable[[], Any], first: LastGood) -> BundleSource:
    bundles, root = config.policies.bundles, config.policies.root
    if bundles is None or root is None:
        raise ValueError("the configuration names no bundles")
    return BundleSource(bundles, root=root, keys=keys, first=first)


def _with_seals(in_force: InForce) -> dict[str, Any]:
    return {
        "bundle": in_force.bundle.digest,
        "seals": {
            seal.id: {"key": seal.key, "mechanism": seal.mechanism, "material": seal.fingerprint}
            for seal in in_force.seals.values()
        },
    }


def _with_seal_count(in_force: InForce) -> dict[str, Any]:
    """A leaf has no room for thousands of seals; the bundle's copy has them all."""
    digest = hashlib.sha256()
    for name in sorted(in_force.seals):
        seal = in_force.seals[name]
        digest.update(f"{name}\0{seal.key}\0{seal.mechanism}\0{seal.fingerprint}\n".encode())
    materials = {"count": len(in_force.seals), "digest": digest.hexdigest()}
    return {"bundle": in_force.bundle.digest, "materials": materials}
