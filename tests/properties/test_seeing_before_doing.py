"""What notes and differences say is true of every request, and a difference leaves nothing out."""

from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.foresight.analysis import notes
from policies.foresight.difference import difference
from policies.foresight.principals import principals
from policies.model import Allowed, Caller, Denied, DocumentFacts, NeedsApproval, SealRequest
from tests.drawn_changes import (
    ATTRIBUTES,
    NAMES,
    changed,
    drawn_bundles,
    drawn_facts,
    drawn_requests,
)

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
UNREACHABLE = {"never-true", "for-nobody", "always-forbidden", "never-chosen"}


def callers_of(bundle: Bundle) -> st.SearchStrategy[Caller]:
    return st.sampled_from(list(principals(bundle, at=AT).values()))


@given(drawn_bundles(), drawn_facts, st.data())
def test_a_permit_that_is_noted_as_unreachable_never_decides(
    bundle: Bundle, facts: DocumentFacts, data: st.DataObject
) -> None:
    request = data.draw(drawn_requests(callers_of(bundle)))
    decision = CELPolicyEngine(bundle).decide(request, facts, at=AT)
    for note in notes(bundle, at=AT):
        if note.code in UNREACHABLE and note.path[1] == "permit":
            rule = bundle.policies[note.name].permit[int(note.path[2])]
            name = f"{note.name}/{rule.id}"
            if isinstance(decision, Allowed | NeedsApproval):
                assert decision.reasons[0].rule != name


@given(drawn_bundles(), drawn_facts, st.data())
def test_a_seal_that_is_noted_as_for_nobody_is_permitted_to_nobody(
    bundle: Bundle, facts: DocumentFacts, data: st.DataObject
) -> None:
    request = data.draw(drawn_requests(callers_of(bundle)))
    decision = CELPolicyEngine(bundle).decide(request, facts, at=AT)
    unused = {
        note.name
        for note in notes(bundle, at=AT)
        if note.code in {"seal-for-nobody", "seal-not-active"}
    }
    assert request.seal not in unused or isinstance(decision, Denied)


@given(drawn_bundles(), drawn_facts, st.data())
def test_a_seal_that_is_noted_as_for_anybody_is_permitted_to_a_whole_company(
    bundle: Bundle, facts: DocumentFacts, data: st.DataObject
) -> None:
    opened = {note.name for note in notes(bundle, at=AT) if note.code == "seal-for-anybody"}
    if not opened:
        return
    engine = CELPolicyEngine(bundle)
    seal = data.draw(st.sampled_from(sorted(opened)))
    attributes = {"amount": 1}

    def asked(caller: Caller, document_type: str) -> SealRequest:
        return SealRequest(
            caller=caller,
            seal=seal,
            document_type=document_type,
            business_number="HD-1",
            attributes=attributes if document_type == "b" else {},
        )

    # Somebody is let in, whatever the document is, unless a forbid or an error says no.
    decisions = [
        engine.explain(asked(caller, document_type), facts, at=AT)
        for caller in principals(bundle, at=AT).values()
        for document_type in NAMES
    ]
    assert any(
        finding.effect == "permit" and finding.outcome == "applies"
        for found in decisions
        for finding in found.findings
    )


DOCUMENTS = tuple(
    DocumentFacts(pages=pages, size_bytes=1, revisions=1, signatures=signatures, pdf_version="1.7")
    for pages in range(3)
    for signatures in range(2)
)
Triple = tuple[str, str, str]


def answers(bundle: Bundle) -> dict[Triple, tuple[type, ...]]:
    """By principal, seal and document type: what is decided of every document there is."""
    engine = CELPolicyEngine(bundle)
    found: dict[Triple, tuple[type, ...]] = {}
    for name, caller in principals(bundle, at=AT).items():
        for seal, document_type in product(NAMES, NAMES):
            asked = [
                SealRequest(
                    caller=caller,
                    seal=seal,
                    document_type=document_type,
                    business_number="HD-1",
                    attributes=attributes,
                )
                for attributes in ATTRIBUTES
            ]
            found[name, seal, document_type] = tuple(
                type(engine.decide(each, facts, at=AT)) for each in asked for facts in DOCUMENTS
            )
    return found


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
