"""What notes and differences say is true of every request, and a difference leaves nothing out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.foresight.analysis import notes
from policies.foresight.difference import difference
from policies.foresight.principals import principals
from policies.model import (
    Allowed,
    AttributeValue,
    Caller,
    Decision,
    Denied,
    DocumentFacts,
    NeedsApproval,
    SealRequest,
)
from tests.drawn_changes import (
    ATTRIBUTES,
    NAMES,
    changed,
    drawn_bundles,
    drawn_facts,
)

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
UNREACHABLE = {"never-true", "for-nobody", "always-forbidden", "never-chosen"}


DOCUMENTS = tuple(
    DocumentFacts(pages=pages, size_bytes=1, revisions=1, signatures=signatures, pdf_version="1.7")
    for pages in range(3)
    for signatures in range(2)
)
Triple = tuple[str, str, str]


def decisions(bundle: Bundle) -> dict[Triple, tuple[Decision, ...]]:
    """By principal, seal and document type: what is decided of every document there is."""
    engine = CELPolicyEngine(bundle)
    found: dict[Triple, tuple[Decision, ...]] = {}
    for name, caller in principals(bundle, at=AT).items():
        for seal, document_type in product(NAMES, NAMES):
            asked = [request(caller, seal, document_type, given) for given in ATTRIBUTES]
            found[name, seal, document_type] = tuple(
                engine.decide(each, facts, at=AT) for each in asked for facts in DOCUMENTS
            )
    return found


def request(
    caller: Caller, seal: str, document_type: str, attributes: Mapping[str, AttributeValue]
) -> SealRequest:
    return SealRequest(
        caller=caller,
        seal=seal,
        document_type=document_type,
        business_number="HD-1",
        attributes=attributes,
    )


def answers(bundle: Bundle) -> dict[Triple, tuple[type, ...]]:
    return {triple: tuple(map(type, each)) for triple, each in decisions(bundle).items()}


@given(drawn_bundles())
def test_a_permit_that_is_noted_as_unreachable_never_decides(bundle: Bundle) -> None:
    """Against every principal, seal, document type and document."""
    noted = {
        f"{note.name}/{bundle.policies[note.name].permit[int(note.path[2])].id}"
        for note in notes(bundle, at=AT)
        if note.code in UNREACHABLE and note.path[1] == "permit"
    }
    deciding = {
        decision.reasons[0].rule
        for of_triple in decisions(bundle).values()
        for decision in of_triple
        if isinstance(decision, Allowed | NeedsApproval)
    }
    assert deciding.isdisjoint(noted)


@given(drawn_bundles())
def test_a_seal_that_is_noted_as_for_nobody_is_permitted_to_nobody(bundle: Bundle) -> None:
    unused = {
        note.name
        for note in notes(bundle, at=AT)
        if note.code in {"seal-for-nobody", "seal-not-active"}
    }
    for (_, seal, _), of_triple in decisions(bundle).items():
        assert seal not in unused or all(isinstance(each, Denied) for each in of_triple)


@given(drawn_bundles(), drawn_facts)
def test_a_seal_that_is_noted_as_for_anybody_is_permitted_to_a_whole_company(
    bundle: Bundle, facts: DocumentFacts
) -> None:
    engine = CELPolicyEngine(bundle)
    for note in notes(bundle, at=AT):
        if note.code != "seal-for-anybody":
            continue
        # Somebody is let in, whatever the document is, unless a forbid or an error says no.
        explained = [
            engine.explain(request(caller, note.name, document_type, {}), facts, at=AT)
            for caller in principals(bundle, at=AT).values()
            for document_type in NAMES
        ]
        assert any(
            finding.effect == "permit" and finding.outcome == "applies"
            for found in explained
            for finding in found.findings
        )


@given(drawn_bundles(), st.data())
def test_a_difference_has_every_triple_that_is_decided_otherwise(
    old: Bundle, data: st.DataObject
) -> None:
    """Against asking both bundles about every principal, seal, document type and document."""
    new = data.draw(changed(old))
    told: dict[Triple, str] = {}
    for change in difference(old, new, at=AT).changes:
        for triple in product(change.principals, change.seals, change.document_types):
            assert triple not in told
            told[triple] = change.kind
    before, after = answers(old), answers(new)
    otherwise = {triple for triple in before if before[triple] != after[triple]}
    assert otherwise <= told.keys()
    for triple, kind in told.items():
        if kind == "gained":
            assert set(before[triple]) == {Denied}
        if kind == "lost":
            assert set(after[triple]) == {Denied}


@given(drawn_bundles())
def test_a_bundle_does_not_differ_from_itself(bundle: Bundle) -> None:
    found = difference(bundle, bundle, at=AT)
    assert found.changes == ()
    assert found.objects == ()
