"""What persons and bearers gave along when they signed is kept here with the envelope.

The record says who gave what, where and when; the network has the files, each by its digest.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Attachment
from cloud_bridge.errors import NetworkLiesError
from gateway.audit.record import Record
from gateway.envelopes.errors import EnvelopeTooLargeToTakeProblem
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.contents import Contents, Part
from gateway.envelopes.keeping.noting import noted
from gateway.envelopes.keeping.versions import signed_acts
from gateway.envelopes.model import EvidenceTold
from gateway.signing.digests import sha256_of
from gateway.store.engines.lane import Transaction

_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def evidence_in(state: EnvelopeState, entries: Sequence[Entry]) -> tuple[EvidenceTold, ...]:
    """Of each person or bearer who signed, what it told and gave along; oldest first."""
    found = []
    for statement, act, at in signed_acts(entries):
        told = state.party(statement.party)
        if told is None or told.party.kind == "organisation":
            continue
        found.append(
            EvidenceTold(
                party=statement.party,
                at=at,
                acted_at=act.acted_at,
                late=act.late,
                method=act.method,
                place=act.place,
                goods=act.goods,
                remark=act.remark,
                attachments=act.attachments,
            )
        )
    return tuple(found)


async def take_evidence(
    ground: Ground,
    contents: Contents,
    member: Member,
    state: EnvelopeState,
    entries: Sequence[Entry],
    *,
    most_bytes: int,
) -> None:
    """Fetch what was given along and is not here, and keep it.

    Args:
        ground: what the room stands on.
        contents: keeps it.
        member: whose copy it is.
        state: of the envelope.
        entries: its record.
        most_bytes: what is larger is not even fetched.

    Raises:
        EnvelopeTooLargeToTakeProblem: it is not even fetched.
        NetworkError: it cannot be fetched, or is something else than was told.
        StoreProblem: it cannot be kept.
    """
    envelope = state.terms.envelope
    told = tuple(_attachments(state, entries))
    here = await contents.here(member.organisation, envelope) if told else {}
    for each in told:
        if each.digest in here:
            continue
        if each.size > most_bytes:
            raise EnvelopeTooLargeToTakeProblem(
                f"{each.name} has {each.size:,} bytes; at most {most_bytes:,} are taken"
            )
        content = await contents.fetch(member, envelope, each.digest)
        digest = (await sha256_of(content)).hex()
        if (len(content), digest) != (each.size, each.digest):
            raise NetworkLiesError(
                f"{each.name} has {len(content):,} bytes and SHA-256 {digest[:16]}…; told were "
                f"{each.size:,} and {each.digest[:16]}…",
                lie="content",
            )
        now = ground.clock.now()
        record = noted("received", member, envelope, at=now, digest=each.digest)
        await contents.keep(
            member,
            envelope,
            each.name,
            content,
            parts=[Part(each.digest, each.size)],
            suffix=_SUFFIXES.get(each.media_type, "bin"),
            besides=partial(_noted, ground, record),
        )


def _noted(ground: Ground, record: Record, unit: Transaction) -> None:
    ground.audit.append(unit, record)


def _attachments(state: EnvelopeState, entries: Sequence[Entry]) -> Iterator[Attachment]:
    if state.terms.mode == "digest":
        return  # the network has no files
    known = set()
    for told in evidence_in(state, entries):
        for each in told.attachments:
            if each.digest not in known:
                known.add(each.digest)
                yield each
