"""Approvals and what people said: a changed row could be approved otherwise, or used twice."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.audit.kept.interfaces import Finding, Leaf, microseconds_of
from gateway.store.schema import approval, approval_statement

_MICROSECONDS = 1_000_000


@dataclass(slots=True)
class ApprovalRows:
    """Implements `gateway.audit.kept.interfaces.KeptRows`."""

    _asked: dict[str, tuple[int, Leaf]] = field(default_factory=dict)
    _statements: dict[tuple[str, str], tuple[int, tuple[object, ...]]] = field(default_factory=dict)
    _closed: dict[str, str] = field(default_factory=dict)
    _rejected: set[str] = field(default_factory=set)
    _used: dict[str, tuple[int, str]] = field(default_factory=dict)
    _ends: dict[str, int] = field(default_factory=dict)
    _forgotten_before: int = 0
    _uses: list[tuple[int, str, str]] = field(default_factory=list)

    def account(self, index: int, leaf: Leaf) -> None:
        """See `KeptRows`."""
        name = str(leaf.get("approval"))
        if leaf.get("kind") in {"asked", "approval"} and "expires" in leaf:
            self._ends[name] = int(leaf["expires"])
        match leaf.get("kind"):
            case "asked":
                self._asked[name] = index, leaf
            case "approval":
                said = leaf.get("act"), leaf.get("statement_digest"), microseconds_of(leaf), index
                self._statements[name, str(leaf.get("by"))] = index, said
                if leaf.get("act") == "reject":
                    self._rejected.add(name)
            case "approval-closed":
                self._closed[name] = str(leaf.get("why"))
            case "intent":
                # Each of its ids is an approval's and a person's.
                for each in leaf.get("decision", {}).get("approvals", ()):
                    used = index, str(leaf.get("document"))
                    self._used.setdefault(str(each).partition("/")[0], used)
                    self._uses.append((*used, str(each).partition("/")[0]))
            case "forgotten":
                self._forgotten_before = max(self._forgotten_before, int(leaf["before"]))
            case _:
                pass

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """See `KeptRows`."""
        # An approval of an OA system was asked nobody here; its first record is what it said.
        missing = {name: index for (name, _), (index, _) in reversed(self._statements.items())}
        missing |= {name: index for name, (index, _) in self._asked.items()}
        rows = connection.execute(select(approval)).all()
        self._use_up_beside(rows, missing)
        for row in rows:
            index = missing.pop(str(row.id), None)
            if index is None:
                yield Finding(None, f"approval {row.id} is in the store, but no record tells of it")
            else:
                yield from self._against(row, index)
        forgotten = {name for name in missing if self._is_forgotten(name)}
        for name, index in missing.items():
            if name not in forgotten:
                yield Finding(index, f"approval {name} of record {index} is gone from the store")
        yield from self._said(connection, forgotten)

    def _use_up_beside(self, rows: Sequence[Row[Any]], recorded: Mapping[str, int]) -> None:
        """A use takes along all that was asked or given for it before, not rejected or closed."""
        same_use = {str(row.id): (row.request_digest, row.seal) for row in rows}
        uses: dict[tuple[object, object], list[tuple[int, str]]] = {}
        for index, document, name in self._uses:
            if name in same_use:
                uses.setdefault(same_use[name], []).append((index, document))
        for name, use in same_use.items():
            is_settled = name in self._rejected or name in self._used or name in self._closed
            if is_settled or name not in recorded:
                continue
            later = [each for each in uses.get(use, ()) if each[0] > recorded[name]]
            if later:
                self._used[name] = min(later)

    def _against(self, row: Row[Any], index: int) -> Iterator[Finding]:
        _, leaf = self._asked.get(str(row.id), (index, {}))
        # The row of an OA system's approval has no rule, and the log no more of it.
        wanted = {
            "system": row.system,
            "seal": row.seal,
            "document_type": row.document_type,
            "rule": row.rule,
            "bundle": row.bundle,
            "input": _hex(row.document_digest),
            "expires": _seconds(row.expires_at),
        }
        if (not leaf and row.rule) or any(
            leaf.get(name, wanted[name]) != wanted[name] for name in wanted
        ):
            yield Finding(index, f"approval {row.id} is not what record {index} says")
            return
        used = self._used.get(str(row.id))
        if (None if used is None else used[1]) != row.used_by or (
            (row.state, row.closed_for)
            != (self._state(str(row.id)), self._closed.get(str(row.id), ""))
        ):
            at = index if used is None else used[0]
            yield Finding(at, f"approval {row.id}: the log says otherwise of its state and use")

    def _state(self, name: str) -> str:
        if name in self._used:
            return "used"
        if name in self._rejected:
            return "rejected"
        return "closed" if name in self._closed else "pending"

    def _said(self, connection: Connection, forgotten: set[str]) -> Iterator[Finding]:
        unsaid = dict(self._statements)
        for row in connection.execute(select(approval_statement)):
            who = str(row.approval), str(row.subject)
            index, said = unsaid.pop(who, (None, ()))
            if said != (row.act, _digest(row.statement), row.at, row.audit_index):
                yield Finding(index, f"the log says otherwise of {who[1]}'s word on {who[0]}")
        for (name, person), (index, _) in unsaid.items():
            # While the approval is there, so is all that was said of it.
            if name not in forgotten:
                yield Finding(index, f"{person}'s word of record {index} on {name} is gone")

    def _is_forgotten(self, name: str) -> bool:
        """Whether it may be missing: it ended before what the log says was forgotten."""
        end = self._ends.get(name)
        return end is not None and end < self._forgotten_before


def _digest(statement: object) -> str:
    covered = str(statement).rpartition(".")[0]
    return hashlib.sha256(covered.encode(errors="replace")).hexdigest()


def _seconds(microseconds: object) -> object:
    # A tool that edited the row may have left anything in it.
    return microseconds // _MICROSECONDS if isinstance(microseconds, int) else microseconds


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
