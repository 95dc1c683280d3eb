"""Judges a storm of envelopes by what is left of it: E1 to E5 of docs/reliability.md.

It knows nothing of how gateways or network work inside. Of each company the invariants of every
gateway are judged besides.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from cloud_bridge.envelopes.statements import Signed, parse
from cloud_bridge.envelopes.transcript import compare, read, verify
from tests.chaos.checker import violations
from tests.chaos.envelopes.model import CompanyHistory, EnvelopeHistory
from tests.chaos.model import Asked, Taken, Violation


def envelope_violations(history: EnvelopeHistory) -> list[Violation]:
    """All that did not hold; empty when the run was right."""
    found = [each for check in _CHECKS for each in check(history)]
    for name, company in history.companies.items():
        found += [
            Violation(each.invariant, f"{name}: {each.what}") for each in violations(company.house)
        ]
    return found


def every_envelope_that_was_taken_ends(history: EnvelopeHistory) -> Iterator[Violation]:
    """E1: a key is one envelope, and it ends at both companies as the policies say."""
    allowed = {each.key: each.is_allowed for each in history.client if isinstance(each, Asked)}
    given: dict[str, set[str]] = {key: set() for key in allowed}
    for event in history.client:
        if isinstance(event, Taken):
            given[event.key].add(event.envelope)
    for key, envelopes in given.items():
        if len(envelopes) != 1:
            yield Violation("E1", f"{key} was taken as {len(envelopes)}: {sorted(envelopes)}")
        wanted = "completed" if allowed[key] else "declined"
        for name, company in history.companies.items():
            for envelope in envelopes:
                status = _status(company, envelope)
                if status != wanted:
                    yield Violation("E1", f"{key}: {envelope}: {status} at {name}, not {wanted}")
    known = set().union(*given.values())
    for name, company in history.companies.items():
        for envelope in company.told.keys() - known:
            # Its sender died before it could answer, and the key was never asked for again.
            yield Violation("E1", f"{name} has {envelope}, which nobody was told of")


def both_hold_the_same_record(history: EnvelopeHistory) -> Iterator[Violation]:
    """E2: every transcript holds without the network, and both companies' are the same."""
    one, other = history.companies.values()
    for envelope in one.transcripts.keys() | other.transcripts.keys():
        mine, theirs = one.transcripts.get(envelope), other.transcripts.get(envelope)
        if mine is None or theirs is None:
            yield Violation("E2", f"{envelope}: only one company has a record of it")
            continue
        difference = compare(mine, theirs)
        if difference is not None:
            yield Violation("E2", f"{envelope}: {difference.words}")
    for name, company in history.companies.items():
        for envelope, transcript in company.transcripts.items():
            found = verify(
                transcript,
                roots=history.roots,
                at=history.at,
                documents=company.contents.get(envelope, {}),
                network_key=history.network_key,
            )
            for each in found.findings:
                yield Violation("E2", f"{name}: {envelope}: {each.fault}: {each.words}")


def each_party_signs_once_a_base(history: EnvelopeHistory) -> Iterator[Violation]:
    """E3: nobody signs twice, nothing is signed twice, and each signs what the one before gave."""
    company = next(iter(history.companies.values()))
    for envelope, transcript in company.transcripts.items():
        signed = [(author, act) for author, act in _signed(transcript)]
        for author, count in Counter(author for author, _ in signed).items():
            if count > 1:
                yield Violation("E3", f"{envelope}: {author} signed {count} times")
        current = {each.name: each.digest for each in company.told[envelope].documents}
        for author, act in signed:
            for revision in act.revisions:
                if revision.base != current[revision.document]:
                    yield Violation("E3", f"{envelope}: {author} signed upon another base")
                current[revision.document] = revision.digest
        parties = company.told[envelope].parties
        if company.told[envelope].status == "completed" and len(signed) != len(parties):
            yield Violation("E3", f"{envelope}: {len(signed)} of {len(parties)} have signed")


def a_key_gives_what_the_record_has(history: EnvelopeHistory) -> Iterator[Violation]:
    """E4: a company's key was given one digest for each revision that the record has of it."""
    for name, company in history.companies.items():
        in_record = Counter(
            revision.digest
            for transcript in company.transcripts.values()
            for author, act in _signed(transcript)
            if author == company.organisation
            for revision in act.revisions
        )
        rows = [each for each in company.house.documents if each.key.startswith("envelope:")]
        stored = Counter(each.digest for each in rows if each.state == "sealed")
        for digest in in_record - stored:
            yield Violation("E4", f"{name}: the record has {digest}, which was not sealed here")
        for digest in stored - in_record:
            yield Violation("E4", f"{name}: {digest} was sealed, and no record has it")
        for document, digests in _digests_given_to_the_key(company).items():
            if len(digests) > 1:
                yield Violation("E4", f"{name}: {document} was signed as {len(digests)} digests")
        for envelope, contents in company.contents.items():
            for document, content in contents.items():
                if hashlib.sha256(content).hexdigest() != company.told[envelope].digests[document]:
                    yield Violation("E4", f"{name}: {envelope}: {document} is another file")


def nobody_is_called_a_liar(history: EnvelopeHistory) -> Iterator[Violation]:
    """E5: kills are no lies: nothing is held, and no alarm is given."""
    for name, company in history.companies.items():
        for lie in company.lies:
            yield Violation("E5", f"{name} called the network a liar: {lie}")
        for envelope, told in company.told.items():
            for trouble in told.trouble:
                yield Violation("E5", f"{name}: {envelope}: {trouble.type}: {trouble.detail}")


def _status(company: CompanyHistory, envelope: str) -> str:
    told = company.told.get(envelope)
    if told is None:
        return "unknown"
    if told.has_ended and told.status != "held":
        return told.status
    return f"{told.status} ({told.next_step}: {told.next_hint})"


def _signed(transcript: bytes) -> Iterator[tuple[str, Signed]]:
    for entry in read(transcript).record.entries:
        statement = parse(entry.signed)
        if isinstance(statement.act, Signed):
            yield statement.author, statement.act


def _digests_given_to_the_key(company: CompanyHistory) -> dict[str, set[str]]:
    """By document: those of its intents that the HSM's own log has."""
    given = {
        call.data.hex()
        for call in company.house.calls
        if call.name == "C_Sign" and call.data is not None
    }
    found = defaultdict(set)
    for record in company.house.records:
        if record["kind"] == "intent" and record["to_be_signed"] in given:
            found[record["document"]].add(record["to_be_signed"])
    return found


_CHECKS: tuple[Callable[[EnvelopeHistory], Iterator[Violation]], ...] = (
    every_envelope_that_was_taken_ends,
    both_hold_the_same_record,
    each_party_signs_once_a_base,
    a_key_gives_what_the_record_has,
    nobody_is_called_a_liar,
)
