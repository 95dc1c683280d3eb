"""An envelope that a caller sends: its terms, its documents and its first word, durable at once."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from cloud_bridge.envelopes.chain import terms_digest
from cloud_bridge.envelopes.state import EnvelopeState, begin
from cloud_bridge.envelopes.statements import Sent
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import DocumentTerms, Party, Terms
from cloud_bridge.wire import NewEnvelope as WireEnvelope
from gateway.envelopes.carriage.carrying import Bridge, Bridges
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.carriage.speaking import say
from gateway.envelopes.causes import job_of
from gateway.envelopes.course.sealing import Turn, TurnSealing
from gateway.envelopes.course.telling import told
from gateway.envelopes.errors import EnvelopeOfOtherCompanyProblem, EnvelopeSenselessProblem
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.contents import Contents, Part
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.noting import noted, who_else
from gateway.envelopes.model import Accepted, NewEnvelope, NewFile
from gateway.signing.digests import HashedDocument, hashed
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.signing.ids import new_document_id
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import EnvelopeRow, envelope_of_key, put_envelope
from policies.deciding.verdicts import deciding_rules
from policies.model import Allowed, Caller

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
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], *, key: str
    ) -> Accepted:
        """See `gateway.envelopes.interfaces.Envelopes.create`.

        Raises:
            EnvelopeOfOtherCompanyProblem: the caller is another company's.
            NotBridgedProblem: the company is not on the network.
            CardMissingProblem: it has no card to speak by yet.
            EnvelopeSenselessProblem: nobody could sign it as it is.
            PartyUnknownProblem, PartyNameProblem: see there.
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
        now = self._ground.clock.now()
        network = bridge.network if bridge.is_here else None
        parties = await self._naming.named(network, new.parties)
        terms = _terms(bridge, msgspec.structs.replace(new, parties=parties), files, digests, now)
        encoded = msgspec.json.encode(terms)
        state = _begun(encoded)
        row = EnvelopeRow(
            organisation=bridge.member.organisation,
            id=terms.envelope,
            company=new.company,
            ours=True,
            terms=encoded,
            status="sending",
            system=caller.system,
            business_number=new.business_number,
            document_type=new.document_type,
            seal=new.seal,
            created_at=now,
            changed_at=now,
            expires_at=terms.expires_at,
            idempotency_key=key,
            request_digest=request,
            attributes=msgspec.json.encode(dict(new.attributes)),
            step="send",
        )
        by_name = {each.name: content for each, content in zip(files, contents, strict=True)}
        decided = await self._decided(bridge, row, state, by_name)
        said = say(bridge, state, Sent(terms=terms_digest(encoded)))
        envelope = WireEnvelope(terms=encoded, sent=said)
        kept = row

        def put(unit: Transaction) -> None:
            nonlocal kept
            kept = self._put(unit, row, digests, decided, envelope)

        # With the last of its documents the envelope is there, in one transaction.
        *before, last = zip(files, digests, strict=True)
        for file, digest in before:
            await self._keep(bridge, row, file, digest)
        await self._keep(bridge, row, *last, besides=put)
        if kept is not row:
            return self._again(kept, request, key)
        return Accepted(envelope=told(row, state, self._naming.name), terms=terms, repeated=False)

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
        envelope: WireEnvelope,
    ) -> EnvelopeRow:
        """All of it in one transaction; or what the same key has come to meanwhile."""
        known = envelope_of_key(unit.connection, system=row.system, key=row.idempotency_key or "")
        if known is not None:
            return known
        put_envelope(unit, row)
        at = row.created_at
        owe(unit, row.organisation, row.id, *dict.fromkeys(digests), envelope, at=at)
        self._ground.queue.enqueue(unit, [job_of(row.organisation, row.id, "created")])
        member = self._bridges.by_organisation[row.organisation].member
        record = noted(
            "sent",
            member,
            row.id,
            at=at,
            system=row.system,
            digests=sorted(digests),
            decisions=decided,
            **who_else(member, begin(row.terms)),
        )
        self._ground.audit.append(unit, record)
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
    if new.expires_at.tzinfo is not None and new.expires_at <= now:
        raise EnvelopeSenselessProblem(f"its time is over already at {new.expires_at.isoformat()}")
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


def _begun(encoded: bytes) -> EnvelopeState:
    try:
        return begin(encoded)
    except NotAllowedError as error:
        raise EnvelopeSenselessProblem(str(error)) from error


def _request_digest(new: NewEnvelope, files: Sequence[NewFile], digests: Sequence[str]) -> bytes:
    names = [[each.name, digest] for each, digest in zip(files, digests, strict=True)]
    return hashlib.sha256(_encode([new, names])).digest()
