"""What callers ask of envelopes; implements `gateway.envelopes.interfaces.Envelopes`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.state import EnvelopeState, allow
from cloud_bridge.envelopes.statements import Act, Declined, Reminded, Withdrawn, parse
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Person
from cloud_bridge.wire import EnvelopeRecord, NetworkIdentity, PersonLink
from gateway.audit.record import Record
from gateway.envelopes.carriage.answers import answered
from gateway.envelopes.carriage.carrying import Bridge, Bridges
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.carriage.speaking import say
from gateway.envelopes.causes import job_of
from gateway.envelopes.course.creating import Creating
from gateway.envelopes.course.ending import Ending
from gateway.envelopes.course.refusing import (
    refuse_link,
    refuse_reminder,
    refuse_signed,
    refuse_withdrawal,
)
from gateway.envelopes.course.telling import told
from gateway.envelopes.course.verifying import Verifying
from gateway.envelopes.errors import (
    EnvelopeDocumentUnknownProblem,
    EnvelopeFileOtherProblem,
    EnvelopeNotNowProblem,
    EnvelopeUnknownProblem,
    RevisionProblem,
)
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.contents import Contents
from gateway.envelopes.keeping.evidence import evidence_in
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.noting import noted
from gateway.envelopes.model import Accepted, EnvelopePage, EnvelopeTold, NewEnvelope, NewFile
from gateway.signing.errors import ClockOffProblem
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import EnvelopeRow, change_envelope, envelope_by_id
from policies.model import Caller

_LOOK_SECONDS: Final = 0.2
_LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC), "")


class EnvelopeService:
    """The room's door: each answers for the caller's own company only."""

    def __init__(
        self,
        *,
        bridges: Bridges,
        ground: Ground,
        creating: Creating,
        contents: Contents,
        verifying: Verifying,
        ending: Ending,
        still: Callable[[], str] = lambda: "",
    ) -> None:
        self._bridges = bridges
        self._ground = ground
        self._creating = creating
        self._contents = contents
        self._verifying = verifying
        self._ending = ending
        self._still = still
        self._naming = Naming(ground.cards)

    async def create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], *, key: str
    ) -> Accepted:
        """See `Envelopes`, and `Creating.create` for what it raises."""
        return await self._creating.create(caller, new, files, key=key)

    async def listing(
        self, caller: Caller, *, status: str | None, after: str | None, most: int
    ) -> EnvelopePage:
        """See `Envelopes`. `after` is the `next` of the page before."""
        bridge = self._bridges.of_company(caller.company)
        before = _LAST if after is None else await self._place(bridge, after)
        found: list[EnvelopeTold] = []
        while len(found) < most:
            rows = await self._ground.envelopes.of_company(caller.company, before=before, most=most)
            for row in rows:
                before = row.created_at, row.id
                if status is None or row.status == status:
                    state = await self._state(bridge, row)
                    found.append(told(row, state, self._naming.name, still=self._why_still(bridge)))
                if len(found) == most:
                    break
            if len(rows) < most:
                break
        more = len(found) == most
        return EnvelopePage(envelopes=tuple(found), next=found[-1].id if more else None)

    async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        return await self._told(bridge, row)

    async def watch(
        self, caller: Caller, envelope: str, *, beyond: int, seconds: float
    ) -> EnvelopeTold:
        """See `Envelopes`."""
        until, before = self._ground.clock.monotonic() + seconds, ""
        while True:
            bridge, row = await self._known(caller, envelope)
            # That it is held, or verified, makes no entry of ours, or one that is still to leave.
            is_news = row.sequence > beyond or before not in {"", row.status}
            if is_news or self._ground.clock.monotonic() >= until:
                return await self._told(bridge, row)
            before = row.status
            await asyncio.sleep(_LOOK_SECONDS)

    async def withdraw(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        """See `Envelopes`; again, it is as it was."""
        bridge, row = await self._known(caller, envelope)
        state = await self._state(bridge, row)
        if row.ours and "withdrawn" in {row.status, state.status}:
            return await self._told(bridge, row)
        if row.ours and state.status == "draft":
            now = self._ground.clock.now()
            asked = _asked(caller, bridge, envelope, "withdrawn", at=now)
            if await self._ending.take_back(bridge, row, state, reason=reason, asked=asked):
                return await self.show(caller, envelope)
        refuse_withdrawal(state, ours=row.ours)
        return await self._say(caller, envelope, Withdrawn(reason=reason))

    async def decline(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        """See `Envelopes`. The reason leaves the house."""
        bridge, row = await self._known(caller, envelope)
        state = await self._state(bridge, row)
        refuse_signed(state)
        ours = [each for each in state.parties_of(row.organisation) if each.missing]
        if not ours:
            raise EnvelopeNotNowProblem("there is nothing in it that we have still to sign")
        return await self._say(caller, envelope, Declined(reason=reason), party=ours[0].party.id)

    async def remind(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        state = await self._state(bridge, row)
        refuse_reminder(state, party, ours=row.ours)
        about = f"{party}/{state.head}"
        return await self._say(caller, envelope, Reminded(party=party), about=about)

    async def link(self, caller: Caller, envelope: str, party: str) -> PersonLink:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        if not row.ours:
            raise EnvelopeNotNowProblem("links are given by who sent the envelope")
        refuse_link(await self._state(bridge, row), party)
        await self._note(caller, bridge, envelope, "link", party=party)
        return await answered(bridge.network.link(envelope, party))

    async def release(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        if not row.ours:
            raise EnvelopeNotNowProblem("a claim is released by who sent the envelope")
        await self._note(caller, bridge, envelope, "release", party=party)
        await answered(bridge.network.release(envelope, party))
        return await self.show(caller, envelope)

    async def person(self, caller: Caller, name: str, contact: str) -> Person:
        """See `Envelopes`."""
        bridge = self._bridges.of_company(caller.company)
        return await answered(bridge.network.person(name, contact))

    async def transcript(self, caller: Caller, envelope: str) -> bytes:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        member = bridge.member
        entries = await self._ground.records.entries(member.organisation, envelope)
        named = {(parse(each.signed).author, each.signed.card) for each in entries}
        found = (self._ground.cards.signed(*each) for each in sorted(named))
        record = EnvelopeRecord(
            terms=row.terms,
            entries=entries,
            cards=tuple(each for each in found if each is not None),
        )
        # What it calls itself is for readers: the key is what was pinned, and proves.
        standing = await self._ground.networks.standing(member.organisation)
        network = NetworkIdentity(name=standing.network, signing_key=member.network_key)
        return transcript.write(network, record)

    async def document(self, caller: Caller, envelope: str, name: str) -> bytes:
        """See `Envelopes`."""
        bridge, row = await self._known(caller, envelope)
        state = await self._state(bridge, row)
        digest = state.current.get(name) or await self._given_along(row, state, name)
        return await self._contents.of_digest(row.organisation, envelope, digest)

    async def attach(
        self, caller: Caller, envelope: str, name: str, content: bytes
    ) -> EnvelopeTold:
        """See `Envelopes`. What is attached is judged as what the network gives."""
        bridge, row = await self._known(caller, envelope)
        state = await self._state(bridge, row)
        if name not in state.current:
            has = ", ".join(state.current)
            raise EnvelopeFileOtherProblem(
                f"it has {has}, and no {name!r}: say which it is (--name)"
            )
        await self._verifying.refuse_other(state, name, content)
        entries = await self._ground.records.entries(row.organisation, envelope)
        try:
            await self._verifying.take(bridge.member, state, entries, name, content)
        except RevisionProblem as bad:
            await self._ending.hold(bridge, row, bad)
        digest = state.current[name]
        await self._note(caller, bridge, envelope, "attach", digest=digest)
        job = job_of(row.organisation, envelope, f"attached-{digest}")

        def unit(transaction: Transaction) -> None:
            known = envelope_by_id(transaction.connection, row.organisation, envelope)
            if known is not None and (known.status, known.step) == (
                "completed",
                "wait-for-content",
            ):
                # Whether more is to be brought, the job says.
                changes = {"step": "wait-for-network", "hint": ""}
                change_envelope(transaction, row.organisation, envelope, **changes)
            self._ground.queue.enqueue(transaction, [job])

        await self._ground.lane.write(unit)
        return await self.show(caller, envelope)

    async def _told(self, bridge: Bridge, row: EnvelopeRow) -> EnvelopeTold:
        state = await self._state(bridge, row)
        entries = await self._ground.records.entries(row.organisation, row.id)
        return told(
            row,
            state,
            self._naming.name,
            evidence_in(state, entries),
            entries,
            still=self._why_still(bridge),
        )

    def _why_still(self, bridge: Bridge) -> str:
        """Why nothing goes on by itself, where the network is not what is waited for."""
        try:
            bridge.agreement.refuse_jumped()
        except ClockOffProblem as problem:
            return f"{problem.title}: {problem.detail}. {problem.cure}"
        return self._still()

    async def _given_along(self, row: EnvelopeRow, state: EnvelopeState, name: str) -> str:
        """The digest of what a person or bearer gave along, asked for by its name or digest."""
        entries = await self._ground.records.entries(row.organisation, row.id)
        given = [each for told in evidence_in(state, entries) for each in told.attachments]
        found = {each.digest for each in given if name in {each.name, each.digest}}
        if len(found) > 1:
            raise EnvelopeDocumentUnknownProblem(
                f"envelope {row.id} has {len(found)} attachments {name!r}: ask by SHA-256"
            )
        if not found:
            raise EnvelopeDocumentUnknownProblem(
                f"envelope {row.id} has no document and no attachment {name!r}"
            )
        return found.pop()

    async def _say(
        self, caller: Caller, envelope: str, act: Act, *, party: str = "", about: str = ""
    ) -> EnvelopeTold:
        bridge, row = await self._known(caller, envelope)
        if isinstance(act, Reminded):
            return await self._said(caller, bridge, row, act, party=party, about=about)
        # Once we have told that it is ended, we do not sign any more.
        async with bridge.deciding(envelope):
            return await self._said(caller, bridge, row, act, party=party, about=about)

    async def _said(
        self,
        caller: Caller,
        bridge: Bridge,
        row: EnvelopeRow,
        act: Act,
        *,
        party: str,
        about: str,
    ) -> EnvelopeTold:
        envelope, state = row.id, await self._state(bridge, row)
        signed = say(bridge, state, act, party=party, about=about)
        statement = parse(signed)
        now = self._ground.clock.now()
        try:
            allow(state, statement, at=now)
        except NotAllowedError as error:
            raise EnvelopeNotNowProblem(f"{error} ({error.reason})") from error

        def unit(transaction: Transaction) -> None:
            owe(transaction, row.organisation, envelope, signed, at=now)
            tag = str(act.__struct_config__.tag)
            record = _asked(caller, bridge, envelope, tag, at=now, statement=statement.id)
            self._ground.audit.append(transaction, record)
            job = job_of(row.organisation, envelope, f"said-{statement.id}")
            self._ground.queue.enqueue(transaction, [job])

        await self._ground.lane.write(unit)
        return told(row, state, self._naming.name)

    async def _note(
        self, caller: Caller, bridge: Bridge, envelope: str, act: str, **more: str
    ) -> None:
        """Record who asks, before it is done."""
        record = _asked(caller, bridge, envelope, act, at=self._ground.clock.now(), **more)
        await self._ground.audit.record(record)

    async def _known(self, caller: Caller, envelope: str) -> tuple[Bridge, EnvelopeRow]:
        bridge = self._bridges.of_company(caller.company)
        row = await self._ground.envelopes.by_id(bridge.member.organisation, envelope)
        if row is None:
            raise EnvelopeUnknownProblem(
                f"company {caller.company!r} has no envelope {envelope[:60]!r}"
            )
        return bridge, row

    async def _place(self, bridge: Bridge, envelope: str) -> tuple[datetime, str]:
        row = await self._ground.envelopes.by_id(bridge.member.organisation, envelope)
        if row is None:
            raise EnvelopeUnknownProblem(f"there is no envelope {envelope[:60]!r} to go on after")
        return row.created_at, row.id

    async def _state(self, bridge: Bridge, row: EnvelopeRow) -> EnvelopeState:
        state = await bridge.state(row.id)
        if state is None:
            raise EnvelopeUnknownProblem(f"there is no envelope {row.id}")
        return state


def _asked(
    caller: Caller, bridge: Bridge, envelope: str, act: str, *, at: datetime, **more: str
) -> Record:
    """That a system of ours asked for something that no policy decides."""
    told = {"system": caller.system, "act": act, **more}
    return noted("asked", bridge.member, envelope, at=at, **told)
