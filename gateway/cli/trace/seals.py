"""A document and its seals: who asked, what was decided and why, who approved, where it lies."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, or_, select

from gateway.cli.trace.model import Sealed, Step
from gateway.cli.trace.records import step_of, steps_naming
from gateway.store.engines.moments import moment
from gateway.store.schema import activation, approval, approval_statement, document

_request = msgspec.json.Decoder(dict[str, Any])


def rows_of(connection: Connection, act: str) -> list[Row[Any]]:
    """The parts of an act, in order; of a seal alone the one row."""
    query = select(document).where(or_(document.c.id == act, document.c.act == act))
    return list(connection.execute(query.order_by(document.c.part)))


def facts_of(row: Row[Any]) -> Sealed:
    """What the row says."""
    decision = _request.decode(bytes(row.decision))
    return Sealed(
        id=row.id,
        part=row.part,
        parts=row.parts,
        state=row.state,
        system=row.system,
        company=row.company,
        seal=row.seal,
        document_type=row.document_type,
        business_number=row.business_number,
        idempotency_key=row.idempotency_key,
        trace_id=row.trace_id,
        input_sha256=bytes(row.input_digest).hex(),
        output_sha256=None if row.output_digest is None else bytes(row.output_digest).hex(),
        rules=tuple(each["rule"] for each in decision.get("reasons", ())),
        bundle=str(decision.get("bundle", "")),
        intent_record=row.intent_index,
        outcome_record=row.outcome_index,
    )


def steps_of(connection: Connection, row: Row[Any], documents: Path) -> Iterator[Step]:
    """From who asked to where it lies."""
    intent, said = step_of(connection, row.intent_index)
    yield Step(at=intent.at, what="asked", told=_asked(row))
    yield from approvals_for(connection, row)
    yield Step(at=intent.at, what="allowed", told=_decided(connection, row))
    key = f"; key {said['key']}, {said['mechanism']}" if "key" in said else ""
    yield msgspec.structs.replace(intent, told=f"{intent.told}{key}")
    if row.outcome_index is not None:
        outcome, _ = step_of(connection, row.outcome_index)
        yield outcome
        yield Step(at=outcome.at, what="archived", told=_archived(row, documents))
    else:
        later = steps_naming(connection, row.id, first=row.intent_index + 1)
        ended = [step for step, _ in later]
        yield from ended
        if not ended:
            told = "no outcome: it is under way, or the gateway stopped in between"
            yield Step(at=None, what="interrupted", told=told)
    if row.erased_index is not None:
        yield step_of(connection, row.erased_index)[0]


def approvals_for(connection: Connection, row: Row[Any]) -> Iterator[Step]:
    """Those that the act used, with what each person said."""
    used = approval.c.used_by.in_([row.id, row.act] if row.act else [row.id])
    query = select(approval).where(used, approval.c.seal == row.seal)
    for each in connection.execute(query.order_by(approval.c.created_at)).all():
        yield from steps_of_approval(connection, each)


def steps_of_approval(connection: Connection, row: Row[Any]) -> Iterator[Step]:
    """When it was asked for and why, and who said what."""
    why = f"rule {row.rule} asks people" if row.rule else "an OA system approved"
    yield Step(
        at=moment(row.created_at),
        what="approval",
        told=f"{why}; approval {row.id}, {row.state}, until {moment(row.expires_at):%Y-%m-%d}",
    )
    of_it = approval_statement.c.approval == row.id
    said = select(approval_statement).where(of_it).order_by(approval_statement.c.audit_index)
    for each in connection.execute(said):
        told = f"{each.act} by {each.subject}; approval {row.id}"
        yield Step(at=moment(each.at), what="approval", told=told, record=each.audit_index)


def _asked(row: Row[Any]) -> str:
    request = _request.decode(bytes(row.request))
    person = f", for {request['requested_by']}" if request.get("requested_by") else ""
    return (
        f"{row.system} of company {row.company or request['caller']['company']}{person} asked for "
        f"{row.seal} on {row.document_type} {row.business_number}; idempotency key "
        f"{row.idempotency_key}, trace {row.trace_id}"
    )


def _decided(connection: Connection, row: Row[Any]) -> str:
    decision = _request.decode(bytes(row.decision))
    reasons = "; ".join(f"{each['rule']}: {each['message']}" for each in decision["reasons"])
    bundle = str(decision["bundle"])
    activated = connection.execute(
        select(activation).where(activation.c.digest == bundle).order_by(activation.c.sequence)
    ).first()
    policies = f"policies {bundle[:19]}…"
    if activated is not None:
        since = f"{moment(activated.at):%Y-%m-%d %H:%M:%SZ}"
        policies = f"bundle number {activated.sequence} ({bundle[:19]}…), in force since {since}"
    grant = f"; grant {decision['grant']}" if decision.get("grant") else ""
    return f"by {reasons}; {policies}{grant}"


def _archived(row: Row[Any], documents: Path) -> str:
    if row.erased_index is not None:
        return f"its content is erased, as record {row.erased_index} says"
    if row.segment is None:
        return "a part of the act, which is not kept alone"
    there = "" if (documents / row.segment).exists() else ", WHICH IS NOT THERE"
    until = (
        "for good"
        if row.keep_until is None
        else f"until {datetime.fromtimestamp(row.keep_until, UTC):%Y-%m-%d}"
    )
    return (
        f"{row.output_bytes:,} bytes, SHA-256 {bytes(row.output_digest).hex()}, at byte "
        f"{row.segment_offset:,} of {documents / row.segment}{there}; kept {until}"
    )
