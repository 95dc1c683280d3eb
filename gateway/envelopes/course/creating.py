"""An envelope that a caller sends: its terms, its documents and its first word, durable at once."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec

from cloud_bridge.envelopes.chain import terms_digest
from cloud_bridge.envelopes.state import EnvelopeState, begin
from cloud_bridge.envelopes.statements import Sent, SignedStatement
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import DocumentTerms, Party, Terms
from cloud_bridge.wire import NewEnvelope as WireEnvelope
from gateway.envelopes.carriage.carrying import Bridge, Bridges
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.carriage.speaking import say
from gateway.envelopes.causes import job_of
from gateway.envelopes.course.adopting import Adopting
from gateway.envelopes.course.sealing import Turn, TurnSealing
from gateway.envelopes.course.telling import told
from gateway.envelopes.errors import EnvelopeOfOtherCompanyProblem, EnvelopeSenselessProblem
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.contents import Contents, Part
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.noting import event_of, noted, who_else
from gateway.envelopes.model import Accepted, NewEnvelope, NewFile
from gateway.signing.digests import HashedDocument, hashed
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.signing.ids import new_document_id
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import (
    EnvelopeRow,
    change_envelope,
    envelope_by_id,
    envelope_of_key,
    put_envelope,
)
from policies.deciding.verdicts import deciding_rules
from policies.model import Allowed, Caller

_ASKED: Final = (
    "system",
    "business_number",
    "document_type",
    "seal",
    "idempotency_key",
    "request_digest",
    "attributes",
)
"""What a request says of an envelope, and its terms do not."""
_encode = msgspec.json.Encoder(order="sorted").encode


class Creating:
    """Takes envelopes in from callers."""

    def __init__(
        self, *, bridges: Bridges, ground: Ground, contents: Contents, sealing: TurnSealing
    ) -> None:
        self._bridges = bridges
        self._ground = ground
        self._contents = contents
        self._sealing = sealing
        self._naming = Naming(ground.cards)
        self._adopting = Adopting(ground)
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], *, key: str
    ) -> Accepted:
        """See `gateway.envelopes.interfaces.Envelopes.create`.

        Raises:
            EnvelopeOfOtherCompanyProblem: the caller is another company's.
            NotBridgedProblem: the company is not on the network.
            CardMissingProblem: it has no card to speak by yet.
            NotComparedProblem: what was sent before a restore is not known yet.
            EnvelopeSenselessProblem: nobody could sign it as it is.
            PartyUnknownProblem, PersonUnknownProblem, PartyNameProblem: see there.
            IdempotencyKeyReusedProblem: the key was used for something else.
            Problem: the policies do not let it be sent, and why; or people must approve that first.
                It is asked again once they have.
        """
        if caller.company != new.company:
            raise EnvelopeOfOtherCompanyProblem(
                f"system {caller.system!r} is of company {caller.company!r}, not {new.company!r}"
            )
        # Whoever asks twice at once keeps no second copy of the documents, of no envelope.
        async with self._locks.setdefault((caller.system, key), asyncio.Lock()):
            return await self._create(caller, new, files, key)

    async def _create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], key: str
    ) -> Accepted:
        bridge = self._bridges.of_company(new.company)
        contents = [await hashed(each.content) for each in files]
        digests = [each.digest.hex() for each in contents]
        request = _request_digest(new, files, digests)
        known = await self._ground.envelopes.of_key(caller.system, key)
        if known is not None:
            return self._again(known, request, key)
        await self._adopting.refuse_uncompared(bridge)
        now = self._ground.clock.now()
        network = bridge.network if bridge.is_here else None
        named = await self._naming.named(network, new.parties)
        with_names = msgspec.structs.replace(new, parties=named.parties)
        terms = _terms(bridge, with_names, files, digests, now)
        lost = await self._adopting.like(bridge, terms, new.parties)
        if lost is None:
            _refuse_over(terms, now)
        begun = _new_row(bridge, terms, now) if lost is None else lost
        row = msgspec.structs.replace(
            begun,
            system=caller.system,
            business_number=new.business_number,
            document_type=new.document_type,
            seal=new.seal,
            idempotency_key=key,
            request_digest=request,
            attributes=msgspec.json.encode(dict(new.attributes)),
        )
        state = _begun(row.terms)
        by_name = {each.name: content for each, content in zip(files, contents, strict=True)}
        decided = await self._decided(bridge, row, state, by_name)
        owed = say(bridge, state, Sent(terms=terms_digest(row.terms))) if lost is None else None
        ended: EnvelopeState | None = None
        if lost is not None:
            ended = await self._adopting.ended_unheard(lost, caller.system)
        kept: EnvelopeRow | None = row

        def put(unit: Transaction) -> None:
            nonlocal kept
            kept = self._put(unit, row, digests, decided, owed, ended=ended)

        # With the last of its documents the envelope is there, in one transaction.
        *before, last = zip(files, digests, strict=True)
        for file, digest in before:
            await self._keep(bridge, row, file, digest)
        await self._keep(bridge, row, *last, besides=put)
        if kept is None:
            return await self._create(caller, new, files, key)
        if kept is not row or lost is not None:
            return self._again(kept, request, key)
        return Accepted(
            envelope=told(row, state, self._naming.name),
            terms=terms,
            repeated=False,
            unasked=named.unasked,
        )

    async def _keep(
        self,
        bridge: Bridge,
        row: EnvelopeRow,
        file: NewFile,
        digest: str,
        *,
        besides: Callable[[Transaction], None] = lambda _unit: None,
    ) -> None:
        parts = [Part(digest, len(file.content))]
        await self._contents.keep(
            bridge.member, row.id, file.name, file.content, parts=parts, besides=besides
        )

    def _put(
        self,
        unit: Transaction,
        row: EnvelopeRow,
        digests: Sequence[str],
        decided: Sequence[Mapping[str, Any]],
        sent: SignedStatement | None,
        *,
        ended: EnvelopeState | None,
    ) -> EnvelopeRow | None:
        """All of it in one transaction; or what the same key has come to meanwhile.

        `sent`: what is owed of a new one; None: it was sent before a restore, and is taken up. None
        is given where another request has taken it up meanwhile. `ended`: how it has ended, where
        whoever asks has to be told of that now.
        """
        known = envelope_of_key(unit.connection, system=row.system, key=row.idempotency_key or "")
        if known is not None:
            return known
        at = self._ground.clock.now()
        if sent is not None:
            put_envelope(unit, row)
            new = WireEnvelope(terms=row.terms, sent=sent)
            owe(unit, row.organisation, row.id, *dict.fromkeys(digests), new, at=at)
        elif not _adopt(unit, row, at):
            return None
        cause = "adopted" if sent is None else "created"
        self._ground.queue.enqueue(unit, [job_of(row.organisation, row.id, cause)])
        member = self._bridges.by_organisation[row.organisation].member
        record = noted(
            "adopted" if sent is None else "sent",
            member,
            row.id,
            at=at,
            system=row.system,
            digests=sorted(digests),
            decisions=decided,
            **who_else(member, begin(row.terms)),
        )
        self._ground.audit.append(unit, record)
        if ended is not None:
            told_of = event_of(member, row, ended, status=ended.status, at=at)
            self._ground.events.put(unit, told_of)
        return row

    def _again(self, row: EnvelopeRow, request: bytes, key: str) -> Accepted:
        if row.request_digest != request:
            raise IdempotencyKeyReusedProblem(f"key {key!r} came before with another envelope")
        state = begin(row.terms)
        return Accepted(
            envelope=told(row, state, self._naming.name), terms=state.terms, repeated=True
        )

    async def _decided(
        self,
        bridge: Bridge,
        row: EnvelopeRow,
        state: EnvelopeState,
        by_name: Mapping[str, HashedDocument],
    ) -> list[Mapping[str, Any]]:
        """Ask the policies whether each document may leave, whoever is to sign it and when.

        Nothing leaves that our own seal may not be put on for the caller: otherwise a system could
        hand any document to anybody, by naming another as the first to sign it.
        """
        turn = Turn(
            member=bridge.member,
            row=row,
            state=state,
            entries=(),
            party=_ourselves(bridge, state),
            act="send",
        )
        decided: list[Mapping[str, Any]] = []
        for document in state.terms.documents:
            allowed = await self._sealing.examine(turn, document, by_name[document.name])
            decided.extend(_noted(document.digest, each) for each in allowed)
        return decided


def _ourselves(bridge: Bridge, state: EnvelopeState) -> Party:
    """As which party we sign; where we sign nothing, nobody's signature is placed."""
    ours = bridge.member.organisation
    signing = [each.party for each in state.parties if not each.party.copy]
    mine = [each for each in signing if each.account == ours]
    nobody = Party(id="initiator", kind="organisation", account=ours)
    return min(mine, key=lambda each: each.turn, default=nobody)


