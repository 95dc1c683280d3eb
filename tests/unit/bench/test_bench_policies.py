"""The drawn group, and that the engine is asked what it seems to be asked."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.errors import BenchError
from bench.policies import measure_policies, timed
from bench.policy_group import asked, group_of
from policies.conditions.linting import KnownAttribute, faults
from policies.engine import CELPolicyEngine

KNOWN = {
    "amount_cents": KnownAttribute(type="integer", always=True),
    "consignee": KnownAttribute(type="string", always=True),
    "waybill": KnownAttribute(type="string", always=False),
}


def test_the_group_has_what_it_is_asked_for_and_is_the_same_each_time() -> None:
    group = group_of(companies=20, seals=100, rules=500)
    assert group == group_of(companies=20, seals=100, rules=500)
    assert (len(group.companies), len(group.seals)) == (20, 100)
    policies = group.policies.values()
    assert sum(len(each.permit) + len(each.forbid) for each in policies) == 500


def test_its_conditions_are_such_as_officers_may_write() -> None:
    for policy in group_of(companies=20, seals=100, rules=500).policies.values():
        for rule in (*policy.permit, *policy.forbid):
            assert rule.when is None or faults(rule.when, KNOWN) == ()


def test_requests_are_allowed_denied_and_forgotten_in_the_shares_that_the_table_says() -> None:
    group = group_of(companies=20, seals=100, rules=500)
    counted = Counter(each.expected for each in asked(group, 1000))
    assert counted == {"allowed": 900, "denied": 90, "default": 10}


def test_every_answer_is_looked_at() -> None:
    figures = measure_policies(companies=20, seals=100, rules=500, decisions=300)
    assert (figures.companies, figures.seals, figures.rules) == (20, 100, 500)
    assert 0 < figures.decision_p50_us <= figures.decision_p99_us


def test_a_decision_that_is_not_the_intended_one_ends_the_run() -> None:
    group = group_of(companies=20, seals=100, rules=500)
    engine = CELPolicyEngine(group)
    *_, last = asked(group, 20)
    assert timed(engine, last) > 0
    with pytest.raises(BenchError, match="decided otherwise"):
        timed(engine, replace(last, expected="denied"))
