"""How an approval is told: what is asked, by which rule, of which document, and what was said."""

from datetime import datetime
from typing import Any

import msgspec

from gateway.approvals.model import Asked, subject_of
from gateway.approvals.showing import ApprovalView
from gateway.approvals.statements import said_in
from gateway.http.answers import camel
from gateway.store.rows.approvals import ApprovalStatementRow
from policies.deciding.telling import permission
from policies.model import DocumentFacts
from policies.objects.rules import PermitRule

_encoder = msgspec.json.Encoder(order="deterministic")


def summary(shown: ApprovalView) -> dict[str, Any]:
    """One line of a list. Digests are hex, moments RFC 3339."""
    row, request = shown.row, shown.asked.request
    return {
        "id": row.id,
        "state": shown.state,
        "createdAt": _moment(row.created_at),
        "expiresAt": _moment(row.expires_at),
        "system": row.system,
        "company": request.caller.company,
        "seal": row.seal,
        "documentType": row.document_type,
        "businessNumber": request.business_number,
        "rule": row.rule or None,
        "outstanding": [
            {"count": stage.count, "roles": sorted(stage.roles)}
            for stage in shown.standing.outstanding
        ],
        "links": {"self": f"/v1/approvals/{row.id}"},
    }


def whole(shown: ApprovalView) -> dict[str, Any]:
    """All that whoever approves should see; `statement` is what they sign, but for `act` and `at`.

    It is None where nobody was asked: an OA system's approval came with the request.
    """
    row, asked = shown.row, shown.asked
    return {
        **summary(shown),
        "requestedBy": sorted(asked.requesters),
        "attributes": asked.request.attributes,
        "placement": _plain(asked.request.placement),
        "document": {"sha256": row.document_digest.hex()},
        "facts": facts(asked.facts),
        "policy": policy(asked),
        "statements": [_statement(said, shown) for said in shown.statements],
        "usedBy": row.used_by,
        "closedFor": row.closed_for,
        "bundle": row.bundle,
        "trace": asked.trace_id,
        "statement": None if asked.rule is None else msgspec.to_builtins(subject_of(row)),
    }


def facts(found: DocumentFacts) -> dict[str, Any]:
    """What is known of the document; `content` where a rule asks for it."""
    told: dict[str, Any] = _plain(msgspec.structs.replace(found, content=msgspec.UNSET))
    if isinstance(found.content, msgspec.UnsetType):
        return told
    # The names of fields are the template's own, and stay as they are.
    content = msgspec.structs.replace(found.content, fields={})
    return {**told, "content": {**_plain(content), "fields": found.content.fields}}


def policy(asked: Asked) -> dict[str, Any] | None:
    """The rule that asked, as it was then, and in words."""
    if asked.rule is None or asked.decision is None:
        return None
    return {"words": permission(asked.rule), "when": asked.rule.when, "text": _rule(asked.rule)}


def _rule(rule: PermitRule) -> dict[str, Any]:
    told: dict[str, Any] = _plain(rule)
    return told


def _statement(said: ApprovalStatementRow, shown: ApprovalView) -> dict[str, Any]:
    return {
        "by": said.subject,
        "act": said.act,
        "at": _moment(said.at),
        "reason": said_in(said.statement).get("reason", ""),
        "source": said_in(said.statement).get("iss", "person"),
        "counts": f"{said.approval}/{said.subject}" in shown.standing.counted,
        "auditIndex": said.audit_index,
        "statement": said.statement,
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    return camel(msgspec.json.decode(_encoder.encode(value)))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