def _noted(digest: str, allowed: Allowed) -> Mapping[str, Any]:
    told = {"document": digest, "bundle": allowed.bundle, "rules": deciding_rules(allowed)}
    grant = {} if allowed.grant is None else {"grant": allowed.grant}
    approvals = {"approvals": allowed.approvals} if allowed.approvals else {}
    return {**told, **grant, **approvals}


def _terms(
    bridge: Bridge,
    new: NewEnvelope,
    files: Sequence[NewFile],
    digests: Sequence[str],
    now: datetime,
) -> Terms:
    return Terms(
        envelope=new_document_id(now),
        title=new.title,
        initiator=bridge.member.organisation,
        mode=new.mode,
        parties=new.parties,
        documents=tuple(
            DocumentTerms(
                name=each.name, digest=digest, size=len(each.content), type=new.document_type
            )
            for each, digest in zip(files, digests, strict=True)
        ),
        expires_at=new.expires_at,
        business_number=new.business_number if new.tell_number else "",
        delivery=new.delivery,
        voids=new.voids,
    )


def _refuse_over(terms: Terms, now: datetime) -> None:
    if terms.expires_at.tzinfo is not None and terms.expires_at <= now:
        raise EnvelopeSenselessProblem(
            f"its time is over already at {terms.expires_at.isoformat()}, and it is "
            f"{now.isoformat()} by this machine's clock"
        )


