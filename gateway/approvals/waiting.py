"""Uses that wait for people: asked once, however often the request comes again."""

from collections.abc import Callable
from datetime import timedelta

from gateway.approvals import records
from gateway.approvals.model import Asked, asked_of, concerned, rule_named, written
from gateway.audit.log import AuditLog
from gateway.seals.in_force import InForce
from gateway.signing.guard import Waiting
from gateway.signing.ids import new_document_id
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import ApprovalRow, approvals_of, put_approval, put_concerned
from policies.objects.rules import PermitRule


class WaitingUses:
    """Implements `gateway.signing.guard.WaitingRoom`: a row and an `asked` record for each."""

    def __init__(self, *, audit: AuditLog, in_force: Callable[[], InForce]) -> None:
        self._audit = audit
        self._in_force = in_force

    def ask(self, transaction: Transaction, waiting: Waiting) -> str | None:
        """See `WaitingRoom`."""
        name = waiting.decision.reasons[0].rule
        rule = rule_named(self._in_force().bundle, name)
        if rule is None:
            # Other policies came into force this very moment; the next try is decided by them.
            return None
        earlier = approvals_of(
            transaction, request_digest=waiting.act_digest, seal=waiting.asked.seal
        )
        for row in reversed(earlier):
            # What was asked by a rule that reads otherwise now is asked anew.
            if row.is_open(waiting.at) and row.rule == name and asked_of(row).rule == rule:
                return row.id
        return self._ask_anew(transaction, waiting, name, rule)

    def _ask_anew(
        self, transaction: Transaction, waiting: Waiting, name: str, rule: PermitRule
    ) -> str:
        asked, decision = waiting.asked, waiting.decision
        what = Asked(
            request=asked,
            facts=waiting.facts,
            decision=decision,
            rule=rule,
            trace_id=waiting.trace_id,
        )
        row = ApprovalRow(
            id=new_document_id(waiting.at),
            state="pending",
            created_at=waiting.at,
            # Whole seconds, as the statements say it.
            expires_at=waiting.at.replace(microsecond=0)
            + timedelta(seconds=decision.expires_seconds),
            system=asked.caller.system,
            request_digest=waiting.act_digest,
            document_digest=waiting.input_digest,
            seal=asked.seal,
            document_type=asked.document_type,
            rule=name,
            bundle=decision.bundle,
            asked=written(what),
        )
        self._audit.append(transaction, records.asked(row, what))
        put_approval(transaction, row)
        put_concerned(transaction, row.id, concerned(row, what))
        return row.id
