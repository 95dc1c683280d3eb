"""Count each release in the transaction that makes it: what is counted and what is kept agree."""

from collections.abc import Callable
from typing import Final, cast

import msgspec

from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction
from gateway.store.engines.statements import Row, RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.rows.documents import DocumentRow
from gateway.store.schema import seal_usage
from gateway.usage.model import Way
from policies.calendar import office_day
from policies.model import SealRequest

_DEPARTMENT: Final = "department"
_KEYS: Final = ("day", "company", "department", "system", "seal", "document_type", "way")


def _together(earlier: Row, later: Row) -> Row:
    *key, seals, documents = later
    before = cast("tuple[int, int]", earlier[-2:])
    return *key, before[0] + cast("int", seals), before[1] + cast("int", documents)


_new = upsert(seal_usage)
_add = RowStatement(
    _new.on_conflict_do_update(
        index_elements=[seal_usage.c[name] for name in _KEYS],
        set_={
            "seals": seal_usage.c.seals + _new.excluded.seals,
            "documents": seal_usage.c.documents + _new.excluded.documents,
        },
    ),
    *_KEYS,
    "seals",
    "documents",
    key=len(_KEYS),
    merged=_together,
)

UsageCount = tuple[str, str, str, str, str, str, Way, int, int]
"""Day, company, department, system, seal, document type, way; then seals and documents."""

Told = Callable[[list[UsageCount]], None]
"""Is given what was counted once it is durable, on the lane's thread."""


class _Decided(msgspec.Struct):
    """What matters here of `policies.model.Allowed`."""

    approvals: tuple[str, ...] = ()


_decision = msgspec.json.Decoder(_Decided)


class UsageBook:
    """Implements `gateway.signing.guard.Releasing`."""

    def __init__(self, *, tell: Told) -> None:
        self._tell = tell

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        """Count every seal of the act, and the document with its last."""
        way = _way(request, row)
        day = office_day(row.signed_at).isoformat()
        *before, last = request.seal_requests
        for asked in (*before, last):
            caller = asked.caller
            counted: UsageCount = (
                day,
                caller.company,
                department_of(asked),
                caller.system,
                asked.seal,
                asked.document_type,
                way,
                1,
                int(asked is last),
            )
            transaction.later(_add, counted)
            transaction.after_commit(self._tell, counted)


def department_of(asked: SealRequest) -> str:
    """The business line of the system, or what the request's attribute `department` says."""
    line = asked.caller.line
    if not isinstance(line, msgspec.UnsetType):
        return line
    said = asked.attributes.get(_DEPARTMENT, "")
    return said if isinstance(said, str) else ""


def _way(request: SigningRequest, row: DocumentRow) -> Way:
    asked = request.seal_request
    if asked.requested_by is not msgspec.UNSET or asked.caller.person is not msgspec.UNSET:
        return "manual"
    return "manual" if _decision.decode(row.decision).approvals else "automatic"