def _new_row(bridge: Bridge, terms: Terms, now: datetime) -> EnvelopeRow:
    """A new envelope's, without what the caller says of it."""
    return EnvelopeRow(
        organisation=bridge.member.organisation,
        id=terms.envelope,
        company=bridge.member.company,
        ours=True,
        terms=msgspec.json.encode(terms),
        status="sending",
        system="",
        business_number="",
        document_type="",
        seal="",
        created_at=now,
        changed_at=now,
        expires_at=terms.expires_at,
        step="send",
    )


def _adopt(unit: Transaction, row: EnvelopeRow, at: datetime) -> bool:
    """Write who asked for an envelope that came back; False: another has, meanwhile."""
    now = envelope_by_id(unit.connection, row.organisation, row.id)
    if now is None or now.idempotency_key is not None:
        return False
    asked = {name: getattr(row, name) for name in _ASKED}
    change_envelope(unit, row.organisation, row.id, **asked, step="nothing", hint="", changed_at=at)
    return True


def _begun(encoded: bytes) -> EnvelopeState:
    try:
        return begin(encoded)
    except NotAllowedError as error:
        raise EnvelopeSenselessProblem(str(error)) from error


def _request_digest(new: NewEnvelope, files: Sequence[NewFile], digests: Sequence[str]) -> bytes:
    names = [[each.name, digest] for each, digest in zip(files, digests, strict=True)]
    return hashlib.sha256(_encode([new, names])).digest()
