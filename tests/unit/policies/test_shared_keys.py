"""One key is one seal's; where the group gives it two marks, what stops one stops the other."""

from datetime import datetime

import pytest

from policies.model import Caller, Denied, DocumentFacts, SealRequest
from tests.unit.policies.conftest import LoadEngine
from tests.unit.policies.group_world import mistakes_of, with_text

COPY = """
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: copy}
spec:
  {company: example-east, type: 复印件章, state: active, key: east-1, sharesKeyWith: receipt-east,
   certificate: certificates/east.pem}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: copies}
spec: {seals: [copy], documentTypes: [memo], permit: [{id: all, systems: [tms]}]}
tests:
  - {name: unknown, request: {documentType: logistics-receipt}, expect: denied, rule: document-type}
"""
ALIAS = (
    "kind: Seal\nmetadata: {name: receipt-east-2}\nspec: {company: east, type: 档案专用章, "
    "state: active, key: east-1, certificate: companies/east/receipt.pem}\n"
)


def asked_for(seal: str) -> SealRequest:
    tms = Caller(system="tms", company="example-east")
    return SealRequest(
        caller=tms, seal=seal, document_type="memo", business_number="", attributes={}
    )


def test_a_company_cannot_put_a_second_name_on_its_key() -> None:
    (mistake,) = mistakes_of(with_text("companies/east/more.yaml", ALIAS))
    assert (mistake.file, mistake.path) == ("companies/east/more.yaml", "spec.key")
    assert mistake.message == "the key east-1 is that of the seal receipt-east"


def test_nor_the_group_without_saying_so() -> None:
    (mistake,) = mistakes_of(with_text("zz.yaml", ALIAS.replace("companies/east/", "")))
    # The company's is the later one, whatever the files are called.
    assert (mistake.file, mistake.path) == ("companies/east/all.yaml", "spec.key")


def test_what_shares_a_key_names_the_seal_that_has_it() -> None:
    shared = ALIAS.replace("key: east-1", "key: east-9, sharesKeyWith: receipt-east")
    (mistake,) = mistakes_of(with_text("zz.yaml", shared))
    assert mistake.message == "the key east-9 is not that of the seal receipt-east"


def test_a_forbid_that_names_one_mark_of_a_key_forbids_the_other(
    engine_with: LoadEngine, facts: DocumentFacts, noon: datetime
) -> None:
    asked = asked_for("copy")
    free = engine_with(forbid="[{id: stop, when: doc.pages > 1}]", extra=COPY)
    assert not isinstance(free.decide(asked, facts, at=noon), Denied)
    stopped = engine_with(forbid="[{id: stop}]", extra=COPY).decide(asked, facts, at=noon)
    assert isinstance(stopped, Denied)
    assert [reason.rule for reason in stopped.reasons] == ["p/stop"]


def test_a_permit_that_names_one_mark_permits_the_other_nothing(
    engine_with: LoadEngine, facts: DocumentFacts, noon: datetime
) -> None:
    text = COPY.replace("permit: [{id: all, systems: [tms]}]", "forbid: [{id: x, when: 'false'}]")
    engine = engine_with(permit="[{id: all, systems: [tms]}]", extra=text)
    asked = asked_for("copy")
    assert isinstance(engine.decide(asked, facts, at=noon), Denied)


@pytest.mark.parametrize("name", ["copy", "receipt-east"])
def test_a_use_of_either_mark_counts_for_the_key(
    engine_with: LoadEngine, facts: DocumentFacts, noon: datetime, name: str
) -> None:
    engine = engine_with(permit="[{id: all, systems: [tms]}]", extra=COPY)
    asked = asked_for(name)
    allowed = engine.decide(asked, facts, at=noon)
    assert not isinstance(allowed, Denied)
    assert "seal:receipt-east" in getattr(allowed, "counters", ())


def test_a_frozen_mark_freezes_the_key(
    engine_with: LoadEngine, facts: DocumentFacts, noon: datetime
) -> None:
    frozen = COPY.replace("state: active", "state: frozen, frozenReason: lost")
    engine = engine_with(permit="[{id: all, systems: [tms]}]", extra=frozen)
    asked = asked_for("receipt-east")
    denied = engine.decide(asked, facts, at=noon)
    assert isinstance(denied, Denied)
    assert [reason.message for reason in denied.reasons] == ["the seal copy is frozen: lost"]
