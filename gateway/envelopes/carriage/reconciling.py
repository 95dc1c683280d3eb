"""Comparing records with the network: what is missing is fetched, what contradicts is a lie.

A feed is a hint; this is the proof that nothing is missing. Done after each start and each outage,
and at intervals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import msgspec
import structlog

from cloud_bridge.errors import NetworkLiesError, NetworkRefusedError
from cloud_bridge.wire import Head
from gateway.envelopes.carriage.failing import Ask, Failing
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.inbox_reading import sequence_of
from gateway.envelopes.causes import job_of
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import (
    MISSING,
    NOT_COMPARED,
    Trouble,
    trouble_of,
    troubles_in,
    types_in,
)
from gateway.jobs.model import NewJob
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.rows.envelopes import HeadRow
from gateway.store.rows.networks import change_standing

_PAGE = 500
_MOST_NAMED = 50
_encode = msgspec.json.Encoder().encode

_log = structlog.get_logger("envelopes")


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a comparison found.

    Attributes:
        at: when it ended.
        checked: envelopes that the network holds for us, and that were compared.
        fetched: entries that were missing here, and are here now.
        missing: envelopes of which the network holds less than it has signed; fifty at the most.
        contradicting: those of which it holds something else; fifty at the most.
        owed: envelopes in which we owe something, which was begun again.
        failed: those that could not be compared and are tried again; fifty at the most.
    """

    at: datetime
    checked: int
    fetched: int
    missing: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()
    owed: int = 0
    failed: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether all was compared, nothing contradicts and nothing is missing at the network."""
        return not self.missing and not self.contradicting and not self.failed


@dataclass(slots=True)
class _Finding:
    """What was found so far; what failed and is tried again later adds to it."""

    checked: int = 0
    fetched: int = 0
    owed: int = 0
    missing: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)


class Reconciling:
    """Compares the records of one of our companies."""

    def __init__(
        self, member: Member, ground: Ground, inbox: Inbox, failing: Failing, troubles: Troubles
    ) -> None:
        self._member = member
        self._ground = ground
        self._inbox = inbox
        self._failing = failing
        self._troubles = troubles
        self._finding = _Finding()
        self._ended_at: datetime | None = None

    async def run(self) -> Reconciliation:
        """Compare all, and keep what was found.

        An envelope for which the network fails, though it answers, holds up no other: it is not
        compared, is told as such, and `retry` tries it again.

        Raises:
            NetworkAwayError: the network does not say; nothing is kept, and it is to be run again.
            StoreProblem: the same of the database.
        """
        theirs = await self._theirs()
        finding = self._finding = _Finding()
        self._failing.begin()
        for head in theirs.values():
            if await self._is_level(head):
                finding.checked += 1
                await self._failing.passed(head.envelope, compares=True)
            else:
                await self._attempt(
                    head.envelope,
                    partial(self._see, head, finding),
                    partial(self._see_again, head, finding),
                )
        await self._look_for_others(theirs, finding)
        finding.owed = await self._begin_again()
        self._ended_at = self._ground.clock.now()
        report = self._report(self._ended_at)
        await self._keep(report)
        return report

    async def retry(self) -> Reconciliation | None:
        """Try again what failed and is due; gives what all of it came to, None: nothing yet.

        Raises:
            NetworkAwayError, StoreProblem: see `run`.
        """
        await self._failing.retry()
        if self._ended_at is None:
            return None
        report = self._report(self._ended_at)
        await self._keep(report)
        return report

    def _report(self, at: datetime) -> Reconciliation:
        finding = self._finding
        return Reconciliation(
            at=at,
            checked=finding.checked,
            fetched=finding.fetched,
            missing=tuple(finding.missing[:_MOST_NAMED]),
            contradicting=tuple(finding.contradicting[:_MOST_NAMED]),
            owed=finding.owed,
            failed=self._failing.envelopes[:_MOST_NAMED],
        )

    async def _attempt(self, envelope: str, ask: Ask, again: Ask) -> None:
        if self._failing.are_too_many:
            self._failing.put_off(envelope, again, compares=True)
        else:
            await self._failing.attempt(envelope, ask, again=again, compares=True)

    async def _see_again(self, head: Head, finding: _Finding) -> bool:
        """As `_see`, after a while: what was told of it since, in vain, is taken in first."""
        finding.fetched += await self._inbox.fetch(head.envelope)
        return await self._see(head, finding)

    async def _see(self, head: Head, finding: _Finding) -> bool:
        found = await self._compare(head)
        finding.checked += 1
        finding.fetched += found.fetched
        if found.is_missing:
            finding.missing.append(head.envelope)
        if found.is_other:
            finding.contradicting.append(head.envelope)
        return True

    async def _is_level(self, head: Head) -> bool:
        """Whether nothing need be asked: we are as far, and nothing is held for what may pass."""
        organisation, envelope = self._member.organisation, head.envelope
        state = await self._ground.records.state(organisation, envelope)
        if state is None or (state.sequence, state.head) != (head.sequence, head.hash):
            return False
        row = await self._ground.envelopes.by_id(organisation, envelope)
        return row is not None and row.status != "held"

    async def _theirs(self) -> dict[str, Head]:
        found: dict[str, Head] = {}
        after = ""
        while True:
            page = await self._member.network.heads(after)
            found |= {head.envelope: head for head in page.heads}
            if not page.next or page.next == after:
                return found
            after = page.next

    async def _compare(self, head: Head) -> "_Found":
        organisation, envelope = self._member.organisation, head.envelope
        state = await self._ground.records.state(organisation, envelope)
        if state is None or state.sequence < head.sequence:
            fetched = await self._inbox.fetch(envelope)
            return _Found(fetched=fetched, is_missing=await self._is_withheld(head))
        ours = state.hashes[head.sequence - 1] if head.sequence else ""
        if ours != head.hash:
            return await self._prove_other(head, ours)
        if state.sequence > head.sequence:
            # We may have heard of it while the heads were on their way: ask once more.
            return _Found(is_missing=await self._is_short(envelope, state.sequence))
        row = await self._ground.envelopes.by_id(organisation, envelope)
        if row is not None and row.status == "held":
            # What held it up may have passed.
            return _Found(fetched=await self._inbox.fetch(envelope, is_level=True))
        return _Found()

    async def _is_withheld(self, head: Head) -> bool:
        """Whether the network has just given less than what it says that there is."""
        state = await self._ground.records.state(self._member.organisation, head.envelope)
        given = 0 if state is None else state.sequence
        row = await self._ground.envelopes.by_id(self._member.organisation, head.envelope)
        if given >= head.sequence or (row is not None and troubles_in(row)):
            return False
        if row is not None:
            words = (
                f"the network says that this envelope has {head.sequence} entries, and gives "
                f"{given}: ask its operator, and the partner, for those that it keeps back"
            )
            await self._troubles.tell(head.envelope, Trouble(MISSING, words))
        return True

    async def _prove_other(self, head: Head, ours: str) -> "_Found":
        """A head is not signed; the entries are. What they show is what is told."""
        before = await self._ground.envelopes.by_id(self._member.organisation, head.envelope)
        fetched = await self._inbox.fetch(head.envelope)
        after = await self._ground.envelopes.by_id(self._member.organisation, head.envelope)
        if before is not None and after is not None and before.trouble == after.trouble:
            words = (
                f"the network says that entry {head.sequence} has the hash {head.hash}, and the "
                f"entry that it has signed has {ours}: compare your transcript with the partner's "
                "(sealgate envelope compare)"
            )
            await self._troubles.tell(head.envelope, Trouble("forked", words))
        return _Found(fetched=fetched, is_other=True)

    async def _look_for_others(self, theirs: Mapping[str, Head], finding: _Finding) -> None:
        """Find envelopes that we hold entries of, and that the network does not name."""
        organisation, after = self._member.organisation, ""
        while page := await self._ground.envelopes.heads(organisation, after=after, most=_PAGE):
            after = page[-1].id
            for row in page:
                if row.id not in theirs and row.sequence:
                    seek = partial(self._seek, row, finding)
                    await self._attempt(row.id, seek, seek)
                if NOT_COMPARED in types_in(row.trouble) and row.id not in self._failing:
                    await self._troubles.end(row.id, NOT_COMPARED)  # told before the last start

    async def _seek(self, row: HeadRow, finding: _Finding) -> bool:
        # Of what was told before nothing is asked. One by one, all that a network has lost would
        # hold up what is new, at each comparison; once it names one again, that is compared.
        if MISSING in types_in(row.trouble) or await self._is_short(row.id, row.sequence):
            finding.missing.append(row.id)
        return True

    async def _is_short(self, envelope: str, sequence: int) -> bool:
        """Whether the network, asked anew, holds less of an envelope than what it has signed."""
        try:
            record = await self._member.network.envelope(envelope)
        except NetworkRefusedError:
            held = 0
        except NetworkLiesError as lies:
            await self._troubles.tell(envelope, trouble_of(lies))
            return True
        else:
            held = max(map(sequence_of, record.entries), default=0)
        if held >= sequence:
            await self._inbox.fetch(envelope)
            return False
        words = (
            f"the network holds {held} entries of this envelope, and has signed {sequence}: keep "
            "your transcript, and ask its operator for those that it has lost or hides"
        )
        await self._troubles.tell(envelope, Trouble(MISSING, words))
        return True

    async def _begin_again(self) -> int:
        """Look anew at each envelope in which something is owed; gives how many those are."""
        organisation, after, count = self._member.organisation, "", 0
        while page := await self._ground.owed.envelopes(organisation, after=after, most=_PAGE):
            jobs = [job_of(organisation, envelope, "owed") for envelope in page]
            await self._ground.lane.write(partial(self._enqueue, jobs))
            after, count = page[-1], count + len(page)
        return count

    async def _has_every_envelope(self) -> bool:
        """Whether something of each is here, so that none that we have sent is sent anew.

        After a restore, what fails and is not here may be what a system asks for a second time.
        """
        organisation = self._member.organisation
        states = [await self._ground.records.state(organisation, id_) for id_ in self._failing]
        return None not in states

    def _enqueue(self, jobs: Sequence[NewJob], unit: Transaction) -> None:
        self._ground.queue.enqueue(unit, jobs)

    async def _keep(self, report: Reconciliation) -> None:
        is_whole = await self._has_every_envelope()

        def write(unit: Transaction) -> None:
            organisation = self._member.organisation
            change_standing(unit, organisation, reconciliation=_encode(report))
            if is_whole:
                change_standing(unit, organisation, reconciled_at=microseconds(report.at))

        await self._ground.lane.write(write)
        tell = _log.info if report.is_clean else _log.error
        tell(
            "reconciled",
            organisation=self._member.organisation,
            checked=report.checked,
            fetched=report.fetched,
            missing=len(report.missing),
            contradicting=len(report.contradicting),
            owed=report.owed,
            failed=len(report.failed),
        )


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    fetched: int = 0
    is_missing: bool = False
    is_other: bool = False
