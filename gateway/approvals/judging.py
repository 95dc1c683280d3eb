"""Whether exported approvals were valid: by signatures, policies and the log, without a gateway."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from gateway.approvals.errors import ProofUnreadableError
from gateway.approvals.judged_statements import (
    JudgedStatement,
    WeighedStatement,
    is_recorded,
    told,
    weighed_statements,
)
from gateway.approvals.model import Asked, asked_of, rule_named
from gateway.approvals.proof import Proof, row_of, statements_of
from gateway.approvals.proved_records import ProvedRecords, moment_of, records_of
from gateway.approvals.rejections import outlives, rejected_until
from gateway.audit.checkpoint import LogKey
from gateway.signing.records import request_digest
from gateway.store.rows.approvals import ApprovalRow, ApprovalStatementRow
from policies.bundle import Bundle
from policies.deciding.approving import Standing, standing
from policies.model import SealRequest, Stage
from policies.objects.rules import Approvals, PermitRule

# msgspec's own errors are ValueErrors.
_NOT_AS_EXPORTED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofVerdict:
    """What is found.

    Attributes:
        row: the approval that was named first.
        asked: what people were asked.
        rule: the rule that asks.
        judged_at: the moment for which it is said: of the use, or else of the last statement that
            a record tells.
        stages: what the rule asks for.
        statements: what was said.
        problems: why it is not valid; none: it is.
        in_log: whether the records were proved to be the log's; False: nobody gave the log's key.
        output: SHA-256 of what was sealed, hex; None: nothing was.
    """

    row: ApprovalRow
    asked: Asked
    rule: str
    judged_at: datetime
    stages: tuple[Stage, ...]
    statements: tuple[JudgedStatement, ...]
    problems: tuple[str, ...]
    in_log: bool
    output: str | None

    @property
    def is_valid(self) -> bool:
        """Whether all that the rule asks for was given, in time, for exactly this."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Case:
    """What is judged: the rows, what the log says, and the moment."""

    rows: tuple[tuple[ApprovalRow, tuple[ApprovalStatementRow, ...]], ...]
    records: ProvedRecords
    intent: dict[str, Any] | None
    at: datetime
    rule: str
    bundle: str

    @property
    def row(self) -> ApprovalRow:
        return self.rows[0][0]


def judge(proof: Proof, bundle: Bundle, *, log_key: LogKey | None) -> ProofVerdict:
    """Say of exported approvals whether they were valid.

    Args:
        proof: the export.
        bundle: the policies that decided; their digest is compared.
        log_key: of the audit log; without it the records are believed, and `in_log` says so.

    Raises:
        ProofUnreadableError: a part of the export cannot be read.
    """
    with _told_unreadable():
        return _judged(_case(proof, records_of(proof, log_key=log_key)), proof, bundle, log_key)


def deciding_digest(proof: Proof) -> str:
    """Of the policies by which the approval was used, or else asked for.

    Raises:
        ProofUnreadableError: a part of the export cannot be read.
    """
    with _told_unreadable():
        return _case(proof, records_of(proof, log_key=None)).bundle


@contextmanager
def _told_unreadable() -> Iterator[None]:
    """Leaves and rows are anybody's JSON: whatever is not there, or beyond a calendar, is told."""
    try:
        yield
    except _NOT_AS_EXPORTED as error:
        raise ProofUnreadableError(f"it is not what an export looks like: {error}") from error


def _case(proof: Proof, records: ProvedRecords) -> _Case:
    rows = tuple((row_of(each), statements_of(each)) for each in proof.approvals)
    row = rows[0][0]
    intent = _intent(records, row.used_by)
    said = [
        each.at
        for its, statements in rows
        for each in statements
        if is_recorded(its, each, records)
    ]
    if intent is None:
        at, rule, digest = max(said, default=row.created_at), row.rule, row.bundle
    else:
        decision = intent["decision"]
        at, rule, digest = moment_of(intent), decision["reasons"][0]["rule"], decision["bundle"]
    return _Case(rows, records, intent, at, rule, digest)


def _intent(records: ProvedRecords, document: str | None) -> dict[str, Any] | None:
    """The intent that was sealed; or the newest, where nothing was."""
    if document is None:
        return None
    sealed = records.of_kind("outcome", document=document, result="sealed")
    if sealed is None:
        return records.of_kind("intent", document=document)
    return records.at(sealed["intent"], "intent", document=document)


def _judged(case: _Case, proof: Proof, bundle: Bundle, log_key: LogKey | None) -> ProofVerdict:
    row = case.row
    asked = asked_of(row)
    rule = rule_named(bundle, case.rule)
    wanted = None if rule is None else rule.approvals
    statements = [
        each
        for its, said in case.rows
        for each in weighed_statements(
            bundle, its, said, case.records, request=asked.request, at=case.at
        )
    ]
    found = _standing(wanted, _heard(case, statements), asked.request, case.at)
    outcome = case.records.of_kind("outcome", document=row.used_by, result="sealed")
    return ProofVerdict(
        row=row,
        asked=asked,
        rule=case.rule,
        judged_at=case.at,
        stages=() if wanted is None else wanted.stages,
        statements=tuple(told(each, found) for each in statements),
        problems=(
            *case.records.problems,
            *_of_the_policies(case, asked, rule, bundle),
            *_of_the_request(case, asked, proof),
            *_of_the_rows(case),
            *_of_the_use(case, found),
            *_of_the_statements(case, found, wanted),
        ),
        in_log=log_key is not None and not case.records.problems,
        output=None if outcome is None else outcome["output"],
    )


