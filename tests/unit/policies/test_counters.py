"""Counters in conditions: what is read, in whose calendar, and what each use counts for."""

from datetime import UTC, datetime

import pytest

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.errors import NaiveMomentError
from policies.foresight.selftest import failures
from policies.model import (
    Allowed,
    Caller,
    ContentFacts,
    CounterRead,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    SealRequest,
)
from policies.objects.rules import ForbidRule, PermitRule, PolicyTest, SealPolicy
from tests.drawn_policies import bundle_of

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
FACTS = DocumentFacts(pages=1, size_bytes=1, revisions=1, signatures=0, pdf_version="1.7")
ASKED = SealRequest(
    caller=Caller(system="tms", company="a"),
    seal="b",
    document_type="a",
    business_number="HD-1",
)


def policy(
    forbid: str, *, name: str = "p", zone: str = "Asia/Shanghai", systems: str = "tms"
) -> SealPolicy:
    return SealPolicy(
        name=name,
        seals=("a", "b"),
        document_types=("a",),
        time_zone=zone,
        permit=(PermitRule(id="automatic", systems=frozenset({systems})),),
        forbid=(ForbidRule(id="enough", when=forbid),),
    )


def reads(*policies: SealPolicy, seal: str = "b") -> tuple[CounterRead, ...]:
    asked = SealRequest(caller=ASKED.caller, seal=seal, document_type="a", business_number="HD-1")
    return CELPolicyEngine(bundle_of(policies)).case(asked).reads(AT)


def decided(bundle: Bundle, **used: int) -> Decision:
    counted = {name.replace("used_", "used.", 1): count for name, count in used.items()}
    return CELPolicyEngine(bundle).decide(ASKED, FACTS, at=AT, known=Known(used=counted))


def test_a_condition_reads_the_window_of_its_policys_calendar() -> None:
    assert reads(policy("used.seal_day >= 5")) == (
        CounterRead(
            name="used.seal_day",
            counter="seal:b",
            starts_at=int(datetime(2026, 11, 21, 16, tzinfo=UTC).timestamp()),
            ends_at=int(datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp()),
        ),
    )


@pytest.mark.parametrize(
    ("variable", "counter"),
    [
        ("used.seal_hour", "seal:b"),
        ("used.system_day", "system:tms"),
        ("used.company_month", "company:b"),
        ("used.line_hour", "line:b"),
        ("used.type_day", "type:a"),
    ],
)
def test_each_counter_counts_what_its_name_says(variable: str, counter: str) -> None:
    (read,) = reads(policy(f"{variable} > 1"))
    assert (read.name, read.counter) == (variable, counter)
    assert read.starts_at <= AT.timestamp() < read.ends_at


def test_days_of_different_calendars_are_different_counts() -> None:
    east = policy("used.seal_day >= 5")
    tokyo = policy("used.seal_day >= 5", name="q", zone="Asia/Tokyo")
    here, there = reads(east, tokyo)
    assert (here.name, there.name) == ("used.seal_day", "used.seal_day@Asia/Tokyo")
    assert here.starts_at - there.starts_at == 3600
    bundle = bundle_of([east, tokyo])
    engine = CELPolicyEngine(bundle)
    full = Known(used={here.name: 4, there.name: 5})
    denied = engine.decide(ASKED, FACTS, at=AT, known=full)
    assert isinstance(denied, Denied)
    assert [reason.rule for reason in denied.reasons] == ["q/enough"]


def test_a_count_decides_and_one_that_nobody_gives_denies() -> None:
    bundle = bundle_of([policy("used.seal_day >= 5")])
    assert isinstance(decided(bundle, used_seal_day=4), Allowed)
    full = decided(bundle, used_seal_day=5)
    assert isinstance(full, Denied)
    assert full.reasons[0].message == "forbidden: used.seal_day >= 5"
    unknown = decided(bundle)
    assert isinstance(unknown, Denied)
    assert "has no answer" in unknown.reasons[0].message


def test_a_seal_without_a_line_has_no_uses_of_its_line() -> None:
    rule = policy("used.line_day > 0")
    assert reads(rule, seal="a") == ()
    asked = SealRequest(caller=ASKED.caller, seal="a", document_type="a", business_number="HD-1")
    assert isinstance(CELPolicyEngine(bundle_of([rule])).decide(asked, FACTS, at=AT), Allowed)


def test_a_use_counts_for_all_that_a_later_rule_may_read() -> None:
    allowed = decided(bundle_of([policy("false")]))
    assert isinstance(allowed, Allowed)
    assert allowed.counters == (
        "rule:p/automatic",
        "seal:b",
        "system:tms",
        "company:b",
        "line:b",
        "type:a",
    )


def test_only_what_rules_for_this_caller_ask_is_looked_for_and_counted() -> None:
    mine = policy("doc.amounts.exists(amount, amount > 100) && doc.template == ''")
    others = SealPolicy(
        name="q",
        seals=("b",),
        document_types=("a",),
        time_zone="Asia/Shanghai",
        permit=(
            PermitRule(
                id="other", systems=frozenset({"wms"}), when="doc.text == '' && used.seal_day > 1"
            ),
        ),
    )
    case = CELPolicyEngine(bundle_of([mine, others])).case(ASKED)
    assert case.asks() == {"amounts", "template"}
    assert case.reads(AT) == ()


def test_signers_are_asked_as_earlier_signatures() -> None:
    bundle = bundle_of([policy("size(doc.signers) > 0")])
    engine = CELPolicyEngine(bundle)
    assert engine.case(ASKED).asks() == {"earlier"}
    unsigned = DocumentFacts(
        pages=1,
        size_bytes=1,
        revisions=1,
        signatures=0,
        pdf_version="1.7",
        content=ContentFacts(asked=frozenset({"earlier"})),
    )
    assert isinstance(engine.decide(ASKED, unsigned, at=AT), Allowed)
    assert isinstance(engine.decide(ASKED, FACTS, at=AT), Denied)


def test_windows_need_a_moment_with_a_time_zone() -> None:
    with pytest.raises(NaiveMomentError):
        CELPolicyEngine(bundle_of([])).case(ASKED).reads(datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Tokyo"])
def test_in_a_policys_own_tests_nothing_was_used_unless_they_say_so(zone: str) -> None:
    def example(expect: str, known: Known) -> PolicyTest:
        return PolicyTest(
            name=expect,
            request=ASKED,
            facts=FACTS,
            at=AT,
            known=known,
            expect="allowed" if expect == "allowed" else "denied",
            rule=f"p/{'automatic' if expect == 'allowed' else 'enough'}",
        )

    tested = SealPolicy(
        name="p",
        seals=("b",),
        document_types=("a",),
        time_zone=zone,
        permit=(PermitRule(id="automatic", systems=frozenset({"tms"})),),
        forbid=(ForbidRule(id="enough", when="used.seal_day >= 5 || seal.certificate_days < 30"),),
        tests=(
            example("allowed", Known()),
            example("denied", Known(used={"used.seal_day": 5})),
            example("denied", Known(certificate_days=29)),
        ),
    )
    assert list(failures(bundle_of([tested]))) == []
