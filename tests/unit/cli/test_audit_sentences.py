"""`sealgate audit show` says of each record what happened, in a sentence."""

from typing import Any

import pytest

from gateway.cli.audit import sentence

REQUEST = {"system": "tms", "seal": "receipt-east", "document_type": "logistics-receipt"}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            {"kind": "asked", **REQUEST, "rule": "receipts/large", "approval": "a1"},
            "tms → receipt-east on logistics-receipt, by receipts/large; approval a1",
        ),
        (
            {"kind": "approval", "act": "reject", "by": "li", "source": "person", "approval": "a"},
            "reject by li; approval a",
        ),
        (
            {"kind": "approval", "act": "approve", "by": "li", "source": "oa", "approval": "a1"},
            "approve by li, says oa; approval a1",
        ),
        ({"kind": "forgotten", "approvals": 3}, "3 approvals that ended long ago"),
        (
            {"kind": "policy", "bundle": "sha256:1", "sequence": 2, "signed_by": ["li", "wang"]},
            "bundle number 2, signed by li, wang",
        ),
        ({"kind": "policy", "bundle": "sha256:1"}, "sha256:1"),
        ({"kind": "refused", "file": "2.sealbundle", "why": "too few"}, "2.sealbundle: too few"),
        (
            {
                "kind": "denied",
                **REQUEST,
                "envelope": "e1",
                "decision": {"reasons": [{"rule": "contracts/large", "message": "too large"}]},
            },
            "tms → receipt-east: contracts/large: too large; envelope e1",
        ),
        (
            {
                "kind": "envelope",
                "what": "received",
                "envelope": "e1",
                "initiator": "org-west",
                "counterparties": ["org-west", "person-1"],
            },
            "received, with org-west, person-1, begun by org-west; envelope e1",
        ),
        (
            {"kind": "envelope", "what": "declined", "envelope": "e1", "reason": "policy"},
            "declined, policy; envelope e1",
        ),
        ({"kind": "start", "version": "0.1.0"}, "0.1.0"),
    ],
)
def test_a_record_is_told_in_a_sentence(record: dict[str, Any], said: str) -> None:
    assert sentence(record) == said


def test_a_shown_intent_has_the_digest_of_the_document_written_anew() -> None:
    record = {
        "kind": "intent",
        "system": "tms",
        "seal": "s",
        "document_type": "t",
        "document": "d",
        "decision": {"reasons": [{"rule": "r/auto"}]},
    }
    assert "normalized" not in sentence(record)
    assert sentence({**record, "normalized": "ab12"}).endswith("document d, normalized to ab12")
