"""How signed bundles come into force while the gateway serves.

A bundle is copied to the state directory, then its `policy` record and its row become durable
together, then it is swapped in, in one assignment. A stop at any point leaves the old one or the
new one, and the next start finds what is recorded (docs/adr/0015).
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import structlog

from gateway.audit.activated import newest_activated
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.bundles.copies import BundleCopies
from gateway.bundles.lineage import ActivatedRow, ActivationRecord
from gateway.clock import Clock
from gateway.http.in_force import PolicyStanding, RefusedFile
from gateway.seals.bundle_source import BundleSource, Candidate, Keys
from gateway.seals.in_force import InForce
from gateway.seals.last_good import LastGood, Refusal, last_good
from gateway.seals.letting_go import Outgoing
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.activations import Activation, activated_rows, keep_activation
from gateway.wiring.machine.collector import nothing_collected, set_apart
from gateway.wiring.policies.directory import look_failed
from gateway.wiring.policies.thread import PolicyThread

_MOST_WORDS = 1000

_log = structlog.get_logger("policies")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activated:
    """When what decides came into force, and who had signed it."""

    at: datetime | None = None
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What a start finds on record.

    Attributes:
        rows: of all that was in force, the newest first.
        recorded: what the log says of the newest.
    """

    rows: tuple[ActivatedRow, ...]
    recorded: ActivationRecord | None

    def activated_if(self, first: LastGood) -> _Activated:
        """After a fall back to an older copy it is not known of that one."""
        standing, recorded = first.standing, self.recorded
        if standing is None or recorded is None or not recorded.names(standing.manifest):
            return _Activated()
        return _Activated(at=recorded.at, signed_by=recorded.signed_by)


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
        thread: PolicyThread | None = None,
        outgoing: Outgoing | None = None,
    ) -> None:
        """Join them.

        Args:
            source: the files.
            copies: where what comes into force is kept.
            lane: writes the rows.
            audit: records.
            clock: of records.
            thread: where bundles are loaded; `source` should have been made in it.
            outgoing: where what was in force waits until nobody needs it any more.
        """
        self._source = source
        self._copies = copies
        self._lane = lane
        self._audit = audit
        self._clock = clock
        self._thread = thread or PolicyThread()
        self._outgoing = outgoing or Outgoing()
        self._activated = _Activated()
        self._last_refused: RefusedFile | None = None
        self._behind: tuple[Refusal, ...] = ()
        self.failed: str | None = None

    @classmethod
    async def of(
        cls,
        bundles: Path,
        *,
        root: Path,
        keys: Keys,
        copies: BundleCopies,
        lane: WriterLane,
        audit: AuditLog,
        clock: Clock,
    ) -> Self:
        """With what was in force last, and what may follow it already.

        Whatever lies in the directory, or a full disk, leaves what was in force last. For the
        arguments see `BundleSource` and `__init__`.

        Raises:
            SealMaterialError: a seal's key is gone.
        """
        past = await lane.write(_past)
        thread = PolicyThread()
        first, source = await thread.run(
            lambda: _begin(past, bundles, root=root, keys=keys, copies=copies)
        )
        made = cls(source, copies=copies, lane=lane, audit=audit, clock=clock, thread=thread)
        made._activated = past.activated_if(first)
        made._behind = first.refusals
        try:
            await made._refuse(first.refusals)
            while await made.refresh():
                pass
        except Exception as error:  # noqa: BLE001 - what was in force serves, whatever lies there
            made.not_refreshed(error)
        return made

    @property
    def current(self) -> InForce:
        """See `Policies`."""
        return self._source.current

    @property
    def refused(self) -> str | None:
        """See `Policies`."""
        # What a start had to pass over stays told until it, or what is newer, is in force again.
        behind = "; ".join(f"{each.file}: {each.why}" for each in self._behind)
        return behind or self._source.refused or self.failed

    @property
    def place(self) -> Path | None:
        """See `Policies`."""
        standing = self._source.standing
        return None if standing is None else self._copies.path_of(standing.manifest)

    async def refresh(self) -> bool:
        """See `Policies`."""
        monotonic, now = self._clock.monotonic(), self._clock.now()
        await self._thread.run(lambda: self._outgoing.let_go(now=monotonic))
        # A disk that hangs does so here, and must not leave the collector off for good.
        listed = await self._thread.run(self._source.listed)
        with nothing_collected():
            look = await self._thread.run(lambda: self._source.look(listed, at=now))
            await self._refuse(look.refusals)
            self._source.settle(look)
            if look.found is not None:
                await self._activate(look.found)
                set_apart()
        self.failed = None
        return look.found is not None

    def not_refreshed(self, error: Exception) -> None:
        """See `Policies`."""
        self.failed = look_failed(error)

    async def prove(self) -> None:
        """See `Policies`."""
        if self._source.standing is None:
            raise LookupError(
                "no bundle of policies was ever in force, so everything is denied: put one that "
                "the officers have signed into policies.bundles (sealgate policy activate)"
            )

    def standing(self) -> PolicyStanding:
        """See `Policies`."""
        standing = self._source.standing
        refused = (*self._behind, *self._source.refusals)
        return PolicyStanding(
            source="bundles",
            bundle=None if standing is None else self.current.bundle.digest,
            sequence=None if standing is None else standing.manifest.sequence,
            signed_by=self._activated.signed_by,
            since=self._activated.at,
            refused=tuple(_refused_file(each, at=None) for each in refused),
            last_refused=self._last_refused,
            failed=self.failed,
        )

    def told(self) -> dict[str, Any]:
        """See `Policies`."""
        standing = self.standing()
        told = {"bundle": self.current.bundle.digest, "sequence": standing.sequence}
        return {"policies": {**told, "refused": self.refused is not None}}

    def recorded(self) -> dict[str, Any]:
        """See `Policies`."""
        standing = self._source.standing
        sequence = {} if standing is None else {"sequence": standing.manifest.sequence}
        return {**_with_seal_count(self.current), **sequence}

    async def _activate(self, found: Candidate) -> None:
        await asyncio.to_thread(self._copies.keep, found.data, found.manifest)
        now = self._clock.now()
        await self._lane.write(lambda unit: self._write(unit, found, now))
        self._outgoing.add(self.current, now=self._clock.monotonic())
        self._source.put_in_force(found)
        number = found.manifest.sequence
        self._behind = tuple(each for each in self._behind if (each.sequence or 0) > number)
        self._activated = _Activated(at=now, signed_by=found.signed_by)
        _log.info(
            "policies_in_force",
            bundle=found.manifest.content,
            sequence=found.manifest.sequence,
            signed_by=found.signed_by,
        )

    def _write(self, unit: Transaction, found: Candidate, now: datetime) -> None:
        """The record and the row, in one transaction."""
        manifest = found.manifest
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
            now = self._clock.now()
            await self._audit.record(Record(kind="refused", at=now, content=content))
            self._last_refused = _refused_file(each, at=now)
            _log.error(
                "policies_refused",
                still_in_force=self.current.bundle.digest,
                file=each.file,
                mistakes=each.why,
            )


def _past(unit: Transaction) -> _Past:
    connection = unit.connection
    return _Past(rows=activated_rows(connection), recorded=newest_activated(connection))


def _begin(
    past: _Past, bundles: Path, *, root: Path, keys: Keys, copies: BundleCopies
) -> tuple[LastGood, BundleSource]:
    first = last_good(past.rows, copies=copies, root=root, recorded=past.recorded)
    return first, BundleSource(bundles, root=root, keys=keys, first=first)


def _refused_file(refusal: Refusal, *, at: datetime | None) -> RefusedFile:
    return RefusedFile(
        file=refusal.file,
        digest=refusal.digest,
        sequence=refusal.sequence,
        why=refusal.why,
        at=at,
    )


def _with_seal_count(in_force: InForce) -> dict[str, Any]:
    """A leaf has no room for thousands of seals; the bundle's copy has them all."""
    digest = hashlib.sha256()
    for name in sorted(in_force.seals):
        seal = in_force.seals[name]
        digest.update(f"{name}\0{seal.key}\0{seal.mechanism}\0{seal.fingerprint}\n".encode())
    materials = {"count": len(in_force.seals), "digest": digest.hexdigest()}
    return {"bundle": in_force.bundle.digest, "materials": materials}