def _standing(
    wanted: Approvals | None,
    statements: Sequence[WeighedStatement],
    request: SealRequest,
    at: datetime,
) -> Standing:
    if wanted is None:
        return Standing(outstanding=(), counted=())
    given = [each.given for each in statements if each.given is not None]
    return standing(wanted, given, request=request, at=at)


def _heard(case: _Case, statements: Sequence[WeighedStatement]) -> list[WeighedStatement]:
    """Without what was given for an approval beside that was rejected, or before it ended."""
    beside = {row.id: row for row, _ in case.rows[1:] if row.state == "rejected"}
    before = [beside[name] for name in _rejected_before_use(case) if name in beside]
    until = rejected_until(before)
    rows = {row.id: row for row, _ in case.rows}
    return [
        each
        for each in statements
        if each.said.approval not in beside
        and (each.given is None or outlives(rows[each.said.approval], each.given, until))
    ]


def _rejected_before_use(case: _Case) -> frozenset[str]:
    """Approvals that were rejected before the document's first intent, which used all up."""
    uses = [
        index
        for index, said in case.records.said.items()
        if said.get("kind") == "intent" and said.get("document") == case.row.used_by
    ]
    first = min(uses, default=None)
    return frozenset(
        said.approval
        for _, statements in case.rows
        for said in statements
        if said.act == "reject" and (first is None or said.audit_index < first)
    )


def _stands(case: _Case, row: ApprovalRow) -> bool:
    """Whether the rejection of an approval beside is one of the use that is judged."""
    at = max(case.at, case.row.created_at)
    return row.id in _rejected_before_use(case) and at < row.expires_at


def _of_the_policies(
    case: _Case, asked: Asked, rule: PermitRule | None, bundle: Bundle
) -> Iterator[str]:
    if bundle.digest != case.bundle:
        yield (
            f"the policies are {bundle.digest}, and it was decided by {case.bundle}: name those "
            "with --policies"
        )
    if rule is None or rule.approvals is None:
        yield f"by these policies no rule {case.rule!r} asks for approvals"
    elif asked.rule is not None and asked.rule != rule:
        yield f"people were asked by a rule that reads otherwise than {case.rule!r} does"


def _of_the_request(case: _Case, asked: Asked, proof: Proof) -> Iterator[str]:
    """Statements name a digest of the request: what is shown of it has to be that."""
    row = case.row
    shown = [msgspec.json.decode(each, type=SealRequest) for each in proof.requests]
    if request_digest(shown, row.document_digest) != row.request_digest:
        yield (
            "what it shows of the request is not what was approved; or several seals were asked "
            "for in one act that is not sealed yet"
        )
    own = request_digest((asked.request,), row.document_digest)
    if own not in {request_digest((each,), row.document_digest) for each in shown}:
        yield "the request that people were shown is none of those that were asked"
    if (asked.request.seal, asked.request.document_type) != (row.seal, row.document_type):
        yield "seal or document type are not those of the request"


def _is_for(row: ApprovalRow) -> tuple[object, ...]:
    document = row.document_digest
    own = request_digest((asked_of(row).request,), document)
    return row.request_digest, document, row.seal, row.document_type, own


def _of_the_rows(case: _Case) -> Iterator[str]:
    for row, _ in case.rows:
        if _is_for(row) != _is_for(case.row):
            yield f"approval {row.id} is for something else than {case.row.id}"
        recorded = case.records.of_kind(
            "asked",
            approval=row.id,
            seal=row.seal,
            document_type=row.document_type,
            input=row.document_digest.hex(),
            rule=row.rule,
            bundle=row.bundle,
            expires=int(row.expires_at.timestamp()),
        )
        if recorded is None and not row.is_from_oa:
            yield f"no record of the log says that people were asked for {row.id}"


def _of_the_use(case: _Case, found: Standing) -> Iterator[str]:
    row, intent = case.row, case.intent
    if row.used_by is None:
        return
    if intent is None:
        yield f"it was used for document {row.used_by}, of which no record of the log is there"
        return
    if (intent["input"], intent["seal"], intent["document_type"]) != (
        row.document_digest.hex(),
        row.seal,
        row.document_type,
    ):
        yield f"document {row.used_by} is another one, by the log"
    missing = sorted(set(intent["decision"].get("approvals", ())) - set(found.counted))
    if missing:
        yield f"the use rests on {', '.join(missing)}, which does not count"


def _of_the_statements(case: _Case, found: Standing, wanted: Approvals | None) -> Iterator[str]:
    for row, statements in case.rows:
        if row.state == "rejected" and row is not case.row and not _stands(case, row):
            continue
        rejected = next((said for said in statements if said.act == "reject"), None)
        if row.state == "rejected" or rejected is not None:
            who = "somebody" if rejected is None else rejected.subject
            yield f"it was rejected by {who}"
    if wanted is not None and found.outstanding:
        missing = "; ".join(
            f"{stage.count} of {', '.join(sorted(stage.roles))}" for stage in found.outstanding
        )
        yield f"approvals are missing: {missing}"
