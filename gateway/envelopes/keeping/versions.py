"""The revisions of an envelope's documents, each with who told of it and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Revision, Signed, Statement, parse
from gateway.signing.digests import digests_of_prefixes


@dataclass(frozen=True, slots=True)
class Version:
    """A document after a signature.

    Attributes:
        revision: as it was told.
        base_size: bytes of what was signed upon.
        party: who signed, by its id in the envelope.
        author: who said so.
        at: when the network received it.
    """

    revision: Revision
    base_size: int
    party: str
    author: str
    at: datetime


def signed_acts(entries: Sequence[Entry]) -> Iterator[tuple[Statement, Signed, datetime]]:
    """Each statement by which somebody signed, and when the network received it."""
    for entry in entries:
        statement = parse(entry.signed)
        if isinstance(statement.act, Signed):
            yield statement, statement.act, parse_link(entry).at


def versions_of(
    state: EnvelopeState, entries: Sequence[Entry], document: str
) -> tuple[Version, ...]:
    """A document's versions beyond what was sent, oldest first."""
    size = next(each.size for each in state.terms.documents if each.name == document)
    found = []
    for statement, act, at in signed_acts(entries):
        revision = next(each for each in act.revisions if each.document == document)
        found.append(Version(revision, size, statement.party, statement.author, at))
        size = revision.size
    return tuple(found)


def fault_in(state: EnvelopeState, name: str, content: bytes) -> str | None:
    """What of a document is not as the record tells, from its first version to its last."""
    terms = next(each for each in state.terms.documents if each.name == name)
    told = [(terms.size, terms.digest)]
    told += [(each.size, each.digest) for each in state.revisions[name]]
    found = digests_of_prefixes(content, [size for size, _ in told])
    for number, (_, digest) in enumerate(told):
        if found[number] != digest:
            return f"{name} does not begin with what the record tells of after {number} signatures"
    return None
