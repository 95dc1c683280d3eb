"""What a key stands for does not change with a version of ours; a decision is kept whole."""

import msgspec

from gateway.signing.guard import KeptDecision
from gateway.signing.records import encode, request_digest
from policies.model import (
    NOTHING_KNOWN,
    Allowed,
    Caller,
    Charge,
    ContentFacts,
    DocumentFacts,
    GivenApproval,
    Known,
    OnPage,
    Reason,
    SealRequest,
)
from tests.signing_house import START

RECEIPT = SealRequest(
    caller=Caller(system="tms", company="east", roles=frozenset({"billing"})),
    seal="receipt-east",
    document_type="receipt",
    business_number="WB-1",
    attributes={"amount_cents": 100, "consignee": "示例", "urgent": True},
    placement=OnPage(page="last", left_mm=140.0, top_mm=230.0),
)
COMPANY = SealRequest(
    caller=Caller(system="tms", company="east"),
    seal="company-east",
    document_type="receipt",
    business_number="WB-1",
)
FACTS = DocumentFacts(pages=1, size_bytes=2, revisions=1, signatures=0, pdf_version="1.7")


def test_a_request_has_the_digest_that_it_had_before_there_were_persons_and_posts() -> None:
    # Worked out by the commit before they came, a4ed6c0.
    assert request_digest([RECEIPT], bytes(32)).hex() == (
        "108e0b65e2dab6d0950bcfe36ed2272db828658d2216c5cd49adbef42d19d099"
    )
    assert request_digest([RECEIPT, COMPANY], bytes(32)).hex() != (
        request_digest([RECEIPT], bytes(32)).hex()
    )


def test_what_is_new_is_not_written_where_nothing_is_said() -> None:
    assert encode(COMPANY) == (
        b'{"caller":{"system":"tms","company":"east","roles":[]},"seal":"company-east",'
        b'"document_type":"receipt","business_number":"WB-1","attributes":{},"placement":null}'
    )
    assert b"content" not in encode(FACTS)


def test_what_officers_change_of_a_caller_does_not_change_the_digest() -> None:
    moved = msgspec.structs.replace(
        RECEIPT.caller, roles=frozenset(), posts=frozenset({"east-dispatch"}), line="logistics"
    )
    again = msgspec.structs.replace(RECEIPT, caller=moved)
    assert request_digest([again], bytes(32)) == request_digest([RECEIPT], bytes(32))


def test_who_asked_and_for_whom_is_part_of_the_digest() -> None:
    person = msgspec.structs.replace(RECEIPT.caller, system="person:li-na", person="li-na")
    digests = {
        request_digest([each], bytes(32))
        for each in (
            RECEIPT,
            msgspec.structs.replace(RECEIPT, caller=person),
            msgspec.structs.replace(RECEIPT, requested_by="li-na"),
        )
    }
    assert len(digests) == 3


def test_a_decision_is_kept_whole() -> None:
    content = ContentFacts(asked=frozenset({"amounts", "fields"}), fields={"a": "1"}, amounts=(1,))
    given = GivenApproval(
        id="a",
        subject="wang",
        roles=frozenset({"head"}),
        given_at=START,
        expires_at=START,
    )
    charge = Charge(rule="p/r", counter="rule:p/r", starts_at=0, ends_at=900, limit=1, window="w")
    kept = KeptDecision(
        at=START,
        audit_index=3,
        request=RECEIPT,
        facts=msgspec.structs.replace(FACTS, content=content),
        known=Known(used={"used.seal_day": 2}, approvals=(given,), certificate_days=30),
        decision=Allowed(
            bundle="sha256:…",
            reasons=(Reason(rule="p/r", message="permitted"),),
            placement=RECEIPT.placement,
            charges=(charge,),
            counters=("seal:receipt-east",),
        ),
    )
    for each in (kept, msgspec.structs.replace(kept, facts=None, known=NOTHING_KNOWN)):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(each), type=KeptDecision) == each
