"""Freezes and what officers said for their end: a row less would let seals go on."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from gateway.audit.kept.interfaces import Finding, Leaf, microseconds_of
from gateway.statements import StatementInvalidError, base64url
from gateway.store.schema import freeze, unfreeze

_Record = tuple[int, Leaf]
_Said = tuple[str, str]
"""A freeze and a person."""


@dataclass(slots=True)
class FreezeRows:
    """Implements `gateway.audit.kept.interfaces.KeptRows`."""

    _frozen: dict[str, _Record] = field(default_factory=dict)
    _statements: dict[_Said, tuple[int, str, int]] = field(default_factory=dict)
    _ended: dict[str, int] = field(default_factory=dict)

    def account(self, index: int, leaf: Leaf) -> None:
        """See `KeptRows`."""
        name = str(leaf.get("freeze"))
        if leaf.get("kind") == "freeze":
            self._frozen[name] = index, leaf
        elif leaf.get("kind") == "unfreeze":
            said = zip(leaf.get("by", ()), leaf.get("statement_digests", ()), strict=False)
            for person, digest in said:
                self._statements[name, str(person)] = index, str(digest), microseconds_of(leaf)
            if leaf.get("ended") is True:
                self._ended[name] = index

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """See `KeptRows`."""
        missing, unsaid = dict(self._frozen), dict(self._statements)
        for row in connection.execute(select(freeze)):
            found = missing.pop(str(row.id), None)
            yield from self._against(row, found)
        for name, (index, _) in missing.items():
            yield Finding(index, f"freeze {name} of record {index} is gone from the store")
        for row in connection.execute(select(unfreeze)):
            who = str(row.freeze), str(row.person)
            wanted = unsaid.pop(who, None)
            if wanted != (row.audit_index, _digest(row.statement), row.at):
                at = None if wanted is None else wanted[0]
                yield Finding(at, f"the log says otherwise of {who[1]}, who ends {who[0]}")
        for (name, person), (index, _, _) in unsaid.items():
            yield Finding(index, f"what {person} said in record {index} to end {name} is gone")

    def _against(self, row: Row[Any], found: _Record | None) -> Iterator[Finding]:
        if found is None:
            yield Finding(None, f"freeze {row.id} is in the store, but no record tells of it")
            return
        index, leaf = found
        statements = str(row.statement).split("\n")
        kept = (row.audit_index, row.at, [_digest(each) for each in statements], *_said(row))
        told = (index, microseconds_of(leaf), leaf.get("statement_digests"), row.id)
        if kept != (*told, row.kind, row.name, row.reason):
            yield Finding(index, f"freeze {row.id} is not what record {index} says")
        elif (row.end_index, row.ended_at is None) != (
            self._ended.get(str(row.id)),
            str(row.id) not in self._ended,
        ):
            yield Finding(index, f"freeze {row.id}: the log says otherwise of its end")


def _digest(statement: object) -> str:
    """As records give it: of header and payload, or of an order that nobody signed."""
    text = str(statement)
    covered = text if text.startswith("{") else text.rpartition(".")[0]
    return hashlib.sha256(covered.encode(errors="replace")).hexdigest()


def _said(row: Row[Any]) -> tuple[object, ...]:
    """Id, kind, name and reason as the statement has them, whose digest is on record."""
    first = str(row.statement).partition("\n")[0]
    try:
        data = first.encode() if first.startswith("{") else base64url.decode(first.split(".")[1])
        said = msgspec.json.decode(data)
        scope = said["scope"]
        return said["freeze"], scope["kind"], scope.get("name", ""), said["reason"]
    except (
        StatementInvalidError,
        msgspec.DecodeError,
        IndexError,
        KeyError,
        TypeError,
        UnicodeDecodeError,
    ):
        return ()
