"""Records of the audit log in a proof: whether they stand under a signed tree head."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from gateway.approvals.errors import ProofUnreadableError
from gateway.approvals.proof import Proof, ProvedRecord
from gateway.audit.checkpoint import LogKey, TreeHead, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.inclusion import root_by
from gateway.audit.merkle import leaf_hash
from gateway.audit.record import read_leaf


@dataclass(frozen=True, slots=True)
class ProvedRecords:
    """What the log says, by index. `problems`: why it is not proved to be the log's."""

    said: dict[int, dict[str, Any]]
    problems: tuple[str, ...]

    def of_kind(self, kind: str, **named: object) -> dict[str, Any] | None:
        """The newest record of that kind that says this."""
        found = [index for index, each in self.said.items() if _says(each, kind, named)]
        return self.said[max(found)] if found else None

    def at(self, index: int, kind: str, **named: object) -> dict[str, Any] | None:
        """The record of that index, if it is of that kind and says this."""
        said = self.said.get(index)
        return said if said is not None and _says(said, kind, named) else None


def records_of(proof: Proof, *, log_key: LogKey | None) -> ProvedRecords:
    """Read them, and hold them against the tree head if the log's key is known.

    Raises:
        ProofUnreadableError: a leaf is no record.
    """
    try:
        said = {each.index: read_leaf(each.leaf.encode()) for each in proof.records}
    except (msgspec.DecodeError, UnicodeEncodeError, UnicodeDecodeError) as error:
        raise ProofUnreadableError(f"a record cannot be read: {error}") from None
    problems = () if log_key is None else tuple(_unproved(proof, said, log_key))
    return ProvedRecords(said, problems)


def moment_of(record: dict[str, Any]) -> datetime:
    """When it was recorded."""
    return datetime.fromisoformat(record["at"])


def _unproved(proof: Proof, said: dict[int, dict[str, Any]], key: LogKey) -> Iterator[str]:
    try:
        head = open_checkpoint(proof.checkpoint, key)
    except CheckpointInvalidError as error:
        yield f"the tree head is not signed by the log's key: {error}"
        return
    for each in proof.records:
        if said[each.index].get("index") != each.index or not _leads(each, head):
            yield f"record {each.index} does not stand in the log: it was changed or is another's"


def _leads(record: ProvedRecord, head: TreeHead) -> bool:
    try:
        path = [bytes.fromhex(each) for each in record.path]
    except ValueError:
        return False
    found = root_by(leaf_hash(record.leaf.encode()), path, index=record.index, size=head.size)
    return found == head.root


def _says(record: dict[str, Any], kind: str, named: dict[str, object]) -> bool:
    return record.get("kind") == kind and all(
        record.get(name) == value for name, value in named.items()
    )
