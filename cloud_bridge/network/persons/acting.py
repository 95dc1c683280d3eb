"""What a person does in an envelope, said by the network once it is written and durable."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.state import EnvelopeState, PartyState, may_sign
from cloud_bridge.envelopes.statements import Act, Declined, Forwarded, Opened, Revision, Signed
from cloud_bridge.interfaces import Time
from cloud_bridge.model import LEVELS, Party, Person
from cloud_bridge.network.interfaces import EnvelopeBook, Persons
from cloud_bridge.network.persons.errors import ActError, ActReason, FieldsError
from cloud_bridge.network.persons.model import Signature, Visit
from cloud_bridge.network.persons.values import checked_signature, marks_for, may_draw, values_of
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.interfaces import Press, field_of
from cloud_bridge.network.problems import NotAllowedProblem

_MOST_TRIES = 4

_log = structlog.get_logger("network.persons")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in the envelope of its visit."""

    state: EnvelopeState
    each: PartyState
    person: Person

    @property
    def party(self) -> Party:
        """The party, as the terms have it."""
        return self.each.party

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do for it."""
        return not self.each.missing or self.state.status != "signing"

    @property
    def seals(self) -> int:
        """How many organisations have signed: what is shown is other than before with each."""
        return sum(
            each.state == "signed" and each.party.kind == "organisation"
            for each in self.state.parties
        )


class Acting:
    """Carries out what persons do.

    Args:
        book: where it is said.
        persons: the accounts.
        press: writes into documents.
        time: says when.
    """

    def __init__(self, book: EnvelopeBook, persons: Persons, press: Press, time: Time) -> None:
        self._book = book
        self._persons = persons
        self._press = press
        self._time = time
        # Who presses twice is signed once, and holds up nobody else at the press.
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def standing(self, visit: Visit) -> Standing | None:
        """Where the visit's person stands; None: it is no longer the one who is asked."""
        state = await self._book.state(visit.envelope)
        each = None if state is None else state.party(visit.party)
        person = await self._persons.person(visit.account)
        if state is None or each is None or person is None:
            return None
        return None if each.party.account != visit.account else Standing(state, each, person)

    async def content(self, visit: Visit, document: str) -> bytes | None:
        """A document as it is now; None: the envelope has none of this name, or not in the clear.

        The bytes are those of the digest that the record names, or there are none.
        """
        state = await self._book.state(visit.envelope)
        digest = None if state is None else state.current.get(document)
        return None if digest is None else await self._bytes(visit.envelope, digest)

    async def opened(self, visit: Visit) -> None:
        """It has begun to read. Whoever may not open it now does not disturb."""
        standing = await self._standing(visit)
        each = standing.each
        if each.state != "its-turn" and (each.state != "copy" or each.at is not None):
            return
        name = f"opened:{visit.party}:{visit.account}:{standing.state.sequence}"
        try:
            await self._say(visit, Opened(), name)
        except NotAllowedProblem as refused:
            _log.info("not_opened", envelope=visit.envelope, reason=refused.reason)

    def overtaken(self, visit: Visit, standing: Standing) -> bool:
        """Whether an organisation has put a revision of its own since the person read.

        What it put was not seen. Revisions of persons are the network's own: what stands in them is
        what the terms foresee, so nobody has to read anew for each of them.
        """
        read_at = visit.read_at
        return read_at is not None and any(
            each.state == "signed"
            and each.party.kind == "organisation"
            and each.at is not None
            and each.at >= read_at
            for each in standing.state.parties
        )

    def hindrance(self, standing: Standing) -> ActReason | None:
        """Why the person cannot sign now; None: it can."""
        state, now = standing.state, self._time.now()
        if standing.is_done or now >= state.terms.expires_at:
            return "over"
        if standing.each.state == "waiting":
            return "not-your-turn"
        if standing.party.id not in may_sign(state, at=now):
            return "somebody-signs"
        # Up to `contact` the check of the visit itself counts, and the record says which it was.
        needed = LEVELS.index(standing.party.level)
        known = LEVELS.index(standing.person.verification.level_at(now))
        if known < needed > LEVELS.index("contact"):
            return "level"
        if standing.party.handwriting == "required" and not may_draw(standing.party):
            return "no-place"
        return None

    def must_read(self, visit: Visit, standing: Standing) -> int:
        """Seconds that the person has still to read, by our clock."""
        if visit.reading_at is None:
            return standing.party.reading_seconds
        read = (self._time.now() - visit.reading_at).total_seconds()
        return max(0, -int(-(standing.party.reading_seconds - read) // 1))

    async def sign(self, visit: Visit, given: Mapping[str, str], signature: Signature) -> None:
        """Sign all documents. Where another was quicker, the documents are written once more.

        Raises:
            FieldsError: what was filled in or drawn is not as it must be.
            ActError: it cannot be signed now.
        """
        async with self._turns.setdefault((visit.envelope, visit.party), asyncio.Lock()):
            await self._sign(visit, given, signature)

    async def _sign(self, visit: Visit, given: Mapping[str, str], signature: Signature) -> None:
        for _ in range(_MOST_TRIES):
            standing = await self._standing(visit)
            if standing.each.state == "signed":
                return
            act = await self._written(visit, standing, given, signature)
            name = f"signed:{visit.party}"
            try:
                await self._say(visit, act, name)
            except NotAllowedProblem as refused:
                _log.info("not_signed", envelope=visit.envelope, reason=refused.reason)
                if refused.reason in {"other-base", "revisions"}:
                    continue
                raise _refused(refused) from refused
            _log.info("person_signed", envelope=visit.envelope, party=visit.party)
            return
        raise ActError("others keep signing", reason="busy")

    async def decline(self, visit: Visit, *, reason: str, remark: str) -> None:
        """Refuse to sign.

        Raises:
            ActError: there is nothing to refuse any more.
        """
        if (await self._standing(visit)).is_done:
            raise ActError("it is over", reason="over")
        act = Declined(reason=reason, remark=remark)
        try:
            await self._say(visit, act, f"declined:{visit.party}")
        except NotAllowedProblem as refused:
            raise _refused(refused) from refused

    async def forward(self, visit: Visit, *, to: Person) -> None:
        """Let another account sign instead; whoever sent the envelope makes a link for it.

        Raises:
            ActError: it cannot be forwarded any more.
        """
        standing = await self._standing(visit)
        if standing.is_done:
            raise ActError("it is over", reason="over")
        act = Forwarded(account=to.id, name=to.name)
        # Who gets it back may hand it on to the same person anew: that is another entry.
        name = f"forwarded:{visit.party}:{to.id}:{standing.state.sequence}"
        try:
            await self._say(visit, act, name)
        except NotAllowedProblem as refused:
            raise _refused(refused) from refused

    async def _say(self, visit: Visit, act: Act, id: str) -> None:  # noqa: A002 - the statement's own word
        """For the account of the visit: the party may have been handed on since it was read."""
        await self._book.say(visit.envelope, act, party=visit.party, id=id, account=visit.account)

    async def _written(
        self, visit: Visit, standing: Standing, given: Mapping[str, str], signature: Signature
    ) -> Signed:
        hindrance = self.hindrance(standing)
        if hindrance is not None:
            raise ActError(f"it cannot be signed: {hindrance}", reason=hindrance)
        if visit.read_at is None or self.must_read(visit, standing):
            raise ActError("it was not read for long enough", reason="not-read")
        if self.overtaken(visit, standing):
            raise ActError("another party has signed since it was read", reason="changed")
        if visit.checked_at is None and standing.party.level != "none":
            raise ActError("the person was not checked", reason="level")
        party, name = standing.party, standing.person.name
        values, sound = _checked(party, given, signature, name)
        revisions = []
        for document, digest in standing.state.current.items():
            base = await self._bytes(visit.envelope, digest)
            if base is None:
                raise ActError(f"{document} is not here as it was stated", reason="document")
            marks = marks_for(party, document, values, sound)
            try:
                pressed = await self._press.press(
                    base, marks, name=name, envelope=visit.envelope, party=party.id
                )
            except PressError as error:
                raise _unwritten(error, visit.envelope) from error
            content = plain(pressed.document, envelope=visit.envelope)
            await self._book.put_content(content)
            revisions.append(
                Revision(
                    document=document,
                    base=digest,
                    digest=content.head.digest,
                    size=content.head.size,
                    container=pressed.container,
                    field=field_of(visit.envelope, party.id),
                )
            )
        since = visit.reading_at or visit.read_at
        return Signed(
            revisions=tuple(revisions),
            values=values,
            handwritten=sound.drawn is not None,
            read_seconds=int((self._time.now() - since).total_seconds()),
            method=visit.method,
        )

    async def _standing(self, visit: Visit) -> Standing:
        standing = await self.standing(visit)
        if standing is None:
            raise ActError("another is asked now", reason="over")
        return standing

    async def _bytes(self, envelope: str, digest: str) -> bytes | None:
        content = await self._book.content(envelope, digest)
        sound = hashlib.sha256(content.body).hexdigest() == digest
        return content.body if content.head.mode == "open" and sound else None


def _checked(
    party: Party, given: Mapping[str, str], signature: Signature, name: str
) -> tuple[dict[str, str], Signature]:
    """Everything that is wrong is told at once."""
    faults: dict[str, str] = {}
    values: dict[str, str] = {}
    try:
        values = values_of(party, given)
    except FieldsError as error:
        faults.update(error.faults)
    try:
        signature = checked_signature(party, signature, name=name)
    except FieldsError as error:
        faults.update(error.faults)
    if faults:
        raise FieldsError(faults)
    return values, signature


def _unwritten(error: PressError, envelope: str) -> FieldsError | ActError:
    if error.reason == "text":
        return FieldsError({error.field: "unwritable"})
    _log.error("not_pressed", envelope=envelope, reason=error.reason, error=str(error))
    return ActError(str(error), reason="document")


def _refused(refused: NotAllowedProblem) -> ActError:
    reasons: dict[str, ActReason] = {
        "others-pen": "somebody-signs",
        "not-its-turn": "over",
        "over": "over",
    }
    return ActError(refused.detail, reason=reasons.get(refused.reason, "busy"))
